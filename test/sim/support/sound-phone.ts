import { formatAddress } from '../../../runtime/core/address';
import type { AudioClip, CodecName } from '../../../runtime/core/audio';
import { SeededRandom, type Random } from '../../../runtime/core/random';
import type { InlineMediaEngine } from '../../../runtime/media/engine';
import type { MediaSession } from '../../../runtime/media/port';
import type { NegotiatedAudio } from '../../../runtime/sdp/port';
import { SdpSession } from '../../../runtime/sdp/session';
import { createTransportLayer } from '../../../runtime/sip/transport/layer';
import type {
  ExtraHeader,
  IncomingSession,
  RequestOutcome,
  Session,
  SessionEnd,
  SessionHandler,
} from '../../../runtime/sip/ua/port';
import { UserAgentCore } from '../../../runtime/sip/ua/user-agent';
import type { Melody } from './melody';
import { pitchOf, SoundDiary } from './melody';
import type { Terminal } from './terminal';
import { serverAddress, type World } from './world';

/** What all sound phones of a world share. */
export interface SoundPhones {
  readonly world: World;
  readonly engine: InlineMediaEngine;
}

/**
 * A telephone with one call, that it makes or takes, in whatever codecs and keys its terminal has; it knows what it
 * says, and writes down what it hears.
 */
export class SoundPhone {
  readonly heard = new SoundDiary();
  readonly digits: string[] = [];
  /** Milliseconds between its answers and the ring before them; it answers by itself. */
  answersAfter = 500;
  end: SessionEnd | undefined;
  established = false;
  private session_: Session | undefined;
  private sdp: SdpSession;
  private codecs: readonly CodecName[];
  private described = '';
  private version = 0;
  private answerSdp: string | undefined;
  private said: 'nothing' | 'melody' | 'hum' = 'nothing';
  private note = 0;
  private untap: (() => void) | undefined;
  private unhear: (() => void) | undefined;
  private readonly random: Random;

  private constructor(
    private readonly phones: SoundPhones,
    readonly host: string,
    readonly terminal: Terminal,
    readonly melody: Melody,
    private readonly userAgent: UserAgentCore,
    private media_: MediaSession,
  ) {
    this.random = new SeededRandom(Number(host.replaceAll('.', '')) + phones.world.seed);
    this.codecs = terminal.codecs;
    this.sdp = this.describe();
    this.listen();
  }

  static async open(
    phones: SoundPhones,
    terminal: Terminal,
    melody: Melody,
    host = phones.world.newHost(),
  ): Promise<SoundPhone> {
    const { world, engine } = phones;
    const { clock, network } = world;
    const random = new SeededRandom(Number(host.replaceAll('.', '')) + 7 * world.seed);
    let phone: SoundPhone | undefined = undefined;
    const userAgent = new UserAgentCore({
      ...{ clock, random },
      handler: { onInvite: (session) => phone?.ring(session) },
      options: { product: 'sound phone', sessionExpires: 0 },
    });
    const transport = await createTransportLayer({
      ...{ clock, random, network, handler: userAgent },
      listen: [{ protocol: 'UDP', host, port: 5060 }],
    });
    userAgent.attach(transport);
    const media = await engine.createSession({
      localHost: host,
      handler: {
        onDigit: (digit) => phone?.digits.push(digit),
        onTimeout: () => undefined,
      },
    });
    const opened = new SoundPhone(phones, host, terminal, melody, userAgent, media);
    phone = opened;
    world.onClose(async () => {
      await userAgent.close();
      opened.closeMedia();
      await transport.close();
    });
    return opened;
  }

  get uri(): string {
    return `sip:phone@${this.host}`;
  }

  get callId(): string {
    return this.session.callId;
  }

  get audio(): NegotiatedAudio | undefined {
    return this.sdp.current;
  }

  /** Where the server's RTP comes from. */
  get serverMedia(): NegotiatedAudio['remote']['rtp'] {
    const { current } = this.sdp;
    if (current === undefined) throw new Error('there is no media yet');
    return current.remote.rtp;
  }

