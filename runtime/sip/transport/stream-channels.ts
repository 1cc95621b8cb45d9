import type { NetworkAddress } from '../../core/address';
import type { SipMessage } from '../message/message';
import type { Connection } from './connection';
import { EndpointChannel, type Endpoint } from './endpoint';
import type { ReplyChannel } from './hub';
import type { Target, TransportProtocol } from './port';
import type { StreamListener } from './stream-listener';

/** What all channels over connections have. */
abstract class StreamChannel extends EndpointChannel {
  constructor(protected readonly listener: StreamListener) {
    super();
  }

  get protocol(): TransportProtocol {
    return this.listener.endpoint.protocol;
  }

  get reliable(): true {
    return true;
  }

  get endpoint(): Endpoint {
    return this.listener.endpoint;
  }

  override get offersAlias(): boolean {
    return this.listener.offersAlias;
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    this.put(message, onError);
  }

  sendBytes(bytes: Uint8Array, onError: (error: Error) => void): void {
    this.put(bytes, onError);
  }

  protected abstract put(message: SipMessage | Uint8Array, onError: (error: Error) => void): void;
}

/** The way along one connection, and nowhere else (RFC 5626 §5.3). */
export class FlowChannel extends StreamChannel {
  constructor(
    listener: StreamListener,
    protected readonly connection: Connection,
  ) {
    super(listener);
  }

  get remote(): NetworkAddress {
    return this.connection.remote;
  }

  override get flow(): string {
    return this.connection.facts.flow;
  }

  override get peerNames(): readonly string[] | undefined {
    return this.connection.facts.peerNames;
  }

  protected override put(message: SipMessage | Uint8Array, onError: (error: Error) => void): void {
    if (this.connection.usable) {
      this.listener.sendOn(this.connection, message, this, onError);
    } else {
      this.onGone(message, onError);
    }
  }

  protected onGone(_message: SipMessage | Uint8Array, onError: (error: Error) => void): void {
    process.nextTick(onError, new Error('the connection of the flow is closed'));
  }
}

/** The way back for a message that came over a connection. */
export class StreamReplyChannel extends FlowChannel implements ReplyChannel {
  private sentByPort = 0;
  private sentByHost = '';

  aim(sentByPort: number, _rport: unknown, _maddr: unknown, sentByHost: string): void {
    this.sentByPort = sentByPort;
    this.sentByHost = sentByHost;
  }

  protected override onGone(
    message: SipMessage | Uint8Array,
    onError: (error: Error) => void,
  ): void {
    if (!this.listener.canCallBack) {
      super.onGone(message, onError);
      return;
    }
    // RFC 3261 §18.2.2: a new connection to where the request came from, at the sent-by's port.
    const { host } = this.connection.remote;
    const { protocol, sentByPort: port, sentByHost: serverName } = this;
    this.listener.send(message, this, { protocol, host, port, serverName }, onError);
  }
}

/** The way for a request; the connection is made when it is first needed. */
export class StreamRequestChannel extends StreamChannel {
  constructor(
    listener: StreamListener,
    private readonly target: Target,
  ) {
    super(listener);
  }

  get remote(): NetworkAddress {
    return { host: this.target.host, port: this.target.port };
  }

  /** That of the connection that stands now. */
  override get flow(): string | undefined {
    return this.listener.find(this.target)?.facts.flow;
  }

  protected override put(message: SipMessage | Uint8Array, onError: (error: Error) => void): void {
    this.listener.send(message, this, this.target, onError);
  }
}
