import type { NetworkAddress } from '../core/address';
import type { PlayItem, ToneSpec } from '../core/audio';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { token, type Random } from '../core/random';
import type { BridgeEnd } from './bridge-end';
import { Detection } from './detect/detection';
import type { CodecFormat } from './codec/port';
import type { HeldKey } from './dtmf/event-sender';
import { PressFilter, type PressSource } from './dtmf/press-filter';
import type { EncodedClips } from './encoded-clips';
import { Ears, type FrameListener, type FrameListenerOptions } from './ears';
import { FeedSource } from './feed-source';
import type { FrameFeed } from './frame-feed';
import { OwnEars, type OwnFrameListener } from './own-ears';
import type { Pacer, PacerSeat } from './pacer';
import { Player } from './player';
import type {
  CodecName,
  DetectOptions,
  DigitForm,
  MachineDetection,
  MachineOptions,
  MediaTap,
  TapOptions,
  MediaHandler,
  MediaParameters,
  MediaReceiver,
  MediaSession,
  MediaSessionOptions,
  MediaSockets,
  MediaStatistics,
  OpenPlayback,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingOptions,
} from './port';
import type { RecordingFiles } from './recording-files';
import { RtcpLink } from './rtcp-link';
import { RtpInput } from './rtp-input';
import { RtpOutput } from './rtp-output';
import type { RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import { SessionEcho } from './session-echo';
import { SessionRecordings } from './session-recordings';
import { SilenceWatch } from './silence-watch';
import { SourceLatch } from './source-latch';
import type { DtlsCertificate } from './srtp/certificate';
import { SecureSockets } from './srtp/secure-sockets';
import { SessionTaps } from './tap-pump';

/** What a session gets from its engine. */
export interface SessionContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** 20 ms: whoever sends or listens has a seat. */
  readonly pacer: Pacer;
  /** A second: every session has a seat, for RTCP and time-outs. */
  readonly housekeeper: Pacer;
  /** Encodings of prompts, shared by all sessions. */
  readonly clips: EncodedClips;
  readonly files: RecordingFiles;
  /** Milliseconds without RTP that count as lost; 0 never. */
  readonly mediaTimeout: number;
  /** Whether a peer behind NAT may send from another host than it announced. */
  readonly anyHost: boolean;
  /** What DTLS shows of us. */
  readonly certificate: DtlsCertificate | undefined;
  onRecording(recording: Recording): void;
  onClosed(session: RtpSession): void;
}

/**
 * The audio of one leg, without a socket or a timer of its own: packets come through
 * {@link MediaSockets}, time through the pacers. While it neither plays nor listens it costs nothing
 * but a look each second.
 */
export class RtpSession implements MediaSession, MediaReceiver {
  readonly local: NetworkAddress;
  private readonly sockets: SecureSockets;
  private readonly latch: SourceLatch;
  private readonly input: RtpInput;
  private readonly output: RtpOutput;
  private readonly rtcp: RtcpLink;
  private readonly presses = new PressFilter();
  private parameters: MediaParameters | undefined;
  private readonly digitsByForm: Record<PressSource, number> = { event: 0, info: 0, inband: 0 };

  private seat: PacerSeat | undefined;
  private readonly housekeeping: PacerSeat;
  /** The last tick in which nothing was sent, whose packet can still go out. */
  private idleTick = 0;
  private readonly silence: SilenceWatch;

  private player: Player | undefined;
  private over: Player | undefined;
  private readonly ears: Ears;
  private readonly recordings: SessionRecordings;
  private readonly echoing: SessionEcho;
  private detection: Detection | undefined;
  private bridge: BridgeEnd | undefined;
  private tapped: SessionTaps | undefined;
  private final: MediaStatistics | undefined;

