import type { RecordingFile, RecordingFiles } from './recording-files';
import { WAV_HEADER_SIZE, writeWavHeader } from './wav/writer';

/** The ending of a file that is not finished. */
export const PART = '.part';

/** Bytes that may wait for a slow disk: four minutes of sound. */
const MAX_QUEUED = 4 * 1024 * 1024;

export interface WavFormat {
  readonly sampleRate: number;
  readonly channels: number;
}

export interface WavResult {
  /** Undefined when nothing could be kept. */
  readonly path: string | undefined;
  /** Bytes of samples in the file. */
  readonly dataSize: number;
  readonly error?: Error;
}

/**
 * A WAV file that is written behind the caller's back: {@link append} never waits. The header is
 * corrected after each piece, so that whatever ends the process leaves a file that plays; until it is
 * whole it is called `.part`.
 */
export class WavFile {
  private queue: Uint8Array[] = [];
  private queued = 0;
  private file: RecordingFile | undefined;
  private dataSize = 0;
  private error: Error | undefined;
  private working: Promise<void>;
  private readonly header = new Uint8Array(WAV_HEADER_SIZE);

  /** @param onFailed called once when no more can be written; what came before is kept. */
  constructor(
    private readonly path: string,
    private readonly format: WavFormat,
    private readonly files: RecordingFiles,
    private readonly onFailed: (error: Error) => void,
  ) {
    this.working = this.attempt(async () => {
      this.file = await files.create(path + PART);
      await this.file.append(this.headerFor(0));
    });
  }

  /** Takes the bytes over; they must not change any more. */
  append(bytes: Uint8Array): void {
    if (this.error !== undefined || bytes.length === 0) return;
    if (this.queued + bytes.length > MAX_QUEUED) {
      this.fail(new Error(`the disk is too slow: ${this.queued} bytes of a recording wait`));
      return;
    }
    this.queue.push(bytes);
    this.queued += bytes.length;
    if (this.queue.length > 1) return;
    this.working = this.working.then(() => this.attempt(() => this.drain()));
  }

  /** Writes what waits, closes the file and gives it its name. Never rejects. */
  async finish(): Promise<WavResult> {
    await this.working;
    const { file } = this;
    if (file === undefined) return this.result(undefined);
    let path: string | undefined;
    await this.attempt(async () => {
      if (this.error !== undefined) {
        // A part of a sample may be at the end: the header does not count it.
        const size = Math.max(0, (await file.size()) - WAV_HEADER_SIZE);
        this.dataSize = size - (size % (2 * this.format.channels));
      }
      if (this.error === undefined || this.dataSize > 0)
        await file.patch(this.headerFor(this.dataSize));
    });
    await this.attempt(() => file.close());
    if (this.error === undefined || this.dataSize > 0) {
      await this.attempt(async () => {
        await this.files.rename(this.path + PART, this.path);
        path = this.path;
      });
    }
    return this.result(path);
  }

  private async drain(): Promise<void> {
    while (this.file !== undefined && this.error === undefined) {
      const bytes = this.queue[0];
      if (bytes === undefined) return;
      await this.file.append(bytes);
      this.dataSize += bytes.length;
      await this.file.patch(this.headerFor(this.dataSize));
      this.queue.shift();
      this.queued -= bytes.length;
    }
  }

  private headerFor(dataSize: number): Uint8Array {
    writeWavHeader(this.header, this.format.sampleRate, dataSize, this.format.channels);
    return this.header;
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
    this.queued = 0;
    this.onFailed(error);
  }

  private result(path: string | undefined): WavResult {
    const { dataSize, error } = this;
    return { path, dataSize, ...(error === undefined ? {} : { error }) };
  }
}
