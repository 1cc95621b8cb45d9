import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RealClock } from '../../core/clock';
import { type Random, SecureRandom } from '../../core/random';
import type { PlayItem } from '../../core/audio';
import { InlineMediaEngine } from '../../media/engine';
import { createDtlsCertificate } from '../../media/srtp/certificate';
import type { DigitForm, MediaSession, MediaStatistics } from '../../media/port';
import { UdpNetwork } from '../../media/udp-network';
import type { CodecName, SecurityCapabilities, SrtpKeys } from '../../sdp/port';
import { SdpSession } from '../../sdp/session';
import { createTransportLayer } from '../../sip/transport/layer';
import type { TransportLayer } from '../../sip/transport/port';
import type { OutgoingSession, SessionEnd } from '../../sip/ua/port';
import type { Resolver } from '../../sip/resolve/port';
import { createResolver } from '../../sip/resolve/resolver';
import { systemDns } from '../../sip/resolve/system-dns';
import { UserAgentCore } from '../../sip/ua/user-agent';
import { readTarget } from './address';

export interface PhoneOptions {
  readonly to: string;
  readonly from: string;
  readonly codecs: readonly CodecName[];
  /** Nothing but SRTP, with keys by SDP or by DTLS; plain RTP when absent. */
  readonly srtp?: SrtpKeys | undefined;
  /** How keys are sent; as the other end takes them when absent. */
  readonly dtmf?: DigitForm | undefined;
  /** Milliseconds until it gives up an unanswered call. */
  readonly ringTimeout: number;
  readonly version: string;
  readonly onRinging: (status: number) => void;
  readonly onAnswered: () => void;
  readonly onKey: (digit: string) => void;
  /** The other end put the call on hold, or took it back. */
  readonly onHold: (held: boolean) => void;
  readonly onTransferAsked: (to: string) => void;
  /** Each 20 ms that are heard. */
  readonly onFrame: (frame: Int16Array) => void;
}

export interface PhoneResult {
  /** The SIP Call-ID, by which the server's `callchart trace` finds the call. */
  readonly callId: string;
  readonly answered: boolean;
  readonly end: SessionEnd;
  /** Milliseconds from the answer to the end. */
  readonly talked: number;
  readonly media: MediaStatistics;
}

/** How long the other end may take to answer a BYE or a CANCEL, in milliseconds. */
const patience = 2_000;

/** Silence that never ends: a phone that sends nothing at all would be taken for gone. */
const silence: PlayItem = { type: 'silence', duration: 1_000 };

/** One call from this machine: a user agent and a media session of their own. */
export class Phone {
  readonly done: Promise<PhoneResult>;
  private readonly clock = new RealClock();
  private resolve: (result: PhoneResult) => void = () => undefined;
  private answeredAt: number | undefined;
  private session: OutgoingSession | undefined;