  constructor(
    private readonly context: SessionContext,
    plainSockets: MediaSockets,
    private readonly handler: MediaHandler,
    private readonly detectDigits: MediaSessionOptions['detectDigits'] = 'auto',
  ) {
    const { clock, random, certificate, anyHost } = context;
    const sockets = new SecureSockets(plainSockets, {
      clock,
      certificate,
      anyHost,
      onDrop: (reason, host, port) => this.input.drop(reason, host, port),
      onFailed: (reason) => this.notify(() => this.handler.onFailed?.(reason)),
    });
    this.sockets = sockets;
    this.local = sockets.local;
    this.latch = new SourceLatch(context.anyHost);
    this.input = new RtpInput(clock, this.latch, {
      onDigit: (digit, duration) => this.press('event', digit, duration),
      onHold: (duration) => this.bridge?.onHold(duration),
      onRelease: (digit, duration) => this.release(digit, duration),
    });
    this.ears = new Ears(this.input, context.logger, () => this.onEars());
    this.recordings = new SessionRecordings(this, context);
    this.output = new RtpOutput(random, sockets, this.latch);
    this.echoing = new SessionEcho(this.ears, this.output);
    this.silence = new SilenceWatch(context.mediaTimeout);
    this.rtcp = new RtcpLink({
      clock,
      random,
      sockets,
      latch: this.latch,
      sender: this.output.sender,
      receiver: this.input.statistics,
      // RFC 7022 §4.2: a short-term name says nothing of who or where we are.
      cname: token(random, 96),
    });
    this.housekeeping = context.housekeeper.join({ onTick: (time) => this.housekeep(time) });
    sockets.receiver = this;
  }

  configure(parameters: MediaParameters): void {
    if (this.final !== undefined) return;
    const { rtp, rtcp = { host: rtp.host, port: rtp.port + 1 } } = parameters.remote;
    this.sockets.secure(parameters.security, rtp, parameters.rtcpMux === true ? undefined : rtcp);
    const newSource = this.latch.expect(rtp);
    const turned = this.parameters?.direction !== parameters.direction;
    this.parameters = parameters;
    this.input.configure(parameters, newSource);
    this.output.configure(parameters);
    this.rtcp.configure(parameters);
    this.bridge?.onConfigure?.();
    this.listenForKeys(parameters);
    const expected = parameters.direction === 'sendrecv' || parameters.direction === 'recvonly';
    this.silence.expect(expected, turned || newSource, this.context.clock.now());
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    return this.startPlayer(new Player(items, options, this.context.clips));
  }

  playOpen(items: readonly PlayItem[], options?: Omit<PlaybackOptions, 'loop'>): OpenPlayback {
    return this.startPlayer(new Player(items, options, this.context.clips, true));
  }

  playOver(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    const player = new Player(items, options, this.context.clips);
    this.over?.stop();
    this.over = player;
    if (this.final !== undefined) player.stop();
    else {
      this.output.over = player;
      this.wake();
    }
    return player;
  }

  setMuted(muted: boolean): void {
    this.input.muted = muted;
    this.ears.muted = muted;
  }

  private startPlayer(player: Player): Player {
    this.player?.stop();
    this.player = player;
    if (this.final !== undefined) player.stop();
    else {
      this.output.prompt = player;
      this.wake();
    }
    return player;
  }

  record(options: RecordingOptions): Recording {
    return this.recordings.record(options);
  }

  sendDigits(
    digits: string,
    duration: number,
    gap: number,
    form: DigitForm = 'auto',
  ): Promise<void> {
    const sent = this.output.digits.send(digits, duration, gap, form);
    if (this.final !== undefined) this.output.close();
    else this.wake();
    return sent;
  }

  reportDigit(digit: string, duration: number): void {
    if (this.final === undefined) this.press('info', digit, duration);
  }

  echo(): () => void {
    if (this.final !== undefined) return () => undefined;
    return this.echoing.begin();
  }

  detect(options: DetectOptions | undefined): void {
    if (this.final === undefined) this.detector.detect(options);
  }

  detectMachine(options?: MachineOptions): MachineDetection {
    const detection = this.detector.detectMachine(options);
    if (this.final !== undefined) detection.stop();
    return detection;
  }

  tap(options: TapOptions): MediaTap {
    return this.taps.open(options);
  }

  /** Also for those whose other end is held in another thread. */
  get taps(): SessionTaps {
    return (this.tapped ??= new SessionTaps(this));
  }

  listen(listener: (frame: Int16Array) => void): () => void {
    return this.hear(8_000, listener);
  }

  /**
   * Decoded 20 ms frames of the peer in play-out order, `sampleRate` samples a second, one in each tick. A frame
   * is only valid during the call.
   */
  hear(sampleRate: number, listener: FrameListener, options?: FrameListenerOptions): () => void {
    if (this.final !== undefined) return () => undefined;
    return this.ears.listen(sampleRate, listener, options);
  }

  /** Gives what {@link hear} would give next, as far as it has arrived, to one who is about to leave. */
  drain(sampleRate: number, listener: OwnFrameListener): void {
    if (this.final === undefined) this.ears.drain(sampleRate, listener, this.context.pacer.period);
  }

