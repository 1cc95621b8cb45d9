import type { NetworkAddress } from '../../../runtime/core/address';
import type { PlayItem } from '../../../runtime/core/audio';
import type { Clock } from '../../../runtime/core/clock';
import { formatAddress, formatHost } from '../../../runtime/core/address';
import { SeededRandom } from '../../../runtime/core/random';
import type { MediaSession } from '../../../runtime/media/port';
import type { NegotiatedAudio } from '../../../runtime/sdp/port';
import { SdpSession } from '../../../runtime/sdp/session';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type {
  IncomingRefer,
  OutgoingSession,
  RequestOutcome,
  SessionEnd,
} from '../../../runtime/sip/ua/port';
import { UserAgentCore } from '../../../runtime/sip/ua/user-agent';
import { serverAddress, type World } from './world';

/** Thrown in a script whose call has ended: there is nothing left to do. */
export class CallOver extends Error {
  constructor() {
    super('the call is over');
  }
}

/** What a phone needs of the world that it is in. */
export type PhoneWorld = Pick<
  World,
  'clock' | 'network' | 'newHost' | 'onClose' | 'phoneMedia' | 'random'
>;

export interface PhoneOptions {
  readonly host?: string;
  /** Where it calls, when that is not the world's usual address. */
  readonly server?: NetworkAddress;
  /** The user part of the request URI. */
  readonly flow?: string;
  readonly codecs?: readonly ('PCMU' | 'PCMA')[];
  /** Seconds (RFC 4028). */
  readonly sessionExpires?: number;
  /** False: it opens its microphone never, and sends no RTP at all. */
  readonly speaks?: boolean;
}

const silence: PlayItem = { type: 'silence', duration: 1_000 };

/** A telephone that behaves: a user agent and a media session of its own, and one call. */
export class SimulatedPhone {
  readonly host: string;
  readonly progress: number[] = [];
  /** Start lines that our own handler saw: offers of the server's. */
  offers = 0;
  end: SessionEnd | undefined;
  establishedAt: number | undefined;
  /** Frames with sound in them, of all that were heard since {@link hear}. */
  loudFrames = 0;
  /** What a REFER gets. */
  onRefer: (refer: IncomingRefer) => void = (refer) => refer.reject(603);
  private session_: OutgoingSession | undefined;
  private readonly waiting = new Set<() => void>();
  private readonly overListeners: (() => void)[] = [];
  private readonly establishedListeners: (() => void)[] = [];

  private constructor(
    private readonly world: PhoneWorld,
    private readonly options: PhoneOptions,
    private readonly userAgent: UserAgentCore,
    readonly media: MediaSession,
    private readonly sdp: SdpSession,
  ) {
    this.host = media.local.host;
  }

  static async open(world: PhoneWorld, options: PhoneOptions = {}): Promise<SimulatedPhone> {
    const { clock, network } = world;
    const host = options.host ?? world.newHost();
    const random = new SeededRandom(hostNumber(host) + world.random(5).uint32());
    const userAgent = new UserAgentCore({
      clock,
      random,
      handler: { onInvite: (session) => session.reject(486) },
      options: {
        product: 'simulated phone',
        ringTimeout: 60_000,
        ...(options.sessionExpires === undefined ? {} : { sessionExpires: options.sessionExpires }),
      },
    });
    const transport = await createTransportLayer({
      clock,
      random,
      network,
      handler: userAgent,
      listen: [{ protocol: 'UDP', host, port: 5060 }],
    });
    userAgent.attach(transport);
    const media = await world.phoneMedia.createSession({
      localHost: host,
      handler: { onDigit: () => undefined, onTimeout: () => undefined },
    });
    const sdp = new SdpSession(
      { host, port: media.local.port, sessionId: String(random.uint32()) },
      {
        codecs: options.codecs ?? ['PCMU', 'PCMA'],
        preference: 'ours',
        ptime: 20,
        telephoneEvent: true,
      },
    );
    world.onClose(async () => {
      await userAgent.close();
      void media.close();
      await transport.close();
    });
    return new SimulatedPhone(world, options, userAgent, media, sdp);
  }

  get clock(): Clock {
    return this.world.clock;
  }

  get session(): OutgoingSession {
    if (this.session_ === undefined) throw new Error('nothing was dialled');
    return this.session_;
  }

  get callId(): string {
    return this.session.callId;
  }