  private constructor(
    private readonly options: PhoneOptions,
    private readonly parts: {
      readonly userAgent: UserAgentCore;
      readonly resolver: Resolver;
      readonly transport: TransportLayer;
      readonly engine: InlineMediaEngine;
      readonly media: MediaSession;
    },
    private readonly sdp: SdpSession,
  ) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    parts.media.listen(options.onFrame);
  }

  /** Opens its ports and dials. */
  static async dial(options: PhoneOptions): Promise<Phone> {
    const target = readTarget(options.to);
    const clock = new RealClock();
    const random = new SecureRandom();
    const host = await localHostFor(target.host);
    const resolver = createResolver({
      dns: systemDns(),
      clock,
      random,
      sendable: (protocol, family = isIP(host) === 6 ? 6 : 4) => transport.serves(protocol, family),
    });
    const userAgent = new UserAgentCore({
      clock,
      random,
      // It only calls: a call that comes in is refused.
      handler: { onInvite: (session) => session.reject(486) },
      options: {
        product: `Callchart/${options.version} (test phone)`,
        ringTimeout: options.ringTimeout,
      },
      resolver,
    });
    const transport = await createTransportLayer({
      clock,
      random,
      handler: userAgent,
      listen: [
        { protocol: 'UDP', host, port: 0 },
        { protocol: 'TCP', host, port: 0 },
      ],
    });
    userAgent.attach(transport);
    const engine = new InlineMediaEngine({
      clock,
      random,
      network: new UdpNetwork({ clock, random, portRange: { first: 40_000, last: 49_999 } }),
      mediaTimeout: 0,
      ...(options.srtp === 'dtls' ? { certificate: createDtlsCertificate(clock.now()) } : {}),
    });
    const media = await engine.createSession({
      localHost: host,
      handler: { onDigit: options.onKey, onTimeout: () => undefined },
    });
    const sdp = new SdpSession(
      { host: media.local.host, port: media.local.port, sessionId: String(random.uint32()) },
      {
        codecs: options.codecs,
        ...{ preference: 'ours', ptime: 20, comfortNoise: true, rtcpMux: true },
        // Without events agreed on, the other end has to hear the keys.
        telephoneEvent: options.dtmf !== 'inband',
        ...(options.srtp === undefined ? {} : { security: security(options.srtp, engine, random) }),
      },
    );
    const phone = new Phone(options, { userAgent, resolver, transport, engine, media }, sdp);
    phone.invite();
    return phone;
  }

  /** Milliseconds since the answer; undefined before it. */
  get talking(): number | undefined {
    return this.answeredAt === undefined ? undefined : this.clock.now() - this.answeredAt;
  }

  get media(): MediaSession {
    return this.parts.media;
  }

  /** What is spoken; undefined before anything was agreed. */
  get codec(): CodecName | undefined {
    return this.sdp.current?.codec.name;
  }

  press(digits: string): Promise<void> {
    return this.media.sendDigits(digits, 120, 80, this.options.dtmf);
  }

  /** Speaks once, then is silent again. */
  speak(items: readonly PlayItem[]): void {
    void this.media.play(items).done.then(({ type }) => {
      if (type === 'completed') this.beSilent();
    });
  }

  hangUp(): void {
    this.session?.end();
  }

  /**
   * Gives the ports back. Waits a moment for the answer to the last message, but not as long as SIP would
   * (RFC 3261 §17.1.2.2: 32 s) for somebody who is not there; then timers of it are left.
   */
  async close(): Promise<void> {
    await Promise.race([this.parts.userAgent.close(), delay(patience)]);
    await this.parts.engine.close();
    this.parts.resolver.close();
    await this.parts.transport.close();
  }

  private invite(): void {
    const { options, sdp, parts } = this;
    let held = false;
    const take = (): void => {
      const { current } = sdp;
      if (current === undefined) return;
      parts.media.configure(current);
      if (current.held !== held) options.onHold(current.held);
      held = current.held;
    };
    // One offer may be answered more than once: by a 183 and then by the 200, or by each branch of a fork (RFC 3261
    // §13.2.1).
    let offered = true;
    const accept = (answer: string): boolean => {
      if (!offered) sdp.offer();
      offered = false;
      const accepted = sdp.accept(answer).type === 'accepted';
      if (accepted) take();
      return accepted;
    };
    this.session = parts.userAgent.invite({
      to: options.to,
      from: options.from,
      sdp: sdp.offer(),
      handler: {
        onProgress: (status, answer) => {
          if (answer !== undefined) accept(answer);
          options.onRinging(status);
        },
        onAnswer: accept,
        onEstablished: () => {
          this.answeredAt = this.clock.now();
          this.beSilent();
          options.onAnswered();
        },
        onOffer: (offer) => {
          const answer = sdp.answer(offer);
          if (answer.type === 'answer') take();
          return answer;
        },
        onOfferWanted: () => {
          offered = true;
          return sdp.offer();
        },
        onInfo: () => 200,
        onRefer: (refer) => {
          options.onTransferAsked(refer.target);
          refer.reject(603);
        },
        onEnded: (end) => this.ended(end),
      },
    });
  }

  private beSilent(): void {
    this.media.play([silence], { loop: Infinity });
  }

  private ended(end: SessionEnd): void {
    const talked = this.talking ?? 0;
    const answered = this.answeredAt !== undefined;
    const callId = this.session?.callId ?? '';
    void this.media.close().then((media) => {
      this.resolve({ callId, answered, end, talked, media });
    });
  }
}

function security(keys: SrtpKeys, engine: InlineMediaEngine, random: Random): SecurityCapabilities {
  const { fingerprint } = engine;
  return { policy: 'required', keys, opportunistic: false, fingerprint, random };
}

/** The local address to use: loopback for loopback, else whatever routing chooses. */
async function localHostFor(host: string): Promise<string> {
  const address = isIP(host) === 0 ? (await lookup(host)).address : host;
  const v6 = isIP(address) === 6;
  if (v6) return address === '::1' ? '::1' : '::';
  return address.startsWith('127.') ? '127.0.0.1' : '0.0.0.0';
}
