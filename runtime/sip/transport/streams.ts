import type { NetworkAddress } from '../../core/address';
import { formatAddress } from '../../core/address';
import { CallchartError } from '../../core/errors';
import type { MessageLimits } from '../message/limits';
import { bestFor, type Endpoint } from './endpoint';
import { ContentLengthFraming, type Framing } from './framing';
import type { Listener, TransportProtocol } from './port';
import { plain } from './security';
import { StreamListener, type StreamShared } from './stream-listener';
import { bindTcp } from './tcp';
import { TlsSecurity, type TlsIdentity } from './tls';
import { WebSocketFraming } from './ws-framing';

export type StreamProtocol = Exclude<TransportProtocol, 'UDP'>;

export interface StreamsOptions extends StreamShared {
  readonly messageLimits: MessageLimits | undefined;
  /** Made when it is first needed: reading the system's authorities takes a while. */
  readonly identity: () => TlsIdentity;
  readonly endpointFor: (protocol: TransportProtocol, bound: NetworkAddress) => Endpoint;
}

/** All that is spoken over TCP: the listeners, and what only opens connections. */
export class Streams {
  readonly listeners: StreamListener[] = [];
  private readonly byProtocol = new Map<StreamProtocol, StreamListener[]>();
  /** One for each protocol and address that is not listened on. */
  private readonly clients = new Map<string, StreamListener>();

  constructor(private readonly options: StreamsOptions) {}

  async listen(listener: Listener, protocol: StreamProtocol): Promise<void> {
    const { identity, endpointFor } = this.options;
    if (isSecure(protocol) && identity().credentials.own === undefined) {
      throw new CallchartError(
        'CALLCHART_TLS_CERTIFICATE',
        `${protocol} ${formatAddress(listener)} has no certificate: name tls.certificate and tls.key, or do not listen on it`,
      );
    }
    const { server, port } = await bindTcp(listener);
    const stream = this.create(endpointFor(protocol, { host: listener.host, port }));
    stream.serve(server);
    this.listeners.push(stream);
    const same = this.byProtocol.get(protocol);
    if (same === undefined) this.byProtocol.set(protocol, [stream]);
    else same.push(stream);
  }

  /**
   * What requests by this protocol are sent with. TCP needs a listener, so that responses find us when the
   * connection has closed. TLS and WebSockets are also spoken as a client alone, in the name of the best
   * listener of another protocol over TCP: nobody can connect to what Via and Contact say then, but along
   * the connection all goes both ways.
   */
  towards(protocol: StreamProtocol, peer: string): StreamListener | undefined {
    const own = this.byProtocol.get(protocol);
    const listener = own === undefined ? undefined : bestFor(own, peer);
    if (listener !== undefined || protocol === 'TCP') return listener;
    const other = bestFor(this.listeners, peer);
    if (other === undefined) return undefined;
    const { bound } = other.endpoint;
    const key = `${protocol} ${formatAddress(bound)}`;
    let client = this.clients.get(key);
    if (client === undefined) {
      client = this.create(this.options.endpointFor(protocol, bound));
      this.clients.set(key, client);
    }
    return client;
  }

  /** RFC 3261 §18.1.2. */
  haveAnnounced(host: string, port: number): boolean {
    for (const { endpoint } of this.listeners) if (endpoint.hasAnnounced(host, port)) return true;
    for (const { endpoint } of this.clients.values()) {
      if (endpoint.hasAnnounced(host, port)) return true;
    }
    return false;
  }

  answerTo(host: string, port: number): boolean {
    return this.listeners.some(({ endpoint }) => endpoint.answersTo(host, port));
  }

  async close(): Promise<void> {
    const all = [...this.listeners, ...this.clients.values()];
    await Promise.all([...all.map((one) => one.close()), this.options.handshakes.close()]);
    this.listeners.length = 0;
    this.byProtocol.clear();
    this.clients.clear();
  }

  private create(endpoint: Endpoint): StreamListener {
    const { hub, messageLimits, identity } = this.options;
    const { protocol } = endpoint;
    const web = protocol === 'WS' || protocol === 'WSS';
    const security = isSecure(protocol) ? new TlsSecurity(identity(), web ? 'web' : 'sip') : plain;
    const framing: Framing = web
      ? new WebSocketFraming(hub, protocol, messageLimits)
      : new ContentLengthFraming(hub, security, messageLimits);
    return new StreamListener(this.options, endpoint, security, framing);
  }
}

function isSecure(protocol: TransportProtocol): boolean {
  return protocol === 'TLS' || protocol === 'WSS';
}