  get media(): MediaSession {
    return this.media_;
  }

  get session(): Session {
    if (this.session_ === undefined) throw new Error('nobody has called');
    return this.session_;
  }

  dial(flow: string, headers: readonly ExtraHeader[] = []): void {
    this.session_ = this.userAgent.invite({
      to: `sip:${flow}@${formatAddress(serverAddress)}`,
      from: this.uri,
      sdp: this.written(this.sdp.offer()),
      headers,
      handler: this.handler,
    });
  }

  /** Sings all the time from now on. */
  sing(): void {
    this.say('melody');
  }

  /** One note, all the time. */
  hum(note: number): void {
    this.note = note;
    this.say('hum');
  }

  /** Says this once, then is silent. */
  speak(clip: AudioClip): void {
    this.media_.play([
      { type: 'clip', clip },
      { type: 'silence', duration: 60_000 },
    ]);
  }

  /** Sends silence. */
  beSilent(): void {
    this.say('nothing');
  }

  /** Sends nothing at all. */
  stopSending(): void {
    this.media_.play([]);
  }

  /** Writes down what it hears, as it does at first, or does not for now: that costs more than the call itself. */
  hear(hears: boolean): void {
    this.unhear?.();
    this.unhear = undefined;
    if (hears) this.listen();
  }

  /** In whichever way the terminal does it. Resolves when the key is up. */
  async press(digit: string): Promise<void> {
    const { keys } = this.terminal;
    const { telephoneEvent } = this.audio ?? {};
    if (keys === 'info') {
      await this.session.info('application/dtmf-relay', `Signal=${digit}\r\nDuration=120\r\n`);
    } else {
      const form = keys === 'event' && telephoneEvent !== undefined ? 'event' : 'inband';
      await this.media.sendDigits(digit, 120, 120, form);
    }
  }

  hold(style: 'sendonly' | 'inactive' | 'blackhole'): Promise<RequestOutcome> {
    if (style !== 'blackhole') return this.reoffer(this.sdp.offer({ direction: style }));
    return this.reoffer(this.sdp.offer().replace(/c=IN IP4 \S+/g, 'c=IN IP4 0.0.0.0'));
  }

  resume(): Promise<RequestOutcome> {
    return this.reoffer(this.sdp.offer({ direction: 'sendrecv' }));
  }

  /** A re-INVITE that wants other codecs. */
  changeCodecs(codecs: readonly CodecName[]): Promise<RequestOutcome> {
    this.codecs = codecs;
    this.sdp = this.describe();
    return this.reoffer(this.sdp.offer());
  }

  /** A re-INVITE from another port, or another host, with keys that are new in any case. */
  async move(host = this.host): Promise<RequestOutcome> {
    const before = this.media_;
    this.untap?.();
    this.untap = undefined;
    this.media_ = await this.phones.engine.createSession({
      localHost: host,
      handler: { onDigit: (digit) => this.digits.push(digit), onTimeout: () => undefined },
    });
    this.sdp = this.describe();
    this.listen();
    const outcome = await this.reoffer(this.sdp.offer());
    this.say(this.said);
    // What was on its way to the old port has come.
    await this.phones.world.after(100);
    void before.close();
    return outcome;
  }

  hangUp(): void {
    this.session.end();
  }

  private readonly handler: SessionHandler = {
    onOffer: (offer) => {
      const answer = this.sdp.answer(offer);
      if (answer.type === 'answer') this.media_.configure(answer.audio);
      return answer.type === 'answer' ? { ...answer, sdp: this.written(answer.sdp) } : answer;
    },
    onOfferWanted: () => this.written(this.sdp.offer()),
    onAnswer: (answer) => {
      const result = this.sdp.accept(answer);
      if (result.type === 'accepted') this.media_.configure(result.audio);
      return result.type === 'accepted';
    },
    onEstablished: () => {
      this.established = true;
      this.say(this.said);
    },
    onInfo: ({ body }) => {
      // A key of the other leg that cannot be heard otherwise.
      const [, digit] = /Signal=(\S)/.exec(Buffer.from(body).toString('latin1')) ?? [];
      if (digit !== undefined) this.digits.push(digit);
      return 200;
    },
    onEnded: (end) => {
      this.end = end;
      this.closeMedia();
    },
  };

