import { PART, type RecordingFile, type RecordingFiles } from './recording-files';
import type { SoundFile } from './sound-file';

export interface WriterOptions {
  /** Of the finished file. */
  readonly path: string;
  /** Samples, of all channels together, that may wait for a slow disk. */
  readonly mostWaiting: number;
  /** How the sound is to stand in the file; may throw, and then nothing is written. */
  readonly format: (file: RecordingFile) => SoundFile;
  /** Called once when no more can be written; what came before is kept. */
  readonly onFailed: (error: Error) => void;
}

export interface WriterResult {
  /** Undefined when nothing could be kept. */
  readonly path: string | undefined;
  /** Samples of a channel in the file. */
  readonly samples: number;
  readonly error?: Error;
}

/**
 * Writes a recording behind its caller's back: {@link append} never waits. Until the file is whole it is called
 * `.part`. Its beginning and end reach the disk before it gets its name, and nothing before does of itself: what
 * the system has taken outlives the process, and a loss of power may cost what a disk's cache holds.
 */
export class RecordingWriter {
  private queue: Int16Array[] = [];
  private waiting = 0;
  private file: RecordingFile | undefined;
  private sound: SoundFile | undefined;
  private error: Error | undefined;
  private working: Promise<void>;

  constructor(
    private readonly files: RecordingFiles,
    private readonly options: WriterOptions,
  ) {
    this.working = this.attempt(async () => {
      this.file = await files.create(options.path + PART);
      this.sound = options.format(this.file);
      await this.sound.begin();
    });
  }

  /** Takes the samples over; they must not change any more. */
  append(samples: Int16Array): void {
    if (this.error !== undefined || samples.length === 0) return;
    if (this.waiting + samples.length > this.options.mostWaiting) {
      this.fail(new Error(`the disk is too slow: ${this.waiting} samples of a recording wait`));
      return;
    }
    this.queue.push(samples);
    this.waiting += samples.length;
    if (this.queue.length > 1) return;
    this.working = this.working.then(() => this.attempt(() => this.drain()));
  }

  /** Writes what waits, keeps the first `keep` samples of a channel, and gives the file its name. Never rejects. */
  async finish(keep: number): Promise<WriterResult> {
    await this.working;
    const { file, sound } = this;
    let samples = 0;
    let path: string | undefined;
    if (sound !== undefined) {
      await this.attempt(async () => {
        samples = await sound.finish(keep);
        await file?.sync();
      });
      sound.close();
    }
    await this.attempt(async () => file?.close());
    if (sound !== undefined && (this.error === undefined || samples > 0)) {
      await this.attempt(async () => {
        await this.files.rename(this.options.path + PART, this.options.path);
        path = this.options.path;
      });
    }
    const { error } = this;
    return { path, samples, ...(error === undefined ? {} : { error }) };
  }

  private async drain(): Promise<void> {
    while (this.sound !== undefined && this.error === undefined) {
      const samples = this.queue[0];
      if (samples === undefined) return;
      await this.sound.append(samples);
      this.queue.shift();
      this.waiting -= samples.length;
    }
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  private fail(error: Error): void {
    if (this.error !== undefined) return;
    this.error = error;
    this.queue = [];
    this.waiting = 0;
    this.options.onFailed(error);
  }
}
