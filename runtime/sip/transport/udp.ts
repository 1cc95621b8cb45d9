import type { NetworkAddress } from '../../core/address';
import type { SipMessage } from '../message/message';
import { serialize } from '../message/serialize';
import { bindError } from './bind-error';
import { EndpointChannel, type Endpoint } from './endpoint';
import { formatUdpFlow } from './flow-name';
import { traceMessage, type Hub, type ReplyChannel } from './hub';
import type { Channel, DatagramNetwork, DatagramSocket, Listener } from './port';

const longestKeepAlive = 4;

/** Binds a datagram listener. Rejects with what {@link bindError} makes of the system's error. */
export async function listenUdp(
  hub: Hub,
  network: DatagramNetwork,
  listener: Listener,
  endpointFor: (bound: NetworkAddress) => Endpoint,
): Promise<UdpListener> {
  const bound: { udp?: UdpListener } = {};
  try {
    const socket = await network.bind(listener, {
      onDatagram: (bytes, host, port) => bound.udp?.onDatagram(bytes, host, port),
      onSocketError: (error) => bound.udp?.onSocketError(error),
    });
    bound.udp = new UdpListener(hub, socket, endpointFor(socket.local));
    return bound.udp;
  } catch (error) {
    throw bindError(listener, error);
  }
}

/** One datagram socket that SIP is spoken on. */
export class UdpListener {
  constructor(
    private readonly hub: Hub,
    private readonly socket: DatagramSocket,
    readonly endpoint: Endpoint,
  ) {}

  onDatagram(bytes: Uint8Array, host: string, port: number): void {
    if (this.hub.admit?.({ host, port }) === false) {
      this.hub.drop('not-admitted', { host, port });
      return;
    }
    if (isKeepAlive(bytes)) return;
    this.hub.onBytes(bytes, new UdpReplyChannel(this, host, port));
  }

  /** A datagram of ours met nobody (ICMP): the transactions' timers see to it. */
  onSocketError(error: Error): void {
    this.hub.drop('socket-error', this.endpoint.bound, error.message);
  }

  send(
    bytes: Uint8Array,
    message: SipMessage | undefined,
    channel: Channel,
    host: string,
    port: number,
    onError: (error: Error) => void,
  ): void {
    traceMessage(this.hub.clock, 'out', channel, bytes, message);
    this.socket.send(bytes, host, port, onError);
  }

  close(): Promise<void> {
    return this.socket.close();
  }
}

/** The way back for one received datagram. Kept for as long as its transaction: so, small. */
class UdpReplyChannel extends EndpointChannel implements ReplyChannel {
  private replyHost: string;
  private replyPort: number;

  constructor(
    private readonly listener: UdpListener,
    private readonly sourceHost: string,
    private readonly sourcePort: number,
  ) {
    super();
    this.replyHost = sourceHost;
    this.replyPort = sourcePort;
  }

  get protocol(): 'UDP' {
    return 'UDP';
  }

  get reliable(): false {
    return false;
  }

  get remote(): NetworkAddress {
    return { host: this.sourceHost, port: this.sourcePort };
  }

  get endpoint(): Endpoint {
    return this.listener.endpoint;
  }

  override get flow(): string {
    return formatUdpFlow(this.endpoint.bound, this.remote);
  }

  aim(sentByPort: number, rport: number | undefined, maddr: string | undefined): void {
    // RFC 3261 §18.2.2 with RFC 3581 §4: maddr, else the source address with rport, else with the
    // sent-by's port; always from the socket that the request came to.
    if (maddr !== undefined) this.replyHost = maddr;
    this.replyPort = maddr === undefined && rport !== undefined ? rport : sentByPort;
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    this.put(serialize(message), message, onError);
  }

  sendBytes(bytes: Uint8Array, onError: (error: Error) => void): void {
    this.put(bytes, undefined, onError);
  }

  private put(
    bytes: Uint8Array,
    message: SipMessage | undefined,
    onError: (error: Error) => void,
  ): void {
    this.listener.send(bytes, message, this, this.replyHost, this.replyPort, onError);
  }
}

/**
 * Line ends or zeros, sent to keep a NAT's binding open. RFC 5626 §4.4.2 has STUN answer for that over
 * UDP, so these get nothing.
 */
function isKeepAlive(bytes: Uint8Array): boolean {
  if (bytes.length > longestKeepAlive) return false;
  for (const octet of bytes) if (octet !== 13 && octet !== 10 && octet !== 0) return false;
  return true;
}
