import { isIP, isIPv6 } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import { CallchartError, DefectError, describeError } from '../../core/errors';
import { token, type Random } from '../../core/random';
import { trace } from '../../core/trace';
import { createResponse } from '../message/create';
import type { SipMessage, SipRequest, SipResponse } from '../message/message';
import { MessageError } from '../message/message-error';
import { parseMessage } from '../message/parse';
import { serialize } from '../message/serialize';
import type { Connection } from './connection';
import { ConnectionCount } from './connection-count';
import { bestFor, Endpoint, EndpointChannel } from './endpoint';
import { ExternalAddresses } from './external-addresses';
import { parseUdpFlow } from './flow-name';
import { Flows } from './flows';
import { Handshakes } from './handshakes';
import { traceMessage, type Hub, type ReplyChannel } from './hub';
import { SystemAddresses } from './local-addresses';
import { defaultTransportLimits, type TransportLimits, type TransportOptions } from './options';
import type {
  Channel,
  KeepAliveOptions,
  Listener,
  Target,
  TransportLayer,
  TransportProtocol,
} from './port';
import { StreamRequestChannel } from './stream-channels';
import type { StreamListener } from './stream-listener';
import { Streams } from './streams';
import { TlsIdentity } from './tls';
import { listenUdp, type UdpListener } from './udp';
import { udpNetwork } from './udp-network';
import { UdpRequestChannel } from './udp-request';
import { completeVia, defaultPort, markReceived } from './via-rewrite';

/**
 * Binds all listeners. Rejects with `CALLCHART_ADDRESS_IN_USE`, `CALLCHART_ADDRESS_UNAVAILABLE`,
 * `CALLCHART_PORT_FORBIDDEN` or `CALLCHART_LISTEN_FAILED`, and with what {@link loadTls} says of
 * certificates; it has bound none then.
 */
export async function createTransportLayer(options: TransportOptions): Promise<TransportLayer> {
  const identity = options.tls === undefined ? undefined : await TlsIdentity.load(options.tls);
  const layer = new SipTransport(options, identity);
  try {
    for (const listener of options.listen) await layer.listen(listener);
  } catch (error) {
    await layer.close();
    throw error;
  }
  layer.ready = true;
  return layer;
}

/** All protocols on all the addresses of a configuration. */
class SipTransport implements TransportLayer, Hub {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly admit: TransportOptions['admit'];
  /** Until all listeners stand, nobody has this layer to answer with: what comes so early comes again. */
  ready = false;
  private readonly udp: UdpListener[] = [];
  private readonly streams: Streams;
  private readonly connections: ConnectionCount;
  private readonly flows = new Flows();
  private readonly endpointFor: (protocol: TransportProtocol, bound: NetworkAddress) => Endpoint;

  constructor(
    private readonly options: TransportOptions,
    private identity: TlsIdentity | undefined,
  ) {
    this.clock = options.clock;
    this.random = options.random;
    this.admit = options.admit;
    this.limits = { ...defaultTransportLimits, ...options.limits };
    this.connections = new ConnectionCount(
      this.limits.maxConnections,
      this.limits.maxConnectionsPerPeer,
    );
    const addresses = options.addresses ?? new SystemAddresses(options.clock);
    const { externalAddress, localNetworks } = options;
    const external = new ExternalAddresses(externalAddress, localNetworks, addresses);
    this.endpointFor = (protocol, bound) => new Endpoint(protocol, bound, addresses, external);
    this.streams = new Streams({
      hub: this,
      count: this.connections,
      handshakes: new Handshakes(this),
      messageLimits: options.messageLimits,
      identity: () => (this.identity ??= TlsIdentity.anonymous()),
      endpointFor: this.endpointFor,
    });
  }

  get listeners(): readonly Listener[] {
    return [...this.udp, ...this.streams.listeners].map(({ endpoint }) => endpoint.listener);
  }

  get openConnections(): number {
    return this.udp.length + this.streams.listeners.length + this.connections.total;
  }

