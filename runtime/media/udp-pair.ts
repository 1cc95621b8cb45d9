import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { MediaReceiver } from './port';

/** Counted by every pair of a network. */
export interface PairCounters {
  unclaimed: number;
  congested: number;
  errors: number;
}

export type BindResult =
  | { readonly type: 'bound'; readonly pair: UdpPair }
  /** One of the two ports belongs to somebody else: try the next. */
  | { readonly type: 'taken' }
  | { readonly type: 'no-descriptors'; readonly error: Error }
  | { readonly type: 'failed'; readonly error: Error };

/** An RTP socket and the RTCP socket one port above it (RFC 3550 §11). */
export class UdpPair {
  receiver: MediaReceiver | undefined;
  /** When it was last given back; milliseconds since the epoch. */
  releasedAt = 0;

  constructor(
    readonly port: number,
    private readonly rtp: Socket,
    private readonly rtcp: Socket,
    private readonly counters: PairCounters,
  ) {
    rtp.on('message', (packet, source) => {
      const { receiver } = this;
      if (receiver === undefined) this.counters.unclaimed += 1;
      else receiver.onRtp(packet, source.address, source.port);
    });
    rtcp.on('message', (packet, source) => {
      const { receiver } = this;
      if (receiver === undefined) this.counters.unclaimed += 1;
      else receiver.onRtcp(packet, source.address, source.port);
    });
    // An ICMP answer to a packet of ours must not end the process.
    const count = (): void => {
      this.counters.errors += 1;
    };
    rtp.on('error', count);
    rtcp.on('error', count);
  }

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    this.send(this.rtp, packet, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.send(this.rtcp, packet, host, port);
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
  }

  /**
   * The kernel copies the packet before this returns, so the caller may use its buffer again. When the
   * kernel's buffer is full libuv would keep a reference instead: sound that late is worth nothing.
   */
  private send(socket: Socket, packet: Uint8Array, host: string, port: number): void {
    if (socket.getSendQueueCount() > 0) this.counters.congested += 1;
    else socket.send(packet, port, host);
  }
}

/** Binds both ports, or neither. */
export async function bindPair(
  host: string,
  port: number,
  receiveBuffer: number | undefined,
  counters: PairCounters,
): Promise<BindResult> {
  const rtp = await bindSocket(host, port, receiveBuffer);
  if (rtp.error !== undefined) return classify(rtp.error);
  const rtcp = await bindSocket(host, port + 1, undefined);
  if (rtcp.error !== undefined) {
    rtp.socket.close();
    return classify(rtcp.error);
  }
  return { type: 'bound', pair: new UdpPair(port, rtp.socket, rtcp.socket, counters) };
}

function classify(error: NodeJS.ErrnoException): BindResult {
  switch (error.code) {
    case 'EADDRINUSE':
    case 'EACCES':
      return { type: 'taken' };
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
      return { type: 'no-descriptors', error };
    default:
      return { type: 'failed', error };
  }
}

type Lookup = (
  host: string,
  options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
) => void;

/** Addresses are literals: without these each packet would ask the resolver, a turn of the loop later. */
const literal4: Lookup = (host, _options, callback) => callback(null, host, 4);
const literal6: Lookup = (host, _options, callback) => callback(null, host, 6);

function bindSocket(
  host: string,
  port: number,
  receiveBuffer: number | undefined,
): Promise<{ readonly socket: Socket; readonly error?: NodeJS.ErrnoException }> {
  return new Promise((resolve) => {
    const v6 = isIPv6(host);
    const socket = createSocket({
      type: v6 ? 'udp6' : 'udp4',
      ipv6Only: v6,
      lookup: v6 ? literal6 : literal4,
      ...(receiveBuffer === undefined ? {} : { recvBufferSize: receiveBuffer }),
    });
    const failed = (error: NodeJS.ErrnoException): void => {
      socket.close();
      resolve({ socket, error });
    };
    socket.once('error', failed);
    // `exclusive`: two processes of a cluster must not share a port.
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', failed);
      resolve({ socket });
    });
  });
}
