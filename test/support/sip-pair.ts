import { VirtualClock } from '../../runtime/core/virtual-clock';
import { SeededRandom } from '../../runtime/core/random';
import type { NetworkAddress } from '../../runtime/core/address';
import type { SipMessage, SipRequest, SipResponse } from '../../runtime/sip/message/message';
import { parseMessage } from '../../runtime/sip/message/parse';
import { serialize } from '../../runtime/sip/message/serialize';
import type {
  Channel,
  Listener,
  Target,
  TransportHandler,
  TransportLayer,
  TransportProtocol,
} from '../../runtime/sip/transport/port';
import type {
  IncomingRefer,
  IncomingSession,
  OfferAnswer,
  SessionEnd,
  SessionHandler,
  UserAgentHandler,
  UserAgentOptions,
} from '../../runtime/sip/ua/port';
import {
  createUserAgent,
  type UserAgentCore,
  type UserAgentParts,
} from '../../runtime/sip/ua/user-agent';
import { hostResolver } from './host-resolver';

export const agentAddress: NetworkAddress = { host: '192.0.2.1', port: 5060 };
export const peerAddress: NetworkAddress = { host: '192.0.2.9', port: 5062 };

/** Hands over every message as octets to whoever listens, without a network. */
export class FakeTransport implements TransportLayer {
  readonly listeners: readonly Listener[];
  readonly openConnections = 0;
  /** Every call of {@link open}, in order. */
  readonly opened: Target[] = [];
  /** The next sends fail with this. */
  failure: Error | undefined;
  /** No flow is open unless a test has some. */
  openFlow: (flow: string, request: SipRequest) => Channel | undefined = () => undefined;
  answersTo: (host: string, port: number) => boolean = () => false;
  keepAlive: TransportLayer['keepAlive'] = () => () => undefined;

  constructor(
    private readonly local: NetworkAddress,
    private readonly deliver: (message: SipMessage, to: NetworkAddress) => void,
    private readonly protocol: TransportProtocol = 'UDP',
  ) {
    this.listeners = [{ ...local, protocol }];
  }

  open(target: Target, request: SipRequest): Channel {
    this.opened.push(target);
    const branch = request.topVia.branch ?? '';
    request.headers.removeFirst('Via');
    const sentBy = `${this.local.host}:${this.local.port}`;
    request.headers.prepend('Via', `SIP/2.0/${target.protocol} ${sentBy};branch=${branch};rport`);
    return this.channel(target, target.protocol);
  }

  contactAddress(channel: Channel): Target {
    return { ...this.local, protocol: channel.protocol };
  }

  channel(remote: NetworkAddress, protocol: TransportProtocol = this.protocol): Channel {
    return {
      protocol,
      reliable: protocol !== 'UDP',
      local: this.local,
      remote: { host: remote.host, port: remote.port },
      send: (message, onError) => {
        const { failure } = this;
        if (failure === undefined) this.deliver(parseMessage(serialize(message)), remote);
        else queueMicrotask(() => onError(failure));
      },
    };
  }

  serves(): boolean {
    return true;
  }

