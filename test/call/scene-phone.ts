import { formatAddress, formatHost, type NetworkAddress } from '../../runtime/core/address';
import type { Clock } from '../../runtime/core/clock';
import { SeededRandom } from '../../runtime/core/random';
import type { InlineMediaEngine } from '../../runtime/media/engine';
import type { MediaSession } from '../../runtime/media/port';
import type { CodecName, NegotiatedAudio } from '../../runtime/sdp/port';
import { SdpSession } from '../../runtime/sdp/session';
import { createTransportLayer } from '../../runtime/sip/transport/layer';
import type {
  ExtraHeader,
  IncomingRefer,
  IncomingSession,
  RequestOutcome,
  Session,
  SessionEnd,
  SessionHandler,
} from '../../runtime/sip/ua/port';
import { UserAgentCore } from '../../runtime/sip/ua/user-agent';
import type { SimulatedNetwork } from '../support/simulated-network';
import { Ear, sound } from './scene-sounds';

export interface ScenePhoneOptions {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly engine: InlineMediaEngine;
  readonly host: string;
  /** What it says all the time, once it may. */
  readonly voice: string;
  readonly codecs?: readonly CodecName[];
  readonly telephoneEvent?: boolean;
  /** Seconds (RFC 4028); none when absent. */
  readonly sessionExpires?: number;
}

/** A telephone with a user agent and media of its own, which calls and is called. */
export class ScenePhone {
  /** Calls that came in, the latest last. */
  readonly received: PhoneCall[] = [];
  /** What it does with a call that comes in; it only rings when absent. */
  onCall: (call: PhoneCall) => void = (call) => call.ring();

  private constructor(
    readonly options: ScenePhoneOptions,
    readonly userAgent: UserAgentCore,
    private readonly closeTransport: () => Promise<void>,
  ) {}

  static async open(options: ScenePhoneOptions): Promise<ScenePhone> {
    const { clock, network, host } = options;
    const random = new SeededRandom(
      Buffer.from(host).reduce((sum, byte) => sum * 31 + byte, 7) >>> 0,
    );
    let arrive: (session: IncomingSession) => void = () => undefined;
    const userAgent = new UserAgentCore({
      clock,
      random,
      handler: { onInvite: (session) => arrive(session) },
      options: { product: 'scene phone', sessionExpires: options.sessionExpires ?? 0 },
    });
    const transport = await createTransportLayer({
      clock,
      random,
      network,
      handler: userAgent,
      listen: [{ protocol: 'UDP', host, port: 5060 }],
    });
    userAgent.attach(transport);
    const phone = new ScenePhone(options, userAgent, () => transport.close());
    arrive = (session) => {
      const call = new PhoneCall(phone, session);
      phone.received.push(call);
      session.handler = call.handler;
      // As a phone does: it takes its ports before it says anything.
      void call.open().then(() => {
        if (call.end === undefined) phone.onCall(call);
      });
    };
    return phone;
  }

  get uri(): string {
    return `sip:phone@${formatHost(this.options.host)}`;
  }

  /** The call that came in last. */
  get call(): PhoneCall {
    const call = this.received.at(-1);
    if (call === undefined) throw new Error(`nobody has called ${this.options.host}`);
    return call;
  }

  async dial(server: NetworkAddress, user = 'reception'): Promise<PhoneCall> {
    const call = new PhoneCall(this);
    await call.open();
    call.session = this.userAgent.invite({
      to: `sip:${user}@${formatAddress(server)}`,
      from: `sip:alice@${this.options.host}`,
      displayName: 'Alice',
      sdp: call.sdp.offer(),
      handler: call.handler,
    });
    return call;
  }

  async close(): Promise<void> {
    await this.userAgent.close();
    await this.closeTransport();
  }
}

/** One call of a phone, on its end of it. */
export class PhoneCall {
  readonly progress: number[] = [];
  /** Descriptions that the server offered in the call, and their directions. */
  readonly offered: string[] = [];
  readonly digits: string[] = [];
  readonly infos: string[] = [];
  readonly ear = new Ear();
  established = false;
  /** Whether an offer in the call is taken. */
  takesOffers = true;
  end: SessionEnd | undefined;
  readonly refers: IncomingRefer[] = [];
  private session_: Session | undefined;
  private media_: MediaSession | undefined;
  private sdp_: SdpSession | undefined;
  private early = false;

  constructor(
    readonly phone: ScenePhone,
    private readonly incoming?: IncomingSession,
  ) {
    this.session_ = incoming;
  }

  get session(): Session {
    if (this.session_ === undefined) throw new Error('no session');
    return this.session_;
  }

  set session(session: Session) {
    this.session_ = session;
  }

  get sdp(): SdpSession {
    if (this.sdp_ === undefined) throw new Error('not open');
    return this.sdp_;
  }

  get media(): MediaSession {
    if (this.media_ === undefined) throw new Error('not open');
    return this.media_;
  }

