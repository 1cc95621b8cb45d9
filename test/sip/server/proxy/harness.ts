import { VirtualClock } from '../../../../runtime/core/virtual-clock';
import type { NetworkAddress } from '../../../../runtime/core/address';
import { SeededRandom } from '../../../../runtime/core/random';
import { trace, type DropTrace } from '../../../../runtime/core/trace';
import type { SipMessage, SipRequest, SipResponse } from '../../../../runtime/sip/message/message';
import { parseMessage } from '../../../../runtime/sip/message/parse';
import { serialize } from '../../../../runtime/sip/message/serialize';
import { formatHost } from '../../../../runtime/sip/message/uri';
import type { ForwardTarget } from '../../../../runtime/sip/server/port';
import {
  Proxy,
  type ForwardOptions,
  type ProxyOptions,
} from '../../../../runtime/sip/server/proxy/proxy';
import type { ServerTransaction } from '../../../../runtime/sip/transaction/port';
import type {
  Channel,
  Listener,
  Target,
  TransportLayer,
  TransportProtocol,
} from '../../../../runtime/sip/transport/port';
import { completeVia, markReceived } from '../../../../runtime/sip/transport/via-rewrite';
import { createUserAgent, type UserAgentCore } from '../../../../runtime/sip/ua/user-agent';
import { hostResolver } from '../../../support/host-resolver';

/** Takes a message that was sent to one address. */
type Receiver = (message: SipMessage, from: NetworkAddress, to: NetworkAddress) => void;

const at = (protocol: TransportProtocol, { host, port }: NetworkAddress): string =>
  `${protocol} ${formatHost(host, port)}`;

/**
 * Joins elements in memory: each message goes as octets and arrives after the one who sent it has finished,
 * without time passing.
 */
export class Wire {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(11);
  /** `INVITE 192.0.2.1:5060 > 192.0.2.20:5060`, in the order of sending. */
  readonly ladder: string[] = [];
  readonly drops: DropTrace[] = [];
  /** Says which messages are lost. */
  loses: (message: SipMessage, to: string) => boolean = () => false;
  /** Addresses that cannot be sent to, as `UDP 192.0.2.20:5060`. */
  readonly unreachable = new Set<string>();
  private readonly receivers = new Map<string, Receiver>();
  private readonly queue: (() => void)[] = [];
  private draining = false;
  private readonly unsubscribe = trace.drop.subscribe((drop) => this.drops.push(drop));

  bind(protocol: TransportProtocol, address: NetworkAddress, receiver: Receiver): void {
    this.receivers.set(at(protocol, address), receiver);
  }

  send(
    message: SipMessage,
    protocol: TransportProtocol,
    from: NetworkAddress,
    to: NetworkAddress,
    onError: (error: Error) => void = () => undefined,
  ): void {
    const key = at(protocol, to);
    const what = message.kind === 'request' ? message.method : String(message.status);
    this.ladder.push(
      `${what} ${formatHost(from.host, from.port)} > ${formatHost(to.host, to.port)}`,
    );
    if (this.unreachable.has(key)) {
      this.post(() => onError(new Error(`${key} is unreachable`)));
      return;
    }
    const bytes = serialize(message);
    if (this.loses(message, key)) return;
    this.post(() => this.receivers.get(key)?.(parseMessage(bytes), from, to));
  }

  close(): void {
    this.unsubscribe();
  }

  private post(deliver: () => void): void {
    this.queue.push(deliver);
    if (this.draining) return;
    this.draining = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) next();
    } finally {
      this.draining = false;
    }
  }
}

/** A transport layer on a {@link Wire}, with any listeners and with flows that tests can close. */
export class WireTransport implements TransportLayer {
  readonly openConnections = 0;
  readonly closedFlows = new Set<string>();

  constructor(
    private readonly wire: Wire,
    readonly listeners: readonly Listener[],
    private readonly agent: () => UserAgentCore,
  ) {
    for (const listener of listeners) {
      wire.bind(listener.protocol, listener, (message, from) => {
        const channel = this.channel(listener, from);
        if (message.kind === 'response') {
          this.agent().onResponse(message, channel);
          return;
        }
        markReceived(message, from);
        this.agent().onRequest(message, channel);
      });
    }
  }