  /** Where the server's RTP comes from, once it is known. */
  get serverMedia(): NetworkAddress {
    const { current } = this.sdp;
    if (current === undefined) throw new Error('there is no media yet');
    return current.remote.rtp;
  }

  dial(): this {
    const { sdp, options } = this;
    this.session_ = this.userAgent.invite({
      to: `sip:${options.flow ?? 'reception'}@${formatAddress(options.server ?? serverAddress)}`,
      from: `sip:caller@${formatHost(this.host)}`,
      sdp: sdp.offer(),
      handler: {
        onProgress: (status) => this.progress.push(status),
        onAnswer: (answer) => {
          const result = sdp.accept(answer);
          if (result.type === 'accepted') this.media.configure(result.audio);
          return result.type === 'accepted';
        },
        onEstablished: () => this.established(),
        onOffer: (offer) => {
          this.offers += 1;
          const answer = sdp.answer(offer);
          if (answer.type === 'answer') this.media.configure(answer.audio);
          return answer;
        },
        onOfferWanted: () => sdp.offer(),
        onInfo: () => 200,
        onRefer: (refer) => this.onRefer(refer),
        onEnded: (end) => this.ended(end),
      },
    });
    return this;
  }

  /** Resolves when the call is answered, {@link CallOver} when it never will be. */
  answered(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.end !== undefined) reject(new CallOver());
      else if (this.establishedAt !== undefined) resolve();
      else {
        this.establishedListeners.push(resolve);
        this.waiting.add(() => reject(new CallOver()));
      }
    });
  }

  /** Resolves when the call is over for this end. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      if (this.end !== undefined) resolve();
      else this.overListeners.push(resolve);
    });
  }

  wait(duration: number): Promise<void> {
    const { clock, waiting } = this;
    return new Promise((resolve, reject) => {
      if (this.end !== undefined) {
        reject(new CallOver());
        return;
      }
      const stop = (): void => {
        clock.clearTimeout(timer);
        reject(new CallOver());
      };
      const timer = clock.setTimeout(() => {
        waiting.delete(stop);
        resolve();
      }, duration);
      waiting.add(stop);
    });
  }

  /** By RFC 4733. */
  async press(digits: string): Promise<void> {
    try {
      await this.media.sendDigits(digits, 120, 80);
    } catch (error) {
      if (this.end !== undefined) throw new CallOver();
      throw error;
    }
  }

  /** By SIP INFO. */
  pressByInfo(digit: string): Promise<RequestOutcome> {
    return this.session.info('application/dtmf-relay', `Signal=${digit}\r\nDuration=160\r\n`);
  }

  /** With `blackhole` as phones did it before RFC 3264: the connection address becomes 0.0.0.0. */
  hold(style: 'sendonly' | 'inactive' | 'blackhole'): Promise<RequestOutcome> {
    if (style !== 'blackhole') return this.reoffer(this.sdp.offer({ direction: style }));
    return this.reoffer(this.sdp.offer().replace(/c=IN IP4 \S+/g, 'c=IN IP4 0.0.0.0'));
  }

  resume(): Promise<RequestOutcome> {
    return this.reoffer(this.sdp.offer({ direction: 'sendrecv' }));
  }

  /** Says something, then is silent again. */
  speak(duration: number): void {
    const tone = { frequencies: [300, 510], cadence: [], duration, level: -12 };
    this.media.play([{ type: 'tone', tone }]);
    this.wait(duration).then(
      () => this.beSilent(),
      () => undefined,
    );
  }

  hear(): void {
    this.media.listen((frame) => {
      if (frame.some((sample) => Math.abs(sample) > 200)) this.loudFrames += 1;
    });
  }

  hangUp(): void {
    this.session.end();
  }

  get audio(): NegotiatedAudio | undefined {
    return this.sdp.current;
  }

  private reoffer(sdp: string): Promise<RequestOutcome> {
    return this.session.reoffer(sdp);
  }

  private established(): void {
    this.establishedAt = this.clock.now();
    if (this.options.speaks !== false) this.beSilent();
    for (const listener of this.establishedListeners.splice(0)) listener();
  }

  private beSilent(): void {
    this.media.play([silence], { loop: Infinity });
  }

  private ended(end: SessionEnd): void {
    this.end = end;
    void this.media.close();
    for (const stop of this.waiting) stop();
    this.waiting.clear();
    for (const listener of this.overListeners.splice(0)) listener();
  }
}

function hostNumber(host: string): number {
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}