  async listen(listener: Listener): Promise<void> {
    const { protocol } = listener;
    if (protocol === 'UDP') {
      const endpointFor = (bound: NetworkAddress): Endpoint => this.endpointFor(protocol, bound);
      const { network = udpNetwork } = this.options;
      this.udp.push(await listenUdp(this, network, listener, endpointFor));
    } else {
      await this.streams.listen(listener, protocol);
    }
  }

  open(target: Target, request: SipRequest): Channel {
    checkSecurity(target.protocol, request);
    const channel = this.channelTo(target);
    completeVia(request, channel.endpoint.announced(target.host), channel.offersAlias);
    return channel;
  }

  openFlow(flow: string, request: SipRequest): Channel | undefined {
    const channel = this.flows.channel(flow) ?? this.udpFlow(flow);
    if (channel === undefined) return undefined;
    checkSecurity(channel.protocol, request);
    completeVia(request, channel.endpoint.announced(channel.remote.host), channel.offersAlias);
    return channel;
  }

  keepAlive(flow: string, options: KeepAliveOptions): () => void {
    return this.flows.keepAlive(flow, options);
  }

  serves(protocol: TransportProtocol, family: 4 | 6): boolean {
    const anyone = family === 6 ? '::1' : '127.0.0.1';
    if (protocol !== 'UDP') return this.streams.towards(protocol, anyone) !== undefined;
    return this.udp.some(({ endpoint }) => endpoint.v6 === (family === 6));
  }

  answersTo(host: string, port: number): boolean {
    return (
      this.udp.some(({ endpoint }) => endpoint.answersTo(host, port)) ||
      this.streams.answerTo(host, port)
    );
  }

  async reloadCertificates(): Promise<void> {
    await this.identity?.reload();
  }

  contactAddress(channel: Channel): Target {
    if (!(channel instanceof EndpointChannel)) {
      throw new DefectError('a channel of another transport layer');
    }
    return channel.endpoint.announced(channel.remote.host);
  }

  async close(): Promise<void> {
    await Promise.all([...this.udp.map((listener) => listener.close()), this.streams.close()]);
    this.udp.length = 0;
  }

  nextFlow(): string {
    return this.flows.next(this.random);
  }

  onFlowOpened(connection: Connection, listener: StreamListener): void {
    this.flows.add(connection, listener);
  }

  onFlowClosed({ facts }: Connection, closing: boolean): void {
    this.flows.remove(facts.flow);
    if (!closing && this.ready) this.options.handler.onFlowClosed?.(facts.flow);
  }

  onBytes(bytes: Uint8Array, channel: ReplyChannel): void {
    let message: SipMessage;
    try {
      message = parseMessage(bytes, this.options.messageLimits);
    } catch (error) {
      traceMessage(this.clock, 'in', channel, bytes, undefined);
      this.onMalformed(error, channel);
      return;
    }
    traceMessage(this.clock, 'in', channel, bytes, message);
    this.deliver(message, channel);
  }

  onMessage(message: SipMessage, channel: ReplyChannel): void {
    // The framer keeps no octets; written again they differ in spelling at most.
    if (trace.sipMessage.active) {
      traceMessage(this.clock, 'in', channel, serialize(message), message);
    }
    this.deliver(message, channel);
  }

  onMalformed(error: unknown, channel: ReplyChannel): void {
    if (!(error instanceof MessageError)) throw error;
    const { partial, status } = error;
    this.drop('parse-error', channel.remote, error.message);
    // RFC 3261 §18.3, §17.2: only a request can be answered, and an ACK never is.
    if (error.kind === 'response' || partial === undefined || partial.method === 'ACK') return;
    try {
      this.prepare(partial, channel);
      const toTag = token(this.options.random);
      const response = createResponse(partial, status, { reason: error.message, toTag });
      channel.send(response, (failure) => this.onReplyFailed(failure, channel));
    } catch (failure) {
      // Not even enough of it for a response.
      this.drop('unanswerable', channel.remote, describeError(failure));
    }
  }

