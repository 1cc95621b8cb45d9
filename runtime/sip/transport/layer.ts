import { isIP } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import { CallchartError, DefectError, describeError } from '../../core/errors';
import { token } from '../../core/random';
import { trace } from '../../core/trace';
import { createResponse } from '../message/create';
import type { SipMessage, SipRequest, SipResponse } from '../message/message';
import { MessageError } from '../message/message-error';
import { parseMessage } from '../message/parse';
import { serialize } from '../message/serialize';
import { ConnectionCount } from './connection-count';
import { bestFor, Endpoint, EndpointChannel } from './endpoint';
import { traceMessage, type Hub, type ReplyChannel } from './hub';
import { SystemAddresses } from './local-addresses';
import { defaultTransportLimits, type TransportLimits, type TransportOptions } from './options';
import type { Channel, Listener, Target, TransportLayer } from './port';
import { listenTcp, TcpRequestChannel, type TcpListener } from './tcp';
import { listenUdp, type UdpListener } from './udp';
import { udpNetwork } from './udp-network';
import { UdpRequestChannel } from './udp-request';
import { completeVia, defaultPort, markReceived } from './via-rewrite';

/**
 * Binds all listeners. Rejects with `CALLCHART_ADDRESS_IN_USE`, `CALLCHART_ADDRESS_UNAVAILABLE`,
 * `CALLCHART_PORT_FORBIDDEN` or `CALLCHART_LISTEN_FAILED`, and has bound none then.
 */
export async function createTransportLayer(options: TransportOptions): Promise<TransportLayer> {
  const layer = new SipTransport(options);
  try {
    for (const listener of options.listen) await layer.listen(listener);
  } catch (error) {
    await layer.close();
    throw error;
  }
  layer.ready = true;
  return layer;
}

/** UDP and TCP on all the addresses of a configuration. */
class SipTransport implements TransportLayer, Hub {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  /** Until all listeners stand, nobody has this layer to answer with: what comes so early comes again. */
  ready = false;
  private readonly udp: UdpListener[] = [];
  private readonly tcp: TcpListener[] = [];
  private readonly connections: ConnectionCount;
  private readonly endpointFor: (listener: Listener, bound: NetworkAddress) => Endpoint;

  constructor(private readonly options: TransportOptions) {
    this.clock = options.clock;
    this.limits = { ...defaultTransportLimits, ...options.limits };
    this.connections = new ConnectionCount(
      this.limits.maxConnections,
      this.limits.maxConnectionsPerPeer,
    );
    const addresses = options.addresses ?? new SystemAddresses(options.clock);
    this.endpointFor = (listener, bound) =>
      new Endpoint(listener.protocol, bound, addresses, options.externalAddress);
  }

  get listeners(): readonly Listener[] {
    return [...this.udp, ...this.tcp].map(({ endpoint }) => endpoint.listener);
  }

  get openConnections(): number {
    return this.udp.length + this.tcp.length + this.connections.total;
  }

  async listen(listener: Listener): Promise<void> {
    const endpointFor = (bound: NetworkAddress): Endpoint => this.endpointFor(listener, bound);
    const { network = udpNetwork, messageLimits } = this.options;
    switch (listener.protocol) {
      case 'UDP':
        this.udp.push(await listenUdp(this, network, listener, endpointFor));
        return;
      case 'TCP':
        this.tcp.push(
          await listenTcp(this, listener, this.connections, endpointFor, messageLimits),
        );
        return;
      case 'TLS':
      case 'WS':
      case 'WSS':
        throw new CallchartError(
          'CALLCHART_PROTOCOL_UNSUPPORTED',
          `${listener.protocol} cannot be listened on: use UDP or TCP`,
        );
    }
  }

  open(target: Target, request: SipRequest): Channel {
    const channel = this.channelTo(target);
    completeVia(request, channel.endpoint.announced(target.host));
    return channel;
  }

  contactAddress(channel: Channel): Target {
    if (!(channel instanceof EndpointChannel)) {
      throw new DefectError('a channel of another transport layer');
    }
    return channel.endpoint.announced(channel.remote.host);
  }

  async close(): Promise<void> {
    await Promise.all([...this.udp, ...this.tcp].map((listener) => listener.close()));
    this.udp.length = 0;
    this.tcp.length = 0;
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
    const { port, rport, params } = request.topVia;
    const { remote } = channel;
    const maddr = params.get('maddr');
    channel.aim(
      port ?? defaultPort(channel.protocol),
      rport === undefined ? undefined : remote.port,
      maddr !== undefined && isIP(maddr) === isIP(remote.host) ? maddr : undefined,
    );
    markReceived(request, remote);
  }

  /** RFC 3261 §18.1.2: the sent-by of a response is one that we put into requests. */
  private isOurs(response: SipResponse): boolean {
    const { host, port, protocol } = response.topVia;
    const sentBy = port ?? (protocol === 'TLS' ? 5061 : 5060);
    return (
      this.udp.some(({ endpoint }) => endpoint.hasAnnounced(host, sentBy)) ||
      this.tcp.some(({ endpoint }) => endpoint.hasAnnounced(host, sentBy))
    );
  }

  private channelTo(target: Target): EndpointChannel {
    const tcp = bestFor(this.tcp, target.host);
    if (target.protocol === 'UDP') {
      const udp = bestFor(this.udp, target.host);
      if (udp !== undefined) {
        return new UdpRequestChannel(udp, target, this.limits.maxUdpRequest, tcp);
      }
    } else if (target.protocol === 'TCP' && tcp !== undefined) {
      return new TcpRequestChannel(tcp, target);
    }
    const family = isIP(target.host) === 6 ? 'IPv6' : 'IPv4';
    throw new CallchartError(
      'CALLCHART_NO_LISTENER',
      `no listener serves ${target.protocol} over ${family}, which ${target.host} needs: add one`,
      { status: 503 },
    );
  }

  private onReplyFailed(error: Error, channel: ReplyChannel): void {
    this.drop('reply-failed', channel.remote, error.message);
  }
}