  /** What a call that came in offered. */
  get offer(): string {
    return this.server.offer ?? '';
  }

  get audio(): NegotiatedAudio | undefined {
    return this.sdp_?.current;
  }

  /** The sounds that it hears now. */
  get hears(): string[] {
    return this.ear.sounds;
  }

  readonly handler: SessionHandler = {
    onOffer: (offer) => {
      this.offered.push(/a=(sendrecv|sendonly|recvonly|inactive)/.exec(offer)?.[1] ?? '');
      if (!this.takesOffers) return { type: 'reject', status: 488 };
      const answer = this.sdp.answer(offer);
      if (answer.type === 'answer') this.media.configure(answer.audio);
      return answer;
    },
    onOfferWanted: () => this.sdp.offer(),
    onAnswer: (answer) => {
      // The answer of a 183 is repeated in the 200.
      const result = this.early ? undefined : this.sdp.accept(answer);
      if (result?.type === 'accepted') this.media.configure(result.audio);
      return result?.type !== 'refused';
    },
    onProgress: (status, answer) => {
      this.progress.push(status);
      if (answer === undefined || this.early) return;
      const result = this.sdp.accept(answer);
      if (result.type !== 'accepted') return;
      this.early = true;
      this.media.configure(result.audio);
    },
    onEstablished: () => {
      this.established = true;
      this.speak();
    },
    onInfo: (request) => {
      this.infos.push(Buffer.from(request.body).toString('latin1'));
      return 200;
    },
    onRefer: (refer) => {
      this.refers.push(refer);
      refer.reject(603);
    },
    onEnded: (end) => {
      this.end = end;
      void this.media_?.close();
    },
  };

  async open(): Promise<void> {
    const { engine, host, codecs, telephoneEvent } = this.phone.options;
    const media = await engine.createSession({
      localHost: host,
      handler: { onDigit: (digit) => this.digits.push(digit), onTimeout: () => undefined },
    });
    this.media_ = media;
    media.listen((frame) => this.ear.hear(frame));
    this.sdp_ = new SdpSession(
      { host, port: media.local.port, sessionId: String(media.local.port) },
      {
        codecs: codecs ?? ['PCMU', 'PCMA'],
        preference: 'ours',
        ptime: 20,
        telephoneEvent: telephoneEvent ?? true,
      },
    );
    if (this.end !== undefined) void media.close();
  }

  // A call that came in.

  ring(): void {
    this.server.provisional(180, { reliable: 'never' });
  }

  /** 183 with the phone's voice before the answer. */
  ringWithSound(): void {
    this.server.provisional(183, { sdp: this.describe(), reliable: 'never' });
    this.speak();
  }

  answer(): void {
    this.server.accept(this.describe());
  }

  provisional(status: number): void {
    this.server.provisional(status, { reliable: 'never' });
  }

  reject(status: number, reason?: string, headers: readonly ExtraHeader[] = []): void {
    this.server.reject(status, { headers, ...(reason === undefined ? {} : { reason }) });
  }

  redirect(status: number, contacts: readonly string[]): void {
    this.server.reject(status, { contacts });
  }

  // Any call.

  speak(): void {
    this.media.play([sound(this.phone.options.voice, 1_000)], { loop: Infinity });
  }

  hangUp(): void {
    this.session.end();
  }

  press(digits: string): Promise<void> {
    return this.media.sendDigits(digits, 120, 80);
  }

  pressByInfo(digit: string): Promise<RequestOutcome> {
    return this.session.info('application/dtmf-relay', `Signal=${digit}\r\nDuration=160\r\n`);
  }

  reoffer(direction: 'sendrecv' | 'sendonly' | 'inactive'): Promise<RequestOutcome> {
    return this.session.reoffer(this.sdp.offer({ direction }));
  }

  /** A re-INVITE with another port, as a phone sends it that has changed its network. */
  async moveSound(): Promise<RequestOutcome> {
    const { engine, host } = this.phone.options;
    const before = this.media;
    const media = await engine.createSession({
      localHost: host,
      handler: { onDigit: (digit) => this.digits.push(digit), onTimeout: () => undefined },
    });
    this.ear.clear();
    media.listen((frame) => this.ear.hear(frame));
    this.media_ = media;
    void before.close();
    const offer = this.sdp.offer().replace(/m=audio \d+/, `m=audio ${media.local.port}`);
    const outcome = await this.session.reoffer(offer);
    this.speak();
    return outcome;
  }

  private answered: string | undefined;

  private describe(): string {
    if (this.answered !== undefined) return this.answered;
    const { offer } = this.server;
    if (offer === undefined) throw new Error('no offer');
    const answer = this.sdp.answer(offer);
    if (answer.type !== 'answer') throw new Error('no answer');
    this.media.configure(answer.audio);
    this.answered = answer.sdp;
    return answer.sdp;
  }

  private get server(): IncomingSession {
    if (this.incoming === undefined) throw new Error('not a call that came in');
    return this.incoming;
  }
}
