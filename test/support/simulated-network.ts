import { formatAddress, type NetworkAddress } from '../../runtime/core/address';
import type { Clock, TimerHandle } from '../../runtime/core/clock';
import { fraction, type Random } from '../../runtime/core/random';
import type { MediaNetwork, MediaReceiver, MediaSockets } from '../../runtime/media/port';
import type {
  DatagramNetwork,
  DatagramReceiver,
  DatagramSocket,
} from '../../runtime/sip/transport/port';

/** How a link treats datagrams. Durations are milliseconds, probabilities 0 to 1. */
export interface LinkConditions {
  /** Each datagram takes a time between the two. With `min` below `max` datagrams overtake each other. */
  readonly delay: { readonly min: number; readonly max: number };
  readonly loss: number;
  /** How often a datagram arrives twice. */
  readonly duplication: number;
  /** How often a datagram is held back by {@link reorderDelay}, so that later ones overtake it. */
  readonly reordering: number;
  readonly reorderDelay: number;
}

/** One millisecond, nothing lost. */
export const perfectLink: LinkConditions = {
  delay: { min: 1, max: 1 },
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderDelay: 20,
};

/** The conditions of a datagram: the same for all, or by where it goes. */
export type Conditions =
  | LinkConditions
  | ((from: NetworkAddress, to: NetworkAddress, bytes: Uint8Array) => LinkConditions);

export interface SimulatedNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly conditions?: Conditions;
}

/**
 * A network in memory: whatever is sent arrives, is lost, doubled or late as the random source says,
 * and the same seed says the same. SIP listeners bind to it as {@link DatagramNetwork}, RTP sessions
 * through {@link media}; both meet in the same address space.
 */
export class SimulatedNetwork implements DatagramNetwork {
  /** May be changed at any time, for what is sent from then on. */
  conditions: Conditions;
  /** `unreachable`: nothing was bound there when the datagram arrived. */
  readonly counters = { sent: 0, delivered: 0, lost: 0, duplicated: 0, unreachable: 0 };
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly bound = new Map<string, SimulatedSocket>();
  private readonly inFlight = new Set<TimerHandle>();
  private nextPort = 10_000;

  constructor({ clock, random, conditions = perfectLink }: SimulatedNetworkOptions) {
    this.clock = clock;
    this.random = random;
    this.conditions = conditions;
  }

  /** Bound sockets, for leak checks. */
  get open(): number {
    return this.bound.size;
  }

  bind(address: NetworkAddress, receiver: DatagramReceiver): Promise<DatagramSocket> {
    return new Promise((resolve) => resolve(this.bindNow(address, receiver)));
  }

  /** Pairs of RTP and RTCP sockets on this network; `localHost` is whatever the session announces. */
  media(): MediaNetwork {
    return new SimulatedMediaNetwork(this);
  }

  /** Forgets what is under way, so that the clock has no timer of the network left. */
  clear(): void {
    for (const timer of this.inFlight) this.clock.clearTimeout(timer);
    this.inFlight.clear();
  }

  /** For {@link media}: binds in the same turn. Throws as {@link bind} rejects. */
  bindNow({ host, port }: NetworkAddress, receiver: DatagramReceiver): SimulatedSocket {
    const local = { host, port: port === 0 ? this.freePort(host) : port };
    const key = formatAddress(local);
    if (this.bound.has(key)) {
      throw Object.assign(new Error(`${key} is bound already`), { code: 'EADDRINUSE' });
    }
    const socket = new SimulatedSocket(this, local, receiver);
    this.bound.set(key, socket);
    return socket;
  }

  /** An even port whose successor is free too. */
  freePort(host: string): number {
    for (let tried = 0; tried < 25_000; tried += 1) {
      const port = this.nextPort;
      this.nextPort = port >= 59_998 ? 10_000 : port + 2;
      const taken = (candidate: number): boolean =>
        this.bound.has(formatAddress({ host, port: candidate }));
      if (!taken(port) && !taken(port + 1)) return port;
    }
    throw Object.assign(new Error(`no port is free at ${host}`), { code: 'EADDRINUSE' });
  }

  release(socket: SimulatedSocket): void {
    const key = formatAddress(socket.local);
    if (this.bound.get(key) === socket) this.bound.delete(key);
  }