  /**
   * What we send, as the peer will hear it: a 20 ms frame in each tick, of silence where nothing is sent. A frame
   * is only valid during the call.
   */
  hearOwn(sampleRate: number, listener: OwnFrameListener): () => void {
    if (this.final !== undefined) return () => undefined;
    const own = (this.output.own ??= new OwnEars(this.context.logger));
    const deafen = own.listen(sampleRate, listener);
    this.sit();
    return deafen;
  }

  /**
   * Sound made elsewhere: heard behind a prompt, in place of an echo; undefined ends it. What a `tap` gives goes
   * before what the `call` does (a mixer, a bridge), and lets it be heard while it gives nothing.
   */
  feed(source: FrameFeed | undefined, by: 'call' | 'tap' = 'call'): void {
    if (this.final !== undefined) return;
    const fed = source === undefined ? undefined : new FeedSource(source);
    this.output.feedFrom(fed, by);
    if (fed !== undefined) this.sit();
  }

  /** Tells the peer that a recording begins; resolves when it has heard that. */
  async beep(): Promise<void> {
    await this.play([{ type: 'tone', tone: BEEP }]).done;
  }

  /** Whether another bridge may begin here. */
  get bridged(): boolean {
    return this.bridge !== undefined;
  }

  get closed(): boolean {
    return this.final !== undefined;
  }

  joinBridge(end: BridgeEnd): void {
    this.bridge = this.input.relay = end;
  }

  leaveBridge(): void {
    this.bridge = this.input.relay = undefined;
    this.output.cutRelay();
  }

  /** Sends on what the other leg of the bridge has received, unless something of its own is to be heard. */
  sendOn(
    packet: RtpPacket,
    kind: CodecName | 'comfort-noise',
    verdict: SequenceVerdict,
    now: number,
    units: number,
  ): void {
    const busy = this.player?.ended === false || this.over?.ended === false;
    if (busy || this.output.echo !== undefined) this.output.cutRelay();
    else this.output.relay(packet, kind, verdict, now, units);
  }

  /** What is sent; undefined before it is agreed. */
  get format(): CodecFormat | undefined {
    return this.parameters?.codec;
  }

  /** What the other leg has received takes no place in the stream: only this packet, or all for a while. */
  leaveOut(packet?: RtpPacket): void {
    if (packet === undefined) this.output.cutRelay();
    else this.output.skipRelayed(packet);
  }

  /** Whether the peer would be sent digits, as far as can be known now. */
  get takesDigits(): boolean {
    return this.output.takesDigits;
  }

  /** Sends a digit for as long as a key is down on the other leg. Rejects as {@link sendDigits} does. */
  holdDigit(digit: string, held: Readonly<HeldKey>): Promise<void> {
    const sent = this.output.digits.hold(digit, held);
    this.wake();
    return sent;
  }

  /** Notices a key that was released although nothing says so. */
  pollKeys(now: number): void {
    this.input.poll(now);
  }

  statistics(): MediaStatistics {
    if (this.final !== undefined) return this.final;
    const { statistics } = this.input;
    return {
      codec: this.parameters?.codec.name,
      packetsSent: this.output.sender.packets,
      packetsReceived: statistics.received,
      packetsLost: statistics.lost,
      packetsLate: this.input.late,
      packetsDiscarded: this.input.discarded,
      jitter: statistics.jitter,
      roundTrip: this.rtcp.roundTrip,
      remoteLoss: this.rtcp.remoteLoss,
      digits: this.digitsByForm.event + this.digitsByForm.info + this.digitsByForm.inband,
      digitsByForm: { ...this.digitsByForm },
      octetsSent: this.output.sender.octets,
      security: nameOfSecurity(this.parameters),
      remoteMos: this.rtcp.remoteMos(this.parameters?.codec.name),
      ...this.input.quality(this.rtcp.roundTrip),
    };
  }

  close(): Promise<MediaStatistics> {
    return Promise.resolve(this.end());
  }

  /** What {@link close} does, with the statistics at once. */
  end(): MediaStatistics {
    if (this.final !== undefined) return this.final;
    this.bridge?.onClose();
    this.recordings.stop();
    this.tapped?.close();
    this.final = this.statistics();
    this.player?.stop();
    this.over?.stop();
    this.output.close();
    this.rtcp.close();
    this.detection?.close();
    this.ears.close();
    this.seat?.leave();
    this.seat = undefined;
    this.housekeeping.leave();
    this.sockets.receiver = undefined;
    this.sockets.release();
    this.context.onClosed(this);
    return this.final;
  }

  onRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.input.receive(packet, host, port) === 'rtcp') this.onRtcp(packet, host, port);
  }

  onRtcp(packet: Uint8Array, host: string, port: number): void {
    const verdict = this.rtcp.receive(packet, host, port);
    if (verdict !== 'ok') this.input.drop(verdict, host, port);
  }

  /** First hears, then sends, so that an echo is no older than it must be. */
  onTick(time: number): void {
    if (!this.busy) {
      this.seat?.leave();
      this.seat = undefined;
      this.player = this.output.prompt = undefined;
      this.over = this.output.over = undefined;
      return;
    }
    if (this.ears.open) this.ears.hear(time);
    const before = this.output.sender.packets;
    this.output.tick(time);
    if (this.output.sender.packets === before) this.idleTick = time;
    if (this.output.own?.open === true) this.output.own.hear(time);
  }

  private get busy(): boolean {
    const { output } = this;
    return (
      this.player?.ended === false ||
      this.over?.ended === false ||
      this.ears.open ||
      output.digits.busy ||
      output.feed !== undefined ||
      output.tap !== undefined ||
      output.own?.open === true
    );
  }

  private sit(): void {
    this.seat ??= this.context.pacer.join(this);
  }

  private wake(): void {
    const { pacer, clock } = this.context;
    if (this.seat === undefined) {
      this.seat = pacer.join(this);
      return;
    }
    // What follows a prompt at once goes into the packet of this very tick: no gap between the two.
    const { idleTick } = this;
    this.idleTick = 0;
    if (idleTick > 0 && clock.now() - idleTick < pacer.period) this.output.tick(idleTick);
  }

  private onEars(): void {
    if (this.ears.open) this.sit();
  }

  /** A key press that one of its senders reports; the filter lets one of them through. */
  private press(source: PressSource, digit: string, duration: number): boolean {
    if (!this.presses.accept(source, digit, this.context.clock.now(), duration)) return false;
    this.digitsByForm[source] += 1;
    this.recordings.press(digit);
    this.bridge?.onPress(source, digit, duration);
    this.notify(() => this.handler.onDigit(digit, duration));
    return true;
  }

  /** A key that telephone events reported is up. */
  private release(digit: string, duration: number): void {
    this.presses.release(digit, this.context.clock.now());
    this.bridge?.onRelease(duration);
  }

  /** Keys are heard in the sound where nothing else would report them. */
  private listenForKeys({ telephoneEvent }: MediaParameters): void {
    const { detectDigits } = this;
    const wanted =
      detectDigits === 'always' || (detectDigits === 'auto' && telephoneEvent === undefined);
    if (wanted || this.detection !== undefined) this.detector.listenForKeys(wanted);
  }

  private get detector(): Detection {
    return (this.detection ??= new Detection({
      hear: (listener) => this.hear(8_000, listener, { evenMuted: true }),
      onDigit: (digit, duration) => this.press('inband', digit, duration),
      onHold: (duration) => this.bridge?.onHold(duration),
      onRelease: (duration) => this.bridge?.onRelease(duration),
      onSpeech: (speaking) => this.notify(() => this.handler.onSpeech?.(speaking)),
      onTone: (tone) => this.notify(() => this.handler.onTone?.(tone)),
    }));
  }

  private housekeep(time: number): void {
    this.input.poll(time);
    this.rtcp.poll(time);
    const { parameters } = this;
    if (parameters === undefined) return;
    this.output.keepAlive(time);
    const { remoteLoss } = this.rtcp;
    if (remoteLoss !== undefined) this.output.expectLoss(remoteLoss);
    if (this.silence.check(time, this.input.lastHeard)) {
      this.notify(() => this.handler.onTimeout());
    }
  }

  /** What the other layers do with an event must not end in the socket's or the pacer's stack. */
  notify(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.context.logger.error({ error: describeError(thrown) }, 'a media handler failed');
    }
  }
}

/** What callers know from every answering machine. */
const BEEP: ToneSpec = { frequencies: [1_000], cadence: [], duration: 400, level: -12 };

function nameOfSecurity(parameters: MediaParameters | undefined): string {
  const security = parameters?.security;
  if (security === undefined) return 'none';
  return security.type === 'sdes' ? `sdes ${security.suite}` : 'dtls';
}
