import { DefectError } from '../core/errors';
import { SAMPLE_RATE } from './encoded-clips';
import type { Recording, RecordingOptions, RecordingResult } from './port';
import type { RecordingFiles } from './recording-files';
import { WavFile } from './wav-file';

const SAMPLES_PER_MS = SAMPLE_RATE / 1_000;
const CHANNELS = 2;
/** Milliseconds and samples of a frame. */
const PERIOD = 20;
const FRAME = PERIOD * SAMPLES_PER_MS;
/** Samples of a side that go to the file in one piece: a second. */
const PIECE = SAMPLE_RATE;
/** Samples that one side may be ahead of the other, before what the other did not bring is silence. */
const SLACK = SAMPLE_RATE;
/** Samples of a side that are kept. */
const CAPACITY = PIECE + SLACK + FRAME;

/** Whose voice a frame is. */
export type Side = 'left' | 'right';

export interface StereoRecorderHooks {
  /** It takes no more sound; the file may still be written. */
  onEnded(): void;
}

/**
 * Takes the frames of both sides of a conversation and puts each where its tick belongs, counted from the
 * start: whatever one side leaves out is silence on its channel, and what both say at a time stays together.
 */
export class StereoRecorder implements Recording {
  readonly done: Promise<RecordingResult>;
  private resolve: (result: RecordingResult) => void = () => undefined;
  private running = false;
  private ended = false;

  private readonly file: WavFile;
  /** Interleaved; the first is sample {@link base} of the left side. */
  private samples: Int16Array | undefined;
  /** When the first sample was, in milliseconds. */
  private origin = 0;
  /** Samples of a side that the file has, and where each side's frames end. */
  private base = 0;
  private left = 0;
  private right = 0;
  private peak = 0;
  private readonly maxSamples: number;

  constructor(
    options: RecordingOptions,
    files: RecordingFiles,
    private readonly hooks: StereoRecorderHooks,
  ) {
    this.maxSamples = Math.round(options.maxDuration * SAMPLES_PER_MS);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.file = new WavFile(
      options.path,
      { sampleRate: SAMPLE_RATE, channels: CHANNELS },
      files,
      () => this.end('failed'),
    );
  }

  /** What is heard from `now` on, in milliseconds, is recorded. */
  start(now: number): void {
    if (this.ended) return;
    this.running = true;
    this.origin = now;
    this.samples = new Int16Array(CHANNELS * CAPACITY);
  }

  stop(): void {
    this.end('stopped');
  }

  pause(): void {
    throw new DefectError('not built yet');
  }

  resume(): void {
    throw new DefectError('not built yet');
  }

  /** The frame of a side that is heard at the tick of `time`; it is copied. */
  push(side: Side, frame: Int16Array, time: number): void {
    const { samples } = this;
    if (!this.running || samples === undefined) return;
    const at = Math.floor((time - this.origin) / PERIOD) * FRAME;
    const end = at + FRAME;
    // Before the start, or so late that the file has silence there.
    if (at < this.base) return;
    while (end - this.base > CAPACITY) this.flush(this.base + PIECE);
    let index = CHANNELS * (at - this.base) + (side === 'left' ? 0 : 1);
    for (let i = 0; i < FRAME; i += 1, index += CHANNELS) samples[index] = frame[i] as number;
    if (side === 'left') this.left = end;
    else this.right = end;
    const ready = Math.max(Math.min(this.left, this.right), end - SLACK);
    if (ready >= this.maxSamples) this.end('maxDuration');
    else if (ready - this.base >= PIECE) this.flush(ready);
  }

  private flush(to: number): void {
    const { samples } = this;
    const count = CHANNELS * (Math.min(to, this.maxSamples) - this.base);
    if (samples === undefined || count <= 0) return;
    // WAV is little-endian on every machine.
    const bytes = Buffer.allocUnsafe(2 * count);
    for (let i = 0; i < count; i += 1) {
      const sample = samples[i] as number;
      const magnitude = Math.min(Math.abs(sample), 32_767);
      if (magnitude > this.peak) this.peak = magnitude;
      bytes.writeInt16LE(sample, 2 * i);
    }
    samples.copyWithin(0, count);
    samples.fill(0, samples.length - count);
    this.base += count / CHANNELS;
    this.file.append(bytes);
  }

  private end(type: RecordingResult['type']): void {
    if (this.ended) return;
    this.ended = true;
    this.running = false;
    this.flush(Math.max(this.left, this.right));
    this.samples = undefined;
    void this.finish(type);
    this.hooks.onEnded();
  }

  private async finish(type: RecordingResult['type']): Promise<void> {
    const { path, dataSize, error } = await this.file.finish();
    this.resolve({
      type: error === undefined ? type : 'failed',
      path,
      duration: dataSize / (2 * CHANNELS) / SAMPLES_PER_MS,
      peak: this.peak,
      ...(error === undefined ? {} : { error }),
    });
  }
}