  transmit(from: NetworkAddress, bytes: Uint8Array, to: NetworkAddress): void {
    this.counters.sent += 1;
    const { conditions } = this;
    const link = typeof conditions === 'function' ? conditions(from, to, bytes) : conditions;
    if (this.happens(link.loss)) {
      this.counters.lost += 1;
      return;
    }
    this.carry(from, Uint8Array.from(bytes), to, link);
    if (this.happens(link.duplication)) {
      this.counters.duplicated += 1;
      this.carry(from, Uint8Array.from(bytes), to, link);
    }
  }

  /** Runs something as its own turn, as the system reports errors. */
  later(callback: () => void, delay = 0): void {
    const timer = this.clock.setTimeout(() => {
      this.inFlight.delete(timer);
      callback();
    }, delay);
    this.inFlight.add(timer);
  }

  private carry(
    from: NetworkAddress,
    bytes: Uint8Array,
    to: NetworkAddress,
    link: LinkConditions,
  ): void {
    const { min, max } = link.delay;
    let delay = max > min ? min + Math.floor(fraction(this.random) * (max - min + 1)) : min;
    if (this.happens(link.reordering)) delay += link.reorderDelay;
    this.later(() => {
      const socket = this.bound.get(formatAddress(to)) ?? this.wildcard(to);
      if (socket === undefined) {
        this.counters.unreachable += 1;
        return;
      }
      this.counters.delivered += 1;
      socket.receiver.onDatagram(bytes, from.host, from.port);
    }, delay);
  }

  private wildcard({ host, port }: NetworkAddress): SimulatedSocket | undefined {
    return this.bound.get(formatAddress({ host: host.includes(':') ? '::' : '0.0.0.0', port }));
  }

  /** Draws only where the outcome is open, so that a perfect link leaves the random source alone. */
  private happens(probability: number): boolean {
    return probability > 0 && fraction(this.random) < probability;
  }
}

class SimulatedSocket implements DatagramSocket {
  private closed = false;

  constructor(
    private readonly network: SimulatedNetwork,
    readonly local: NetworkAddress,
    readonly receiver: DatagramReceiver,
  ) {}

  send(bytes: Uint8Array, host: string, port: number, onError?: (error: Error) => void): void {
    if (this.closed) {
      if (onError !== undefined) this.network.later(() => onError(new Error('socket is closed')));
      return;
    }
    this.network.transmit(this.local, bytes, { host, port });
  }

  close(): Promise<void> {
    this.closed = true;
    this.network.release(this);
    return Promise.resolve();
  }
}

class SimulatedMediaNetwork implements MediaNetwork {
  private readonly pairs = new Set<SimulatedPair>();

  constructor(private readonly network: SimulatedNetwork) {}

  get open(): number {
    return this.pairs.size;
  }

  allocate(localHost: string): Promise<MediaSockets> {
    const pair = new SimulatedPair(this.network, localHost, () => this.pairs.delete(pair));
    this.pairs.add(pair);
    return Promise.resolve(pair);
  }

  close(): Promise<void> {
    for (const pair of this.pairs) pair.release();
    return Promise.resolve();
  }
}

class SimulatedPair implements MediaSockets {
  receiver: MediaReceiver | undefined;
  readonly local: NetworkAddress;
  private readonly rtp: SimulatedSocket;
  private readonly rtcp: SimulatedSocket;

  constructor(
    network: SimulatedNetwork,
    host: string,
    private readonly onRelease: () => void,
  ) {
    const port = network.freePort(host);
    this.local = { host, port };
    this.rtp = network.bindNow(this.local, {
      onDatagram: (bytes, from, fromPort) => this.receiver?.onRtp(bytes, from, fromPort),
      onSocketError: () => undefined,
    });
    this.rtcp = network.bindNow(
      { host, port: port + 1 },
      {
        onDatagram: (bytes, from, fromPort) => this.receiver?.onRtcp(bytes, from, fromPort),
        onSocketError: () => undefined,
      },
    );
  }

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    this.rtp.send(packet, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.rtcp.send(packet, host, port);
  }

  release(): void {
    this.receiver = undefined;
    void this.rtp.close();
    void this.rtcp.close();
    this.onRelease();
  }
}