  reloadCertificates(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Notes all that a session tells, and answers as it was told to. */
export class RecordingHandler implements SessionHandler {
  readonly log: string[] = [];
  readonly offers: string[] = [];
  readonly answers: string[] = [];
  end: SessionEnd | undefined;
  answer: OfferAnswer | Promise<OfferAnswer> = { type: 'answer', sdp: 'v=answer' };
  offerWanted: string | Promise<string> = 'v=wanted';
  takesAnswer = true;
  infoStatus = 200;
  onRefer?: (refer: IncomingRefer) => void;

  onOffer(sdp: string): OfferAnswer | Promise<OfferAnswer> {
    this.log.push('offer');
    this.offers.push(sdp);
    return this.answer;
  }

  onOfferWanted(): string | Promise<string> {
    this.log.push('offer-wanted');
    return this.offerWanted;
  }

  onAnswer(sdp: string): boolean {
    this.log.push('answer');
    this.answers.push(sdp);
    return this.takesAnswer;
  }

  onEstablished(): void {
    this.log.push('established');
  }

  onProgress(status: number, sdp: string | undefined): void {
    this.log.push(sdp === undefined ? `progress ${status}` : `progress ${status} ${sdp}`);
  }

  onInfo(): number {
    this.log.push('info');
    return this.infoStatus;
  }

  onEnded(end: SessionEnd): void {
    this.log.push(`ended ${end.by} ${end.cause} ${end.status}`);
    if (this.end !== undefined) throw new Error('ended twice');
    this.end = end;
  }
}

export interface RequestParts {
  readonly callId?: string;
  readonly cseq?: number;
  /** Of the ACK to a refusal and of CANCEL: the INVITE's. */
  readonly branch?: string;
  readonly fromTag?: string;
  readonly toTag?: string | undefined;
  readonly uri?: string;
  readonly contact?: string | null;
  /** Added after the usual ones; a name that is a usual one replaces it. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyType?: string;
}

/**
 * A user agent on a virtual clock, and a peer made of hand-written messages: {@link send} gives one to
 * the agent, {@link next} takes what the agent has sent.
 */
export class ScriptedPeer {
  readonly clock = new VirtualClock();
  readonly transport: FakeTransport;
  readonly agent: UserAgentCore;
  readonly handler = new RecordingHandler();
  /** Sessions that the agent has told of, in order. */
  readonly sessions: IncomingSession[] = [];
  /** What the agent has sent and the test has not taken. */
  readonly inbox: SipMessage[] = [];
  onInvite: (session: IncomingSession) => void = (session) => {
    session.handler = this.handler;
  };
  optionsStatus: number | undefined;
  mayReplace: UserAgentHandler['mayReplace'];
  private readonly channel: Channel;
  private branches = 0;

  constructor(
    options: Partial<UserAgentOptions> = {},
    protocol: TransportProtocol = 'UDP',
    lookup?: (host: string) => Promise<readonly string[]>,
    parts: Partial<UserAgentParts> = {},
  ) {
    this.transport = new FakeTransport(
      agentAddress,
      (message) => this.inbox.push(message),
      protocol,
    );
    this.channel = this.transport.channel(peerAddress);
    const handler: UserAgentHandler = {
      onInvite: (session) => {
        this.sessions.push(session);
        this.onInvite(session);
      },
      statusForOptions: () => this.optionsStatus ?? 200,
      mayReplace: (request, session) => this.mayReplace?.(request, session) ?? false,
    };
    this.agent = createUserAgent({
      clock: this.clock,
      random: new SeededRandom(7),
      handler,
      options: { sessionExpires: 0, ...options },
      transport: () => this.transport,
      resolver: hostResolver(lookup),
      ...parts,
    });
  }

  /** The only session that the agent has told of. */
  get session(): IncomingSession {
    const session = this.sessions[0];
    if (session === undefined || this.sessions.length !== 1) {
      throw new Error(`${this.sessions.length} sessions`);
    }
    return session;
  }

  request(method: string, parts: RequestParts = {}): SipRequest {
    const { callId = 'call-1', cseq = 1, fromTag = 'peer-tag', body = '' } = parts;
    this.branches += 1;
    const branch = parts.branch ?? `z9hG4bK-peer-${this.branches}`;
    const to = parts.toTag === undefined ? '' : `;tag=${parts.toTag}`;
    const contact = parts.contact === undefined ? '<sip:peer@192.0.2.9:5062>' : parts.contact;
    const headers = new Map<string, string>([
      ['Via', `SIP/2.0/${this.channel.protocol} 192.0.2.9:5062;branch=${branch}`],
      ['Max-Forwards', '70'],
      ['From', `"Peer" <sip:peer@example.com>;tag=${fromTag}`],
      ['To', `<sip:reception@example.com>${to}`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
    ]);
    if (contact !== null) headers.set('Contact', contact);
    if (body !== '') headers.set('Content-Type', parts.bodyType ?? 'application/sdp');
    for (const [name, value] of Object.entries(parts.headers ?? {})) headers.set(name, value);
    let text = `${method} ${parts.uri ?? 'sip:reception@192.0.2.1'} SIP/2.0\r\n`;
    for (const [name, value] of headers) {
      for (const line of value.split('\n')) text += `${name}: ${line}\r\n`;
    }
    text += `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const message = parseMessage(Buffer.from(text));
    if (message.kind !== 'request') throw new Error('not a request');
    return message;
  }

  /** Gives a request to the agent. */
  send(method: string, parts: RequestParts = {}): SipRequest {
    const request = this.request(method, parts);
    this.give(request);
    return request;
  }

  give(request: SipRequest): void {
    this.agent.onRequest(request, this.channel);
  }

  /** Answers a request of the agent's. */
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
    for (const name of ['Via', 'From', 'Call-ID', 'CSeq']) {
      for (const value of request.headers.getAll(name)) lines.push(`${name}: ${value}`);
    }
    const to = request.headers.get('To') ?? '';
    const tag =
      request.to.tag === undefined && status > 100 ? `;tag=${parts.toTag ?? 'peer-tag'}` : '';
    lines.push(`To: ${to}${tag}`);
    if (parts.contact !== null && request.method === 'INVITE' && status < 300) {
      lines.push(`Contact: ${parts.contact ?? '<sip:peer@192.0.2.9:5062>'}`);
    }
    const { body = '' } = parts;
    if (body !== '') lines.push('Content-Type: application/sdp');
    for (const [name, value] of Object.entries(parts.headers ?? {}))
      lines.push(`${name}: ${value}`);
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`, '', body);
    const message = parseMessage(Buffer.from(lines.join('\r\n')));
    if (message.kind !== 'response') throw new Error('not a response');
    this.agent.onResponse(message, this.channel);
    return message;
  }

  /** Takes the next message that the agent has sent. */
  next(): SipMessage {
    const message = this.inbox.shift();
    if (message === undefined) throw new Error('the agent has sent nothing');
    return message;
  }

  nextResponse(status: number): SipResponse {
    const message = this.next();
    if (message.kind !== 'response' || message.status !== status) {
      throw new Error(`wanted ${status}, got\n${serialize(message).toString()}`);
    }
    return message;
  }

  nextRequest(method: string): SipRequest {
    const message = this.next();
    if (message.kind !== 'request' || message.method !== method) {
      throw new Error(`wanted ${method}, got\n${serialize(message).toString()}`);
    }
    return message;
  }

  /** Start lines of all that waits, which is taken. */
  drain(): string[] {
    return this.inbox
      .splice(0)
      .map((each) =>
        each.kind === 'request' ? each.method : `${each.status} ${each.cseq.method}`,
      );
  }

  /** INVITE, 100, 200, ACK: a call that stands. Returns the agent's tag. */
  call(parts: RequestParts = {}): string {
    this.send('INVITE', { body: 'v=offer', ...parts });
    this.nextResponse(100);
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no session');
    session.accept('v=ours');
    this.nextResponse(200);
    this.send('ACK', {
      ...parts,
      toTag: session.localTag,
      contact: null,
      headers: {},
      body: session.offer === undefined ? 'v=their-answer' : '',
    });
    return session.localTag;
  }

  /** Lets every wait state pass, and fails if anything is left: sessions, transactions or timers. */
  async expectNothingLeft(): Promise<void> {
    await this.clock.run(80_000);
    const { openSessions, openTransactions } = this.agent;
    expect({ openSessions, openTransactions, timers: this.clock.pending }).toEqual({
      openSessions: 0,
      openTransactions: 0,
      timers: 0,
    });
  }
}

/** A user agent of the other side, joined to the first by memory: each message arrives at once. */
export class AgentPair {
  readonly clock = new VirtualClock();
  readonly caller: UserAgentCore;
  readonly callee: UserAgentCore;
  readonly sessions: IncomingSession[] = [];
  /** Start lines in the order of sending, `>` from the caller. */
  readonly ladder: string[] = [];
  /** Says which messages are lost. */
  loses: (message: SipMessage, direction: '>' | '<') => boolean = () => false;
  onInvite: (session: IncomingSession) => void = () => undefined;

  /** @param parts of the callee alone. */
  constructor(
    options: Partial<UserAgentOptions> = {},
    parts: (clock: VirtualClock) => Partial<UserAgentParts> = () => ({}),
  ) {
    const { clock } = this;
    const join = (
      direction: '>' | '<',
      from: NetworkAddress,
      to: () => { readonly handler: TransportHandler; readonly back: Channel },
    ): FakeTransport =>
      new FakeTransport(from, (message) => {
        this.ladder.push(
          `${direction} ${message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`}`,
        );
        if (this.loses(message, direction)) return;
        clock.setTimeout(() => {
          const { handler, back } = to();
          if (message.kind === 'request') handler.onRequest(message, back);
          else handler.onResponse(message, back);
        }, 1);
      });
    const callerTransport = join('>', peerAddress, () => ({
      handler: this.callee,
      back: calleeTransport.channel(peerAddress),
    }));
    const calleeTransport = join('<', agentAddress, () => ({
      handler: this.caller,
      back: callerTransport.channel(agentAddress),
    }));
    const shared = { clock, options: { sessionExpires: 0, ...options } };
    this.caller = createUserAgent({
      ...shared,
      random: new SeededRandom(1),
      handler: { onInvite: (session) => session.reject(603) },
      transport: () => callerTransport,
    });
    this.callee = createUserAgent({
      ...shared,
      random: new SeededRandom(2),
      handler: {
        onInvite: (session) => {
          this.sessions.push(session);
          this.onInvite(session);
        },
      },
      transport: () => calleeTransport,
      ...parts(clock),
    });
  }

  async expectNothingLeft(): Promise<void> {
    await this.clock.run(80_000);
    for (const agent of [this.caller, this.callee]) {
      expect([agent.openSessions, agent.openTransactions]).toEqual([0, 0]);
    }
    expect(this.clock.pending).toBe(0);
  }
}
