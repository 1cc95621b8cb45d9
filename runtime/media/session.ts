import type { NetworkAddress } from '../core/address';
import type { PlayItem, ToneSpec } from '../core/audio';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import { token, type Random } from '../core/random';
import type { BridgeEnd } from './bridge-end';
import { encodeG711, silenceByte } from './codec/g711';
import { PressFilter, type PressSource } from './dtmf/press-filter';
import type { Pacer, PacerSeat } from './pacer';
import { EchoSource } from './packet-source';
import { Player } from './player';
import type {
  CodecName,
  MediaHandler,
  MediaParameters,
  MediaReceiver,
  MediaSession,
  MediaSockets,
  MediaStatistics,
  Playback,
  PlaybackOptions,
  Recording,
  RecordingOptions,
} from './port';
import { Recorder } from './recorder';
import type { RecordingFiles } from './recording-files';
import { RtcpLink } from './rtcp-link';
import { RtpInput } from './rtp-input';
import { RtpOutput } from './rtp-output';
import type { RtpPacket } from './rtp/packet';
import type { SequenceVerdict } from './rtp/receiver-statistics';
import { SourceLatch } from './source-latch';

/** Samples of a frame: 20 ms at 8 kHz. */
export const FRAME = 160;

/** What a session gets from its engine. */
export interface SessionContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** 20 ms: whoever sends or listens has a seat. */
  readonly pacer: Pacer;
  /** A second: every session has a seat, for RTCP and time-outs. */
  readonly housekeeper: Pacer;
  readonly files: RecordingFiles;
  /** Milliseconds without RTP that count as lost; 0 never. */
  readonly mediaTimeout: number;
  /** Whether a peer behind NAT may send from another host than it announced. */
  readonly anyHost: boolean;
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
  private readonly latch: SourceLatch;
  private readonly input: RtpInput;
  private readonly output: RtpOutput;
  private readonly rtcp: RtcpLink;
  private readonly presses = new PressFilter();
  private parameters: MediaParameters | undefined;
  private digits = 0;

  private seat: PacerSeat | undefined;
  private readonly housekeeping: PacerSeat;
  /** The last tick in which nothing was sent, whose packet can still go out. */
  private idleTick = 0;
  private lastTick = 0;
  /** Since when RTP is expected, or was reported missing; 0 while it is not expected. */
  private expectedSince = 0;
  private timedOut = false;

  private player: Player | undefined;
  private recorder: Recorder | undefined;
  private echoes = 0;
  private echoed: EchoSource | undefined;
  private listeners: readonly ((frame: Int16Array) => void)[] = [];
  private frame: Int16Array | undefined;
  private encoded: Uint8Array | undefined;
  private bridge: BridgeEnd | undefined;
  private final: MediaStatistics | undefined;

  constructor(
    private readonly context: SessionContext,
    private readonly sockets: MediaSockets,
    private readonly handler: MediaHandler,
  ) {
    const { clock, random } = context;
    this.local = sockets.local;
    this.latch = new SourceLatch(context.anyHost);
    this.input = new RtpInput(clock, this.latch, {
      onDigit: (digit, duration) => this.press('event', digit, duration),
      onHold: (duration) => this.bridge?.onHold(duration),
      onRelease: (_digit, duration) => this.bridge?.onRelease(duration),
    });
    this.output = new RtpOutput(random, sockets, this.latch);
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
    const newSource = this.latch.expect(parameters.remote.rtp);
    const turned = this.parameters?.direction !== parameters.direction;
    this.parameters = parameters;
    this.input.configure(parameters, newSource);
    this.output.configure(parameters);
    this.rtcp.configure(parameters);
    const expected = parameters.direction === 'sendrecv' || parameters.direction === 'recvonly';
    if (!expected) this.expectedSince = 0;
    // A peer that held was silent by right, even where it might have sent: its time begins anew.
    else if (turned || newSource || this.timedOut) this.expectedSince = this.context.clock.now();
    this.timedOut = false;
  }

  play(items: readonly PlayItem[], options?: PlaybackOptions): Playback {
    this.player?.stop();
    const player = new Player(items, options);
    this.player = player;
    if (this.final !== undefined) player.stop();
    else {
      this.output.prompt = player;
      this.wake();
    }
    return player;
  }

  record(options: RecordingOptions): Recording {
    this.recorder?.stop();
    const recorder = new Recorder(options, this.context.files, {
      onStopping: () => this.drainInto(recorder),
      onEnded: () => {
        if (this.recorder === recorder) this.recorder = undefined;
        this.updateListening();
      },
    });
    this.context.onRecording(recorder);
    if (this.final !== undefined) {
      recorder.stop();
      return recorder;
    }
    this.recorder = recorder;
    if (options.beep) {
      const beep = this.play([{ type: 'tone', tone: BEEP }]);
      // Whoever plays something else meanwhile has ended the beep.
      void beep.done.then(() => this.startRecording(recorder));
    } else {
      this.startRecording(recorder);
    }
    return recorder;
  }

  sendDigits(digits: string, duration: number, gap: number): Promise<void> {
    const sent = this.output.sendDigits(digits, duration, gap);
    if (this.final !== undefined) this.output.close();
    else this.wake();
    return sent;
  }

  reportDigit(digit: string, duration: number): void {
    if (this.final === undefined) this.press('info', digit, duration);
  }

  echo(): () => void {
    if (this.final !== undefined) return () => undefined;
    this.echoes += 1;
    this.output.echo = this.echoed ??= new EchoSource();
    this.updateListening();
    let active = true;
    return () => {
      if (!active) return;
      active = false;
      this.echoes -= 1;
      if (this.echoes <= 0) this.output.echo = this.echoed = undefined;
      this.updateListening();
    };
  }

  listen(listener: (frame: Int16Array) => void): () => void {
    if (this.final !== undefined) return () => undefined;
    const entry = (frame: Int16Array): void => listener(frame);
    this.listeners = [...this.listeners, entry];
    this.updateListening();
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
      this.updateListening();
    };
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
  ): void {
    if (this.player?.ended === false || this.echoed !== undefined) this.output.cutRelay();
    else this.output.relay(packet, kind, verdict, now);
  }

  /** What the other leg has received takes no place in the stream. */
  skip(packet: RtpPacket): void {
    this.output.skipRelayed(packet);
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
      digits: this.digits,
    };
  }

  close(): MediaStatistics {
    if (this.final !== undefined) return this.final;
    this.bridge?.onClose();
    this.recorder?.stop();
    this.final = this.statistics();
    this.player?.stop();
    this.output.close();
    this.rtcp.close();
    this.listeners = [];
    this.echoes = 0;
    this.input.listen(false);
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
      return;
    }
    this.lastTick = time;
    if (this.hearing) this.hear(time);
    const before = this.output.sender.packets;
    this.output.tick(time);
    if (this.output.sender.packets === before) this.idleTick = time;
  }

  private get hearing(): boolean {
    return this.listeners.length > 0 || this.echoes > 0 || this.recorder?.started === true;
  }

  private get busy(): boolean {
    return this.player?.ended === false || this.hearing || this.output.dialling;
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

  private updateListening(): void {
    this.input.listen(this.hearing);
    if (this.hearing && this.seat === undefined) this.seat = this.context.pacer.join(this);
  }

  private startRecording(recorder: Recorder): void {
    recorder.start();
    this.updateListening();
  }

  private hear(time: number): void {
    const frame = (this.frame ??= new Int16Array(FRAME));
    const kind = this.input.pull(frame, time);
    for (const listener of this.listeners) {
      try {
        listener(frame);
      } catch (thrown) {
        this.context.logger.error({ error: describeError(thrown) }, 'a listener failed');
      }
    }
    if (this.recorder?.started === true) this.recorder.push(frame);
    const codec = this.parameters?.codec.name;
    if (this.echoed !== undefined && codec !== undefined && kind !== 'silence') {
      const bytes = (this.encoded ??= new Uint8Array(FRAME));
      encodeG711(codec, frame, 0, FRAME, bytes, 0);
      this.echoed.push(bytes);
    }
  }

  /** A recording ends with the last sound that has arrived, not with the last that was played out. */
  private drainInto(recorder: Recorder): void {
    if (!recorder.started || this.listeners.length > 0 || this.echoes > 0) return;
    const frame = (this.frame ??= new Int16Array(FRAME));
    for (let ahead = 1; ahead <= MAX_DRAINED && this.input.buffered > 0; ahead += 1) {
      this.input.pull(frame, this.lastTick + ahead * this.context.pacer.period);
      recorder.push(frame);
    }
  }

  /** A key press that one of its senders reports; the filter lets one of them through. */
  private press(source: PressSource, digit: string, duration: number): void {
    if (!this.presses.accept(source, digit, this.context.clock.now(), duration)) return;
    this.digits += 1;
    this.recorder?.press(digit);
    this.bridge?.onPress(source, digit, duration);
    this.notify(() => this.handler.onDigit(digit, duration));
  }

  private housekeep(time: number): void {
    this.input.poll(time);
    this.rtcp.poll(time);
    const { parameters } = this;
    if (parameters === undefined) return;
    this.output.keepAlive(time, silenceByte(parameters.codec.name));
    this.checkTimeout(time);
  }

  private checkTimeout(time: number): void {
    const { mediaTimeout } = this.context;
    if (mediaTimeout <= 0 || this.expectedSince === 0) return;
    const quiet = time - Math.max(this.expectedSince, this.input.lastHeard);
    if (quiet < mediaTimeout) {
      this.timedOut = false;
    } else if (!this.timedOut) {
      this.timedOut = true;
      this.notify(() => this.handler.onTimeout());
    }
  }

  /** What the other layers do with an event must not end in the socket's or the pacer's stack. */
  private notify(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.context.logger.error({ error: describeError(thrown) }, 'a media handler failed');
    }
  }
}

/** Frames: more than the jitter buffer holds as a rule. */
const MAX_DRAINED = 10;

/** What callers know from every answering machine. */
const BEEP: ToneSpec = { frequencies: [1_000], cadence: [], duration: 400, level: -12 };