  drop(reason: string, remote: NetworkAddress, detail?: string): void {
    if (!trace.drop.active) return;
    const time = this.clock.now();
    const event = { time, layer: 'transport', reason, remote } as const;
    trace.drop.publish(detail === undefined ? event : { ...event, detail });
  }

  private deliver(message: SipMessage, channel: ReplyChannel): void {
    if (!this.ready) {
      this.drop('not-ready', channel.remote, message.callId);
    } else if (message.kind === 'request') {
      this.prepare(message, channel);
      this.options.handler.onRequest(message, channel);
    } else if (this.isOurs(message)) {
      this.options.handler.onResponse(message, channel);
    } else {
      this.drop('foreign-response', channel.remote, message.callId);
    }
  }

  /** Marks where the request came from, and aims its channel (RFC 3261 §18.2.1, §18.2.2). */
  private prepare(request: SipRequest, channel: ReplyChannel): void {
    const { host, port, rport, params } = request.topVia;
    const { remote } = channel;
    const maddr = params.get('maddr');
    channel.aim(
      port ?? defaultPort(channel.protocol),
      rport === undefined ? undefined : remote.port,
      maddr !== undefined && isIP(maddr) === isIP(remote.host) ? maddr : undefined,
      host,
    );
    markReceived(request, remote);
  }

  /** RFC 3261 §18.1.2: the sent-by of a response is one that we put into requests. */
  private isOurs(response: SipResponse): boolean {
    const { host, port, protocol } = response.topVia;
    const sentBy = port ?? (protocol === 'TLS' ? 5061 : 5060);
    return (
      this.udp.some(({ endpoint }) => endpoint.hasAnnounced(host, sentBy)) ||
      this.streams.haveAnnounced(host, sentBy)
    );
  }

  private channelTo(target: Target): EndpointChannel {
    const { protocol, host } = target;
    if (protocol === 'UDP') {
      const udp = bestFor(this.udp, host);
      if (udp !== undefined) {
        const tcp = this.streams.towards('TCP', host);
        return new UdpRequestChannel(udp, target, this.limits.maxUdpRequest, tcp);
      }
    } else {
      const stream = this.streams.towards(protocol, host);
      if (stream !== undefined) return new StreamRequestChannel(stream, target);
    }
    const family = isIP(target.host) === 6 ? 'IPv6' : 'IPv4';
    throw new CallchartError(
      'CALLCHART_NO_LISTENER',
      `no listener serves ${target.protocol} over ${family}, which ${target.host} needs: add one`,
      { status: 503 },
    );
  }

  /** RFC 5626 §5.3: from the very socket, to the very address; and so never by TCP. */
  private udpFlow(flow: string): EndpointChannel | undefined {
    const addresses = parseUdpFlow(flow);
    if (addresses === undefined) return undefined;
    const { bound, remote } = addresses;
    const udp = this.udp.find(
      ({ endpoint }) => endpoint.bound.host === bound.host && endpoint.bound.port === bound.port,
    );
    if (udp === undefined || isIPv6(remote.host) !== udp.endpoint.v6) return undefined;
    const target = { protocol: 'UDP', ...remote } as const;
    return new UdpRequestChannel(udp, target, this.limits.maxUdpRequest, undefined, flow);
  }

  private onReplyFailed(error: Error, channel: ReplyChannel): void {
    this.drop('reply-failed', channel.remote, error.message);
  }
}

/** RFC 3261 §26.2.2: what is for a sips: URI goes over TLS, hop by hop. */
function checkSecurity(protocol: TransportProtocol, request: SipRequest): void {
  if (protocol === 'TLS' || protocol === 'WSS' || !/^sips:/i.test(request.requestUri)) return;
  throw new CallchartError(
    'CALLCHART_SIPS_UNPROTECTED',
    `a request for a sips: URI cannot go over ${protocol}: it takes TLS`,
    { status: 503 },
  );
}
