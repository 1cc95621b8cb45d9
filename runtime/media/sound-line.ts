import type { CodecFormat } from './codec/port';
import { FRAME_SAMPLES } from './jitter-buffer';
import type { FrameKind, JitterBuffer, PushVerdict } from './jitter-buffer';
import type { RtpPacket } from './rtp/packet';

/** Frames in a second. */
const FRAMES_A_SECOND = 50;
/** Mean absolute sample from which a frame counts as speech: about -46 dBm0. */
const SPEECH = 128;
/** Every so many frames of speech the level is measured. */
const MEASURED = 4;

/** What a payload type of the peer's stands for; the same object for the same one. */
export interface SoundPayload {
  readonly format: CodecFormat;
  /** Makes the buffer in which its sound waits. */
  buffer(): JitterBuffer;
  /** Payloads of the same family share a buffer: packets of the two laws of G.711 may alternate. */
  readonly family: string;
}

interface Lane {
  readonly family: string;
  readonly buffer: JitterBuffer;
}

/**
 * The sound of a peer on its way to those who listen: a jitter buffer for each kind of codec, of which one is fed.
 * When the peer changes its codec, the sound that waits in the other one is played first.
 */
export class SoundLine {
  /** The frame that {@link pull} gave: 20 ms at {@link sampleRate}. */
  frame: Int16Array = new Int16Array(FRAME_SAMPLES);
  /** Milliseconds in which the peer spoke. */
  talkTime = 0;

  private readonly lanes: Lane[] = [];
  private current: Lane | undefined;
  private emptying: Lane | undefined;
  private readonly frames = new Map<number, Int16Array>([[8_000, this.frame]]);
  private rate = 0;
  private squares = 0;
  private measured = 0;
  private untilMeasured = 0;

  /** Samples a second of the frame that was pulled last. */
  get sampleRate(): number {
    return this.frame.length * FRAMES_A_SECOND;
  }

  get late(): number {
    return this.sum('late');
  }

  get duplicates(): number {
    return this.sum('duplicates');
  }

  get concealed(): number {
    return this.sum('concealed');
  }

  get recovered(): number {
    return this.sum('recovered');
  }

  /** Packets that turned out to be none of their codec when they were decoded. */
  get refused(): number {
    return this.sum('refused');
  }

  /** Milliseconds that sound has waited, on average and at most; 0 before there was any. */
  get delay(): number {
    const played = this.sum('played');
    return played === 0 ? 0 : this.sum('waited') / played;
  }

  get maxDelay(): number {
    let longest = 0;
    for (const { buffer } of this.lanes) longest = Math.max(longest, buffer.longestWait);
    return longest;
  }

  /** Mean level of the peer's speech in dBov; undefined while it has not spoken. */
  get level(): number | undefined {
    if (this.measured === 0) return undefined;
    const meanSquare = this.squares / this.measured;
    // ITU-T G.191: 0 dBov is a square wave of full scale.
    return 10 * Math.log10(Math.max(1, meanSquare) / 32_768 ** 2);
  }

  /** Milliseconds of sound that wait to be pulled. */
  get buffered(): number {
    return (this.current?.buffer.buffered ?? 0) + (this.emptying?.buffer.buffered ?? 0);
  }

  /** What sound waits at the moment, in milliseconds, before it is played. */
  get wait(): number {
    return this.current?.buffer.targetDelay ?? 0;
  }

  /** The highest rate that somebody wants to hear; 0 forgets the sound, and frees what decoded it. */
  listen(sampleRate: number): void {
    if (sampleRate === this.rate) return;
    this.rate = sampleRate;
    if (sampleRate > 0) {
      for (const { buffer } of this.lanes) buffer.serve(sampleRate);
      return;
    }
    for (const { buffer } of this.lanes) buffer.close();
    this.current = undefined;
    this.emptying = undefined;
  }

  push(packet: RtpPacket, payload: SoundPayload, units: number, now: number): PushVerdict {
    const lane =
      this.current?.family === payload.family ? this.current : this.change(payload, packet.ssrc);
    return lane.buffer.push(packet, payload.format.name, now, units);
  }

  pushComfortNoise(packet: RtpPacket): void {
    this.current?.buffer.pushComfortNoise(packet);
  }

  pushEvent(packet: RtpPacket): void {
    this.current?.buffer.pushEvent(packet);
  }

  /** Moves on to the next frame: there always is one, of silence when there is no sound. */
  pull(time: number): FrameKind {
    const buffer = this.next(time);
    if (buffer === undefined) {
      this.frame.fill(0);
      return 'silence';
    }
    const { sampleRate } = buffer;
    if (sampleRate !== this.sampleRate) this.frame = this.frameOf(sampleRate);
    const kind = buffer.pull(this.frame, time);
    if (kind === 'audio' && buffer.loudness >= SPEECH) this.measure();
    return kind;
  }

  private next(time: number): JitterBuffer | undefined {
    const { current, emptying } = this;
    if (emptying === undefined) return current?.buffer;
    if (emptying.buffer.buffered > 0 && current?.buffer.ready(time) !== true) {
      return emptying.buffer;
    }
    emptying.buffer.close();
    this.emptying = undefined;
    return current?.buffer;
  }

  private change(payload: SoundPayload, ssrc: number): Lane {
    const { family } = payload;
    const before = this.current;
    let lane = this.lanes.find((each) => each.family === family);
    if (lane === undefined) {
      lane = { family, buffer: payload.buffer() };
      this.lanes.push(lane);
    }
    // Sound of this kind from before the other one is over.
    lane.buffer.reset();
    lane.buffer.serve(this.rate);
    if (this.emptying !== lane) this.emptying?.buffer.close();
    this.emptying = before?.buffer.isOf(ssrc) === true ? before : undefined;
    if (before !== undefined && this.emptying === undefined) before.buffer.close();
    this.current = lane;
    return lane;
  }

  private frameOf(sampleRate: number): Int16Array {
    let frame = this.frames.get(sampleRate);
    if (frame === undefined) {
      frame = new Int16Array(sampleRate / FRAMES_A_SECOND);
      this.frames.set(sampleRate, frame);
    }
    return frame;
  }

  private measure(): void {
    this.talkTime += 1_000 / FRAMES_A_SECOND;
    this.untilMeasured -= 1;
    if (this.untilMeasured > 0) return;
    this.untilMeasured = MEASURED;
    const { frame } = this;
    let squares = 0;
    for (let i = 0; i < frame.length; i += 1) squares += (frame[i] as number) ** 2;
    this.squares += squares / frame.length;
    this.measured += 1;
  }

  private sum(
    counter: 'late' | 'duplicates' | 'concealed' | 'recovered' | 'refused' | 'played' | 'waited',
  ): number {
    let sum = 0;
    for (const { buffer } of this.lanes) sum += buffer[counter];
    return sum;
  }
}