  open(target: Target, request: SipRequest): Channel {
    const six = target.host.includes(':');
    const listener = this.listeners.find(
      (each) => each.protocol === target.protocol && each.host.includes(':') === six,
    );
    if (listener === undefined) throw new Error(`nothing serves ${target.protocol}`);
    completeVia(request, listener);
    return this.channel(listener, target);
  }

  openFlow(flow: string, request: SipRequest): Channel | undefined {
    if (this.closedFlows.has(flow)) return undefined;
    for (const listener of this.listeners) {
      const prefix = `${at(listener.protocol, listener)} < `;
      if (!flow.startsWith(prefix)) continue;
      const [host = '', port = ''] = flow.slice(prefix.length).split('|');
      completeVia(request, listener);
      return this.channel(listener, { host, port: Number(port) });
    }
    return undefined;
  }

  contactAddress({ protocol, local }: Channel): Target {
    return { protocol, host: local.host, port: local.port };
  }

  answersTo(): boolean {
    return false;
  }

  keepAlive(): () => void {
    return () => undefined;
  }

  serves(protocol: TransportProtocol, family: 4 | 6): boolean {
    return this.listeners.some(
      (each) => each.protocol === protocol && each.host.includes(':') === (family === 6),
    );
  }

  reloadCertificates(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private channel(listener: Listener, { host, port }: NetworkAddress): Channel {
    const { protocol } = listener;
    const remote = { host, port };
    return {
      protocol,
      reliable: protocol !== 'UDP',
      local: { host: listener.host, port: listener.port },
      remote,
      flow: flowOf(listener, remote),
      send: (message, onError) => this.wire.send(message, protocol, listener, remote, onError),
    };
  }
}

/** How {@link WireTransport} names the way between a listener and a peer. */
export function flowOf(listener: Listener, { host, port }: NetworkAddress): string {
  return `${at(listener.protocol, listener)} < ${host}|${port}`;
}

/** A proxy in its place behind a user agent's transactions, as the service will have it. */
export class ProxyNode {
  readonly agent: UserAgentCore;
  readonly proxy: Proxy;
  readonly transport: WireTransport;
  /** What {@link route} does with requests outside of dialogs. */
  plan: ForwardOptions = {};
  route: (transaction: ServerTransaction, channel: Channel) => void = (transaction, channel) =>
    this.proxy.forward(transaction, channel, this.plan);
  trusted = false;

  constructor(
    wire: Wire,
    readonly listeners: readonly Listener[],
    options: ProxyOptions & { readonly domains?: readonly string[]; readonly seed?: number } = {},
    lookup?: (host: string) => Promise<readonly string[]>,
  ) {
    const { domains = [], seed = 3, ...proxyOptions } = options;
    this.agent = createUserAgent({
      clock: wire.clock,
      random: new SeededRandom(seed),
      handler: { onInvite: (session) => session.reject(486) },
      options: { sessionExpires: 0, domains },
      gate: {
        onRequest: (transaction, target, channel) => {
          const { request } = transaction;
          if (request.method === 'CANCEL') {
            return target !== undefined && this.proxy.cancel(transaction, target);
          }
          if (request.to.tag === undefined) this.route(transaction, channel);
          else this.proxy.forwardInDialog(transaction, channel, { trusted: this.trusted });
          return true;
        },
        onAck: (ack, channel) => this.proxy.onAck(ack, channel),
      },
      resolver: hostResolver(lookup),
    });
    this.transport = new WireTransport(wire, listeners, () => this.agent);
    this.agent.attach(this.transport);
    this.proxy = new Proxy(this.agent.elements, {
      secret: Buffer.alloc(32, seed),
      ...proxyOptions,
    });
  }

