import { DefectError } from '../core/errors';
import { digitTailStart } from './digit-tail';
import { SAMPLE_RATE } from './encoded-clips';
import type { Recording, RecordingOptions, RecordingResult } from './port';
import type { RecordingFiles } from './recording-files';
import { VoiceActivity } from './voice-activity';
import { WavFile } from './wav-file';

const SAMPLES_PER_MS = SAMPLE_RATE / 1_000;
/** Samples that go to the file in one piece: a second. */
const PIECE = SAMPLE_RATE;
/** Samples at the end that are held back, for a key that ends the recording may have sounded in them. */
const HELD_BACK = 600 * SAMPLES_PER_MS;

export interface RecorderHooks {
  /** It is about to stop for no reason of its own: the last chance to {@link Recorder.push}. */
  onStopping(): void;
  /** It takes no more sound; the file may still be written. */
  onEnded(): void;
}

/**
 * Takes frames in the order in which they are heard, decides when it is enough, and hands pieces to a
 * file that is written on the side.
 */
export class Recorder implements Recording {
  readonly done: Promise<RecordingResult>;
  private resolve: (result: RecordingResult) => void = () => undefined;
  private running = false;
  private ended = false;
  private stopping = false;

  private readonly file: WavFile;
  private readonly activity = new VoiceActivity();
  private readonly samples = new Int16Array(PIECE + HELD_BACK);
  private filled = 0;
  /** Samples given to the file, and their highest. */
  private written = 0;
  private peak = 0;
  /** Samples heard, and how many of the last were silent. */
  private heard = 0;
  private silent = 0;
  private readonly maxSamples: number;
  private readonly endSilence: number;

  constructor(
    private readonly options: RecordingOptions,
    files: RecordingFiles,
    private readonly hooks: RecorderHooks,
  ) {
    this.maxSamples = Math.round(options.maxDuration * SAMPLES_PER_MS);
    this.endSilence = Math.round(options.endSilence * SAMPLES_PER_MS);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.file = new WavFile(options.path, { sampleRate: SAMPLE_RATE, channels: 1 }, files, () =>
      this.end('failed'),
    );
  }

  /** Whether it takes frames. */
  get started(): boolean {
    return this.running;
  }

  /** The beep is over: what comes from now on is recorded. */
  start(): void {
    if (!this.ended) this.running = true;
  }

  stop(): void {
    if (this.ended || this.stopping) return;
    this.stopping = true;
    this.hooks.onStopping();
    this.end('stopped');
  }

  pause(): void {
    throw new DefectError('not built yet');
  }

  resume(): void {
    throw new DefectError('not built yet');
  }

  /** A key of the caller; ends the recording when it is one of `finishOn`. */
  press(digit: string): void {
    if (this.ended || !this.options.finishOn.includes(digit)) return;
    this.filled = digitTailStart(this.samples, this.filled, digit, HELD_BACK);
    this.end('finishOn', digit);
  }

  /** The next frame; it is copied. */
  push(frame: Int16Array): void {
    if (!this.running) return;
    const count = Math.min(frame.length, this.maxSamples - this.heard);
    for (let i = 0; i < count; i += 1) this.samples[this.filled + i] = frame[i] as number;
    this.filled += count;
    this.heard += count;
    if (this.filled > this.samples.length - frame.length) this.flush(this.filled - HELD_BACK);
    if (this.heard >= this.maxSamples) {
      this.end('maxDuration');
      return;
    }
    this.silent = this.activity.hears(frame) ? 0 : this.silent + frame.length;
    if (this.endSilence > 0 && this.silent >= this.endSilence) this.end('silence');
  }

  private flush(count: number): void {
    if (count <= 0) return;
    // WAV is little-endian on every machine.
    const bytes = Buffer.allocUnsafe(2 * count);
    for (let i = 0; i < count; i += 1) {
      const sample = this.samples[i] as number;
      const magnitude = Math.min(Math.abs(sample), 32_767);
      if (magnitude > this.peak) this.peak = magnitude;
      bytes.writeInt16LE(sample, 2 * i);
    }
    this.samples.copyWithin(0, count, this.filled);
    this.filled -= count;
    this.written += count;
    this.file.append(bytes);
  }

  private end(type: RecordingResult['type'], digit?: string): void {
    if (this.ended) return;
    this.ended = true;
    this.running = false;
    this.flush(this.filled);
    void this.finish(type, digit);
    this.hooks.onEnded();
  }

  private async finish(type: RecordingResult['type'], digit: string | undefined): Promise<void> {
    const { path, dataSize, error } = await this.file.finish();
    this.resolve({
      type: error === undefined ? type : 'failed',
      path,
      duration: dataSize / 2 / SAMPLES_PER_MS,
      peak: this.peak,
      ...(digit === undefined || error !== undefined ? {} : { digit }),
      ...(error === undefined ? {} : { error }),
    });
  }
}
