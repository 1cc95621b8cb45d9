import type { NetworkAddress } from '../../core/address';
import type { SipMessage } from '../message/message';
import { serialize } from '../message/serialize';
import { EndpointChannel, type Endpoint } from './endpoint';
import type { Target, TransportProtocol } from './port';
import type { StreamListener } from './stream-listener';
import type { UdpListener } from './udp';
import { completeVia } from './via-rewrite';

interface Waiting {
  readonly message: SipMessage;
  readonly onError: (error: Error) => void;
}

/**
 * The way for a request over UDP, and over TCP when it is too large for that: RFC 3261 §18.1.1 wants a
 * congestion controlled transport for what might be fragmented, and UDP again when the peer does not
 * take the connection.
 */
export class UdpRequestChannel extends EndpointChannel {
  private way: 'udp' | 'connecting' | 'tcp' = 'udp';
  /** TCP was tried and refused. */
  private refused = false;
  private waiting: Waiting[] = [];

  constructor(
    private readonly listener: UdpListener,
    private readonly target: Target,
    private readonly maxSize: number,
    /** Undefined when we do not listen on TCP, and so could not be answered on it; or on a flow. */
    private readonly tcp: StreamListener | undefined,
    /** The flow that the request must keep to, if any. */
    private readonly kept?: string,
  ) {
    super();
  }

  get protocol(): TransportProtocol {
    return this.way === 'udp' ? 'UDP' : 'TCP';
  }

  get reliable(): boolean {
    return this.way === 'tcp';
  }

  get remote(): NetworkAddress {
    return { host: this.target.host, port: this.target.port };
  }

  override get flow(): string | undefined {
    return this.kept;
  }

  /** Also while TCP carries this one request: what comes back to us may come by UDP. */
  get endpoint(): Endpoint {
    return this.listener.endpoint;
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    switch (this.way) {
      case 'udp':
        this.sendByUdp(message, onError);
        return;
      case 'connecting':
        // The transaction's timer sends again what is still waiting to be sent at all.
        if (this.waiting.some((one) => one.message === message)) return;
        this.waiting.push({ message, onError });
        return;
      case 'tcp':
        this.tcp?.send(message, this, { ...this.target, protocol: 'TCP' }, onError);
        return;
    }
  }

  private sendByUdp(message: SipMessage, onError: (error: Error) => void): void {
    const bytes = serialize(message);
    const tooLarge = message.kind === 'request' && bytes.length > this.maxSize;
    if (tooLarge && this.tcp !== undefined && !this.refused) {
      this.waiting.push({ message, onError });
      this.connect(this.tcp);
      return;
    }
    const { host, port } = this.target;
    this.listener.send(bytes, message, this, host, port, onError);
  }

  private connect(tcp: StreamListener): void {
    this.way = 'connecting';
    tcp.connect({ ...this.target, protocol: 'TCP' }, (error) => {
      // A firewall that swallows the connection is as common as a peer that refuses it.
      this.refused = error !== undefined;
      this.way = this.refused ? 'udp' : 'tcp';
      const { endpoint } = this.refused ? this.listener : tcp;
      const { waiting } = this;
      this.waiting = [];
      for (const { message, onError } of waiting) {
        // RFC 3261 §18.1.1: the Via names the protocol that is really used.
        if (message.kind === 'request') completeVia(message, endpoint.announced(this.target.host));
        this.send(message, onError);
      }
    });
  }
}