  /** Forks to these, all with the same q unless they have one: `sip:bob@192.0.2.20;q=0.5` is written as a pair. */
  forkTo(...targets: readonly (string | readonly [string, number])[]): void {
    this.plan = {
      ...this.plan,
      targets: targets.map((each): ForwardTarget =>
        typeof each === 'string'
          ? { uri: each, routes: [], q: 1 }
          : { uri: each[0], routes: [], q: each[1] },
      ),
    };
  }
}

export interface MessageParts {
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly fromTag?: string;
  readonly toTag?: string | undefined;
  readonly uri?: string;
  readonly to?: string;
  readonly contact?: string | null;
  /** Whole lines, after the usual ones; a name that is a usual one replaces it, '' takes it away. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyType?: string;
}

/** A peer made of hand-written messages. */
export class Phone {
  readonly inbox: SipMessage[] = [];
  private readonly sources = new WeakMap<SipMessage, NetworkAddress>();
  private branches = 0;

  constructor(
    private readonly wire: Wire,
    readonly name: string,
    readonly address: NetworkAddress,
    readonly protocol: TransportProtocol = 'UDP',
    /** What it calls itself, where a NAT is between. */
    readonly inner: NetworkAddress = address,
  ) {
    wire.bind(protocol, address, (message, from) => {
      this.sources.set(message, from);
      this.inbox.push(message);
    });
  }

  get contact(): string {
    const { host, port } = this.inner;
    const transport = this.protocol === 'UDP' ? '' : `;transport=${this.protocol.toLowerCase()}`;
    return `<sip:${this.name}@${formatHost(host, port)}${transport}>`;
  }

  get uri(): string {
    return this.contact.slice(1, -1);
  }

  request(method: string, parts: MessageParts = {}): SipRequest {
    const { callId = 'call-1', cseq = 1, fromTag = `${this.name}-tag`, body = '' } = parts;
    this.branches += 1;
    const branch = parts.branch ?? `z9hG4bK-${this.name}-${this.branches}`;
    const sentBy = formatHost(this.inner.host, this.inner.port);
    const to = parts.to ?? '<sip:bob@example.com>';
    const headers = new Map<string, string>([
      ['Via', `SIP/2.0/${this.protocol} ${sentBy};branch=${branch};rport`],
      ['Max-Forwards', '70'],
      ['From', `"${this.name}" <sip:${this.name}@example.com>;tag=${fromTag}`],
      ['To', parts.toTag === undefined ? to : `${to};tag=${parts.toTag}`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
    ]);
    if (parts.contact !== null) headers.set('Contact', parts.contact ?? this.contact);
    if (body !== '') headers.set('Content-Type', parts.bodyType ?? 'application/sdp');
    for (const [name, value] of Object.entries(parts.headers ?? {})) headers.set(name, value);
    const lines = [`${method} ${parts.uri ?? 'sip:bob@example.com'} SIP/2.0`];
    for (const [name, value] of headers) {
      if (value !== '') for (const line of value.split('\n')) lines.push(`${name}: ${line}`);
    }
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`, '', body);
    const message = parseMessage(Buffer.from(lines.join('\r\n')));
    if (message.kind !== 'request') throw new Error('not a request');
    return message;
  }

  /** Sends a request to a listener. */
  send(to: NetworkAddress, method: string, parts: MessageParts = {}): SipRequest {
    const request = this.request(method, parts);
    this.give(to, request);
    return request;
  }

  give(to: NetworkAddress, message: SipMessage): void {
    this.wire.send(message, this.protocol, this.address, to);
  }

  /** Answers back to where a request came from. */
  respond(
    request: SipRequest,
    status: number,
    parts: {
      readonly toTag?: string;
      readonly contact?: string | null;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly reason?: string;
    } = {},
  ): SipResponse {
    const lines = [`SIP/2.0 ${status} ${parts.reason ?? 'Some Reason'}`];
    for (const name of ['Via', 'Record-Route', 'From', 'Call-ID', 'CSeq']) {
      for (const value of request.headers.getAll(name)) lines.push(`${name}: ${value}`);
    }
    const to = request.headers.get('To') ?? '';
    const tagged = request.to.tag !== undefined || status === 100;
    lines.push(`To: ${to}${tagged ? '' : `;tag=${parts.toTag ?? `${this.name}-tag`}`}`);
    const contact = parts.contact ?? (status < 300 ? this.contact : null);
    if (parts.contact !== null && contact !== null) lines.push(`Contact: ${contact}`);
    const { body = '' } = parts;
    if (body !== '') lines.push('Content-Type: application/sdp');
    for (const [name, value] of Object.entries(parts.headers ?? {})) {
      for (const line of value.split('\n')) lines.push(`${name}: ${line}`);
    }
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`, '', body);
    const message = parseMessage(Buffer.from(lines.join('\r\n')));
    if (message.kind !== 'response') throw new Error('not a response');
    this.give(this.sourceOf(request), message);
    return message;
  }

