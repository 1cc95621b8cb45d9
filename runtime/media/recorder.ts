import type { Clock } from '../core/clock';
import { digitTailStart } from './digit-tail';
import type { Recording, RecordingOptions, RecordingResult } from './port';
import type { RecordingFiles } from './recording-files';
import { RecordingWriter } from './recording-writer';
import { SideBuffer } from './side-buffer';
import { soundFormat, type SoundFormat } from './sound-file';
import { mostSamples, soundFile } from './sound-formats';
import { VoiceActivity } from './voice-activity';

/** Milliseconds of a frame. */
const PERIOD = 20;
/** Frames that go to the file in one piece: so much, and {@link SLACK}, a crash may cost, and never a second. */
const PIECE = 35;
/** Frames that one side may be ahead of the other, before what the other did not bring is silence. */
const SLACK = 5;
/** Frames at the end in which a key that ends the recording may have sounded. */
const KEY_REACH = 30;
/** Frames in which nothing at all came, as when the machine slept: more are no silence, but left out. */
const LONGEST_GAP = 250;
/** Frames: silence before the first word that is kept at the most. */
const LONGEST_TRIM = 250;
/** Seconds of sound that may wait for a slow disk. */
const MOST_WAITING = 10;

/** Whose voice a frame is: the left one is the only one of a recording of the peer. */
export type Side = 'left' | 'right';

export interface RecorderServices {
  readonly clock: Clock;
  readonly files: RecordingFiles;
}

export interface RecorderHooks {
  /** It is about to stop for no reason of its own: the last chance to {@link Recorder.push}. */
  onStopping(): void;
  /** It takes no more sound; the file may still be written. */
  onEnded(): void;
}

interface Pause {
  readonly at: number;
  readonly duration: number;
}

/**
 * Takes the frames of one side of a conversation, or of both, puts each where its tick belongs, counted from the
 * start, decides when it is enough, and hands pieces to a file that is written on the side. Whatever a side
 * leaves out is silence, and what both say at a time stays together.
 */
export class Recorder implements Recording {
  readonly done: Promise<RecordingResult>;
  private resolve: (result: RecordingResult) => void = () => undefined;
  private state: 'waiting' | 'running' | 'stopping' | 'ended' = 'waiting';

  private readonly sound: SoundFormat;
  private readonly writer: RecordingWriter;
  private readonly frames: SideBuffer;
  private readonly activity = [new VoiceActivity(), new VoiceActivity()] as const;
  /** The time at which frame 0 begins, and of each side's first frame since then its time and number. */
  private origin = 0;
  private readonly first: [Anchor | undefined, Anchor | undefined] = [undefined, undefined];
  /** Frames, from the start of the recording: their most, behind the last speech, and from where silence counts. */
  private readonly most: number;
  private spoken = 0;
  private quietFrom = 0;
  /** Frames of silence at the beginning: how many are left there, and how many were left out. */
  private readonly lead: number;
  private skipped = 0;
  private pausedAt: number | undefined;
  private readonly pauses: Pause[] = [];
  /** The highest sample so far, but for that of each of the last {@link KEY_REACH} frames. */
  private peak = 0;
  private readonly lastPeaks = new Int32Array(KEY_REACH);

  constructor(
    private readonly options: RecordingOptions,
    private readonly services: RecorderServices,
    private readonly hooks: RecorderHooks,
  ) {
    const { path, format = 'wav', maxDuration, trim = 0 } = options;
    const { clock, files } = services;
    this.sound = soundFormat(options);
    const { sampleRate, channels } = this.sound;
    this.lead = Math.min(LONGEST_TRIM, Math.ceil(trim / PERIOD));
    this.frames = new SideBuffer(
      options.channels === 'stereo' || options.channels === 'mixed' ? 2 : 1,
      (sampleRate * PERIOD) / 1_000,
      KEY_REACH + PIECE + 2 * SLACK + this.lead,
    );
    const mostOfFile = (mostSamples(format, channels) * 1_000) / sampleRate;
    this.most = Math.min(maxDuration, mostOfFile) / PERIOD;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.writer = new RecordingWriter(files, {
      path,
      mostWaiting: MOST_WAITING * sampleRate * channels,
      format: (file) => soundFile(file, format, this.sound, clock),
      onFailed: () => this.end('failed'),
    });
  }