  private ring(session: IncomingSession): void {
    this.session_ = session;
    session.handler = this.handler;
    session.provisional(180, { reliable: 'never' });
    this.phones.world.clock.setTimeout(() => {
      if (this.end !== undefined || session.offer === undefined) return;
      const answer = this.sdp.answer(session.offer);
      if (answer.type !== 'answer') {
        session.reject(answer.status);
        return;
      }
      this.media_.configure(answer.audio);
      this.answerSdp ??= this.written(answer.sdp);
      session.accept(this.answerSdp);
    }, this.answersAfter);
  }

  private reoffer(sdp: string): Promise<RequestOutcome> {
    return this.session.reoffer(this.written(sdp));
  }

  /** RFC 3264 §8: the version of what we describe counts by one, whichever part of us has described it. */
  private written(sdp: string): string {
    const text = this.withSuite(sdp);
    const body = text.replace(/^o=.*$/m, '');
    if (body !== this.described) this.version += 1;
    this.described = body;
    return text.replace(/^(o=\S+) \S+ \S+/m, `$1 1 ${this.version}`);
  }

  /** An offer with every suite has one instead. */
  private withSuite(sdp: string): string {
    const lines = sdp.split('\r\n');
    const keys = lines.filter((line) => line.startsWith('a=crypto:'));
    if (keys.length < 2) return sdp;
    const liked = keys.find((line) => line.includes(` ${this.terminal.suite} `)) ?? keys[0];
    return lines.filter((line) => line === liked || !keys.includes(line)).join('\r\n');
  }

  private describe(): SdpSession {
    const { preference, ptime, keys, srtp, rtcpMux } = this.terminal;
    return new SdpSession(
      { host: this.media_.local.host, port: this.media_.local.port, sessionId: '1' },
      {
        codecs: this.codecs,
        ...{ preference, ptime, rtcpMux },
        telephoneEvent: keys === 'event',
        comfortNoise: true,
        security: { policy: srtp, keys: 'sdes', opportunistic: true, random: this.random },
      },
    );
  }

  private listen(): void {
    if (this.terminal.taps) this.tap();
    else this.unhear = this.media_.listen((frame) => this.heard.hear(frame));
  }

  /** Both ways through a tap: what was read is written down, and what is sung is written each 20 ms. */
  private tap(): void {
    const tap = this.media_.tap({ sampleRate: 8_000, hear: 'peer' });
    const frame = new Int16Array(tap.frameSize);
    let at = 0;
    tap.onReadable = () => {
      while (tap.read(frame)) {
        this.heard.hear(frame);
        if (this.said !== 'melody') continue;
        const { samples } = this.melody.clip;
        at += tap.write(samples.subarray(at, at + frame.length));
        if (at >= samples.length) at = 0;
      }
    };
    this.untap = () => tap.close();
  }

  private say(what: 'nothing' | 'melody' | 'hum'): void {
    this.said = what;
    if (!this.established || this.end !== undefined) return;
    if (what === 'melody' && this.untap !== undefined) {
      // What the tap gives is heard behind a prompt only.
      this.media_.play([]);
    } else if (what === 'melody') {
      this.media_.play([{ type: 'clip', clip: this.melody.clip }], { loop: Infinity });
    } else if (what === 'hum') {
      const frequencies = [pitchOf(this.note)];
      const tone = { frequencies, cadence: [], duration: 1_000, level: -12 };
      this.media_.play([{ type: 'tone', tone }], { loop: Infinity });
    } else {
      this.media_.play([{ type: 'silence', duration: 1_000 }], { loop: Infinity });
    }
  }

  private closeMedia(): void {
    this.untap?.();
    this.untap = undefined;
    void this.media_.close();
  }
}