  sourceOf(message: SipMessage): NetworkAddress {
    const source = this.sources.get(message);
    if (source === undefined) throw new Error('it did not arrive here');
    return source;
  }

  next(): SipMessage {
    const message = this.inbox.shift();
    if (message === undefined) throw new Error(`${this.name} has got nothing`);
    return message;
  }

  nextRequest(method: string): SipRequest {
    const message = this.next();
    if (message.kind !== 'request' || message.method !== method) {
      throw new Error(`${this.name} wanted ${method}, got\n${serialize(message).toString()}`);
    }
    return message;
  }

  nextResponse(status: number): SipResponse {
    const message = this.next();
    if (message.kind !== 'response' || message.status !== status) {
      throw new Error(`${this.name} wanted ${status}, got\n${serialize(message).toString()}`);
    }
    return message;
  }

  /** What waits, as `INVITE` or `200 INVITE`; it is taken. */
  drain(): string[] {
    return this.inbox
      .splice(0)
      .map((each) =>
        each.kind === 'request' ? each.method : `${each.status} ${each.cseq.method}`,
      );
  }

  /** The ACK for a refusal: hop by hop, with the branch of the INVITE. */
  ackRefusal(invite: SipRequest, refusal: SipResponse, to: NetworkAddress): void {
    this.send(to, 'ACK', {
      callId: invite.callId,
      cseq: invite.cseq.sequence,
      branch: invite.topVia.branch ?? '',
      uri: invite.requestUri,
      contact: null,
      headers: { To: refusal.headers.get('To') ?? '', From: invite.headers.get('From') ?? '' },
    });
  }

  /** A request in the dialog that a 2xx to `invite` has begun, along its route set. */
  inDialog(
    invite: SipRequest,
    success: SipResponse,
    method: string,
    to: NetworkAddress,
    parts: MessageParts = {},
  ): SipRequest {
    const routes = success.recordRoutes.map(({ uriText }) => `<${uriText}>`).reverse();
    return this.send(to, method, {
      callId: invite.callId,
      cseq: method === 'ACK' ? invite.cseq.sequence : invite.cseq.sequence + 1,
      uri: success.contacts[0]?.uriText ?? '',
      contact: null,
      ...parts,
      headers: {
        From: invite.headers.get('From') ?? '',
        To: success.headers.get('To') ?? '',
        ...(routes.length === 0 ? {} : { Route: routes.join('\n') }),
        ...parts.headers,
      },
    });
  }
}

/** One proxy with two phones on UDP, as most tests need it. */
export class Bench {
  readonly wire = new Wire();
  readonly clock = this.wire.clock;
  readonly listener: Listener = { protocol: 'UDP', host: '192.0.2.1', port: 5060 };
  readonly node: ProxyNode;
  readonly alice = new Phone(this.wire, 'alice', { host: '192.0.2.10', port: 5062 });
  readonly bob = new Phone(this.wire, 'bob', { host: '192.0.2.20', port: 5064 });

  constructor(
    options: ProxyOptions & { readonly domains?: readonly string[] } = {},
    more: readonly Listener[] = [],
    lookup?: (host: string) => Promise<readonly string[]>,
  ) {
    this.node = new ProxyNode(this.wire, [this.listener, ...more], options, lookup);
    this.node.forkTo(this.bob.uri);
  }

  phone(name: string, host: string, port = 5060, protocol: TransportProtocol = 'UDP'): Phone {
    return new Phone(this.wire, name, { host, port }, protocol);
  }

  /** Lets every wait state pass, and fails if anything is left: contexts, transactions, timers. */
  async expectNothingLeft(): Promise<void> {
    await this.clock.run(400_000);
    const { agent, proxy } = this.node;
    expect({
      open: proxy.open,
      transactions: agent.openTransactions,
      timers: this.clock.pending,
    }).toEqual({ open: 0, transactions: 0, timers: 0 });
    this.wire.close();
  }
}
