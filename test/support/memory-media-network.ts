import type { NetworkAddress } from '../../runtime/core/address';
import type { Clock } from '../../runtime/core/clock';
import { CallchartError } from '../../runtime/core/errors';
import type { MediaNetwork, MediaReceiver, MediaSockets } from '../../runtime/media/port';

/** A datagram on its way, with a copy of its bytes. */
export interface MediaDatagram {
  readonly time: number;
  readonly kind: 'rtp' | 'rtcp';
  readonly from: NetworkAddress;
  readonly to: NetworkAddress;
  readonly bytes: Buffer;
}

/** What becomes of a datagram: after how many milliseconds each of its copies arrives; none loses it. */
export type MediaFate = (datagram: MediaDatagram) => readonly number[];

/** RTP and RTCP between sessions of one process, on a virtual clock. */
export class MemoryMediaNetwork implements MediaNetwork {
  /** Everything that was sent, in order. */
  readonly sent: MediaDatagram[] = [];
  /** Datagrams that nobody took. */
  unclaimed = 0;
  private readonly holders = new Map<string, MemorySockets>();
  private nextPort = 10_000;

  constructor(
    private readonly clock: Clock,
    private readonly fate: MediaFate = () => [0],
    /** Whether {@link sent} is kept; long simulations do without. */
    private readonly keep = true,
  ) {}

  get open(): number {
    return this.holders.size;
  }

  allocate(localHost: string): Promise<MediaSockets> {
    if (this.nextPort > 65_000) {
      return Promise.reject(
        new CallchartError('CALLCHART_MEDIA_PORTS_EXHAUSTED', 'no port is left', { status: 503 }),
      );
    }
    const local = { host: localHost, port: this.nextPort };
    this.nextPort += 2;
    const sockets = new MemorySockets(this, local, () => this.holders.delete(keyOf(local)));
    this.holders.set(keyOf(local), sockets);
    return Promise.resolve(sockets);
  }

  close(): Promise<void> {
    for (const sockets of this.holders.values()) sockets.release();
    return Promise.resolve();
  }

  /** Puts a datagram on the network, from anywhere. */
  send(
    kind: MediaDatagram['kind'],
    from: NetworkAddress,
    to: NetworkAddress,
    bytes: Uint8Array,
  ): void {
    const datagram = { time: this.clock.now(), kind, from, to, bytes: Buffer.from(bytes) };
    if (this.keep) this.sent.push(datagram);
    for (const delay of this.fate(datagram)) {
      this.clock.setTimeout(() => this.deliver(datagram), delay);
    }
  }

  private deliver({ from, to, bytes }: MediaDatagram): void {
    const isControl = to.port % 2 === 1;
    const port = isControl ? to.port - 1 : to.port;
    const receiver = this.holders.get(keyOf({ host: to.host, port }))?.receiver;
    if (receiver === undefined) this.unclaimed += 1;
    else if (isControl) receiver.onRtcp(bytes, from.host, from.port);
    else receiver.onRtp(bytes, from.host, from.port);
  }
}

class MemorySockets implements MediaSockets {
  receiver: MediaReceiver | undefined;
  private released = false;

  constructor(
    private readonly network: MemoryMediaNetwork,
    readonly local: NetworkAddress,
    private readonly onRelease: () => void,
  ) {}

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    if (!this.released) this.network.send('rtp', this.local, { host, port }, packet);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    const from = { host: this.local.host, port: this.local.port + 1 };
    if (!this.released) this.network.send('rtcp', from, { host, port }, packet);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.receiver = undefined;
    this.onRelease();
  }
}

function keyOf(address: NetworkAddress): string {
  return `${address.host} ${address.port}`;
}