  /** Whether it takes no more sound. */
  get ended(): boolean {
    return this.state === 'ended';
  }

  /** Samples a second that its frames have. */
  get sampleRate(): number {
    return this.sound.sampleRate;
  }

  /** The beep is over: what is heard from now on is recorded. */
  start(): void {
    if (this.state !== 'waiting') return;
    this.state = 'running';
    this.origin = this.services.clock.now();
  }

  stop(): void {
    if (this.state === 'stopping' || this.state === 'ended') return;
    if (this.state === 'running' && this.pausedAt === undefined) {
      this.state = 'stopping';
      this.hooks.onStopping();
    }
    this.end('stopped');
  }

  pause(): void {
    if (this.state === 'ended' || this.pausedAt !== undefined) return;
    this.pausedAt = this.services.clock.now();
    // What there is might wait for long now.
    if (!this.leading) this.flush(this.frames.end);
  }

  resume(): void {
    const { pausedAt } = this;
    if (this.state === 'ended' || pausedAt === undefined) return;
    this.pausedAt = undefined;
    const now = this.services.clock.now();
    this.mark(now - pausedAt);
    this.goOnFrom(now);
  }

  /** A key of the peer's; ends the recording when it is one of `finishOn`. */
  press(digit: string): void {
    if (this.state === 'ended' || !this.options.finishOn.includes(digit)) return;
    const { frames, sampleRate } = this;
    const reach = this.pausedAt === undefined ? frames.last(0, KEY_REACH) : new Int16Array(0);
    const cut = reach.length - digitTailStart(reach, digit, sampleRate);
    this.end('finishOn', { digit, keep: frames.end * frames.frame - cut });
  }

  /** The frame of a side that is heard at the tick of `time`; it is copied. */
  push(side: Side, frame: Int16Array, time: number): void {
    if ((this.state !== 'running' && this.state !== 'stopping') || this.pausedAt !== undefined)
      return;
    const { frames, most } = this;
    const channel = side === 'left' ? 0 : 1;
    const number = this.numberOf(channel, time);
    // Before the start, or so late that the file has silence there, or behind the end.
    if (number < frames.taken || number >= most) return;
    while (!frames.fits(number)) this.flush(frames.taken + PIECE);
    frames.put(channel, number, frame);
    if (this.activity[channel].hears(frame)) this.spoken = Math.max(this.spoken, number + 1);
    const ready = Math.max(frames.complete, frames.end - SLACK);
    if (ready >= most) this.end('maxDuration');
    else this.settle(ready);
  }

  /** Writes what is ready, or leaves it out while nobody has said anything; ends when that lasts too long. */
  private settle(ready: number): void {
    const { frames, options, spoken } = this;
    const { startSilence = 0, endSilence } = options;
    if (this.leading) {
      const before = frames.taken;
      frames.skip(ready - this.lead);
      this.skipped += frames.taken - before;
    } else if (ready - frames.taken >= PIECE) {
      this.flush(ready);
    }
    const limit = spoken === 0 && startSilence > 0 ? startSilence : endSilence;
    const silence = (frames.end - Math.max(spoken, this.quietFrom)) * PERIOD;
    if (limit > 0 && silence >= limit) this.end('silence');
  }

  /** Which frame a time belongs to: ticks of a side have their distance, however they are told of. */
  private numberOf(channel: 0 | 1, time: number): number {
    let first = this.first[channel];
    if (first === undefined) {
      if (time < this.origin) return -1;
      // The clock's fractions do not add up exactly.
      first = { time, number: Math.floor((time - this.origin) / PERIOD + 0.01) };
      this.first[channel] = first;
    }
    const number = first.number + Math.round((time - first.time) / PERIOD);
    const gap = number - this.frames.end;
    if (gap <= LONGEST_GAP) return number;
    this.mark(gap * PERIOD);
    this.goOnFrom(time);
    return this.numberOf(channel, time);
  }

  /** What comes from `time` on follows what there is. */
  private goOnFrom(time: number): void {
    const { end } = this.frames;
    this.origin = time - end * PERIOD;
    this.first[0] = this.first[1] = undefined;
    this.quietFrom = end;
  }

  /** Nothing has been said yet, and silence is not wanted. */
  private get leading(): boolean {
    return this.options.trim !== undefined && this.spoken === 0;
  }

  private mark(duration: number): void {
    const at = this.leading ? 0 : (this.frames.end - this.skipped) * PERIOD;
    this.pauses.push({ at, duration: Math.round(duration) });
  }

  private flush(to: number): void {
    const { frames } = this;
    frames.extendTo(to);
    let number = frames.taken;
    const heard = frames.take(to);
    const samples = frames.sides === this.sound.channels ? heard : mixed(heard);
    const size = frames.frame * this.sound.channels;
    for (let at = 0; at < samples.length; at += size, number += 1) {
      const slot = number % KEY_REACH;
      this.peak = Math.max(this.peak, this.lastPeaks[slot] as number);
      this.lastPeaks[slot] = peakOf(samples, at, at + size);
    }
    this.writer.append(samples);
  }

  private end(
    type: RecordingResult['type'],
    { digit, keep = Infinity }: { readonly digit?: string; readonly keep?: number } = {},
  ): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    if (this.pausedAt !== undefined) this.mark(this.services.clock.now() - this.pausedAt);
    const { frames, options, spoken } = this;
    const { trim } = options;
    this.flush(frames.end);
    const { frame } = frames;
    const most = Math.min(
      keep,
      this.most * frame,
      trim === undefined
        ? Infinity
        : ((this.leading ? this.skipped : spoken) + trim / PERIOD) * frame,
    );
    const first = Math.ceil(most / frame);
    for (let number = Math.max(0, frames.end - KEY_REACH); number < first; number += 1) {
      if (number >= frames.end) break;
      this.peak = Math.max(this.peak, this.lastPeaks[number % KEY_REACH] as number);
    }
    void this.finish(type, digit, Math.max(0, Math.round(most - this.skipped * frame)));
    this.hooks.onEnded();
  }

  private async finish(
    type: RecordingResult['type'],
    digit: string | undefined,
    keep: number,
  ): Promise<void> {
    const { path, samples, error } = await this.writer.finish(keep);
    const { format = 'wav', channels = 'peer' } = this.options;
    const duration = (samples * 1_000) / this.sampleRate;
    const pauses = this.pauses.map((pause) => ({ ...pause, at: Math.min(pause.at, duration) }));
    this.resolve({
      type: error === undefined ? type : 'failed',
      path,
      duration,
      peak: this.peak,
      format,
      channels,
      speech: this.spoken > 0,
      ...(pauses.length === 0 ? {} : { pauses }),
      ...(digit === undefined || error !== undefined ? {} : { digit }),
      ...(error === undefined ? {} : { error }),
    });
  }
}

interface Anchor {
  readonly time: number;
  readonly number: number;
}

/** Both sides in one: where both are loud at a time, full scale is the limit. */
function mixed(samples: Int16Array): Int16Array {
  const sum = new Int16Array(samples.length / 2);
  for (let i = 0, from = 0; i < sum.length; i += 1, from += 2) {
    const both = (samples[from] as number) + (samples[from + 1] as number);
    sum[i] = both > 32_767 ? 32_767 : both < -32_768 ? -32_768 : both;
  }
  return sum;
}

function peakOf(samples: Int16Array, from: number, to: number): number {
  let peak = 0;
  for (let i = from; i < to; i += 1) peak = Math.max(peak, Math.abs(samples[i] as number));
  return Math.min(peak, 32_767);
}
