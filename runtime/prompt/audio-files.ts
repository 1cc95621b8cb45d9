import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { AudioClip } from '../core/audio';
import type { Clock } from '../core/clock';
import { makeClipGently } from './clip';
import type { ClipMemory } from './clip-memory';
import { promptMissing, promptUnreadable } from './errors';
import type { SoundDecoder } from './sound-decoder';
import { soundKind } from './sound-kind';
import { checkWav, readWav } from './wav';

/** A file up to this size is made ready to play behind a check of it. */
const READY_AFTER_CHECK = 8 * 1024 * 1024;
/**
 * Bytes of a WAV file that is read beside the calls: what takes a few milliseconds there takes longer to hand to
 * another thread. Of 16 bits and one channel; anything else takes twenty to a hundred times as long.
 */
const SMALL_PLAIN_WAV = 4 * 1024 * 1024;
const SMALL_WAV = 32 * 1024;

/** Milliseconds for which a prompt is not looked at again: asking the disk costs more than playing it. */
const TRUST = 1_000;

export interface AudioFilesOptions {
  readonly clock: Clock;
  readonly decoder: Pick<SoundDecoder, 'decode'>;
  /** What clips may have, samples a second; see {@link clipRate}. */
  readonly sampleRates: readonly number[];
  readonly memory: ClipMemory;
  /** Bytes; a larger file is refused. */
  readonly maxFileSize: number;
}

/** Clips from files of sound, converted once. A file that has changed is read again, within a second. */
export class AudioFiles {
  private readonly loading = new Map<string, Promise<AudioClip>>();
  /** By path: the key of what was found there, and until when that is believed. */
  private readonly trusted = new Map<string, { readonly key: string; readonly until: number }>();

  private preparing = Promise.resolve();
  private closed = false;
  private held = false;

  constructor(private readonly options: AudioFilesOptions) {}

  /**
   * Reads a file, giving way to packets while it converts. Rejects with `CALLCHART_PROMPT_MISSING` or
   * `CALLCHART_PROMPT_UNREADABLE`. `fresh` asks the disk each time.
   */
  async load(path: string, fresh = false): Promise<AudioClip> {
    const { clock } = this.options;
    const trusted = fresh ? undefined : this.trusted.get(path);
    if (trusted !== undefined && (this.held || clock.now() < trusted.until)) {
      const clip = this.options.memory.get(trusted.key);
      if (clip !== undefined) return clip;
    }
    const found = await stat(path).catch((error: unknown) => this.refuse(path, error));
    const key = keyOf(path, found);
    if (!fresh) this.trusted.set(path, { key, until: clock.now() + TRUST });
    const known = this.options.memory.get(key);
    if (known !== undefined) return known;
    let loading = this.loading.get(key);
    if (loading === undefined) {
      loading = this.read(path, key, found.size).finally(() => this.loading.delete(key));
      this.loading.set(key, loading);
    }
    return loading;
  }

  /**
   * Throws what {@link load} would reject with, as far as that is known without decoding. A small file is made ready
   * to play afterwards.
   */
  check(path: string): void {
    try {
      const found = statSync(path);
      const key = keyOf(path, found);
      this.trusted.set(path, { key, until: 0 });
      if (this.options.memory.get(key) !== undefined) return;
      this.checkSize(found.size);
      const bytes = readFileSync(path);
      if (soundKind(bytes).kind === 'wav') checkWav(bytes);
      if (bytes.length <= READY_AFTER_CHECK) this.prepare(path);
    } catch (error) {
      this.refuse(path, error);
    }
  }

  /** One after the other: they are not urgent. What is wrong with a file is told to those who play it. */
  private prepare(path: string): void {
    this.preparing = this.preparing.then(async () => {
      if (!this.closed) await this.load(path).catch(() => undefined);
    });
  }

  /** Resolves when what was checked until now is ready to play. */
  get prepared(): Promise<void> {
    return this.preparing;
  }

  /** What was found last is believed from now on, for as long as it is in memory. */
  hold(): void {
    this.held = true;
  }

  /** Makes nothing ready any more. */
  close(): void {
    this.closed = true;
  }

  private async read(path: string, key: string, size: number): Promise<AudioClip> {
    const { decoder, sampleRates, memory } = this.options;
    try {
      this.checkSize(size);
      const clip = await clipOfFile(await readFile(path), decoder, sampleRates);
      memory.set(key, clip);
      return clip;
    } catch (error) {
      return this.refuse(path, error);
    }
  }

  private checkSize(size: number): void {
    const { maxFileSize } = this.options;
    if (size > maxFileSize) {
      const megabytes = (bytes: number): string => (bytes / (1024 * 1024)).toFixed(0);
      throw new Error(
        `it has ${megabytes(size)} MB, more than the limit of ${megabytes(maxFileSize)} MB`,
      );
    }
  }

  private refuse(path: string, error: unknown): never {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw promptMissing(`There is no file ${path}.`);
    }
    throw promptUnreadable(path, error);
  }
}

/** A clip of a file's content, which may be taken away. Rejects with an `Error` that says what is wrong with it. */
export async function clipOfFile(
  bytes: Buffer,
  decoder: Pick<SoundDecoder, 'decode'>,
  sampleRates: readonly number[],
): Promise<AudioClip> {
  return isQuick(bytes)
    ? makeClipGently(readWav(bytes), sampleRates)
    : decoder.decode(bytes, sampleRates);
}

function isQuick(bytes: Buffer): boolean {
  if (soundKind(bytes).kind !== 'wav') return false;
  if (bytes.length <= SMALL_WAV) return true;
  // RIFF, length, WAVE, "fmt ", its length, format 1, 1 channel, …, 16 bits.
  const plain =
    bytes.toString('latin1', 0, 4) === 'RIFF' &&
    bytes.toString('latin1', 8, 16) === 'WAVEfmt ' &&
    bytes.readUInt32LE(20) === 0x1_0001 &&
    bytes.readUInt16LE(34) === 16;
  return plain && bytes.length <= SMALL_PLAIN_WAV;
}

function keyOf(path: string, found: { readonly size: number; readonly mtimeMs: number }): string {
  return `${path}\n${found.size}\n${found.mtimeMs}`;
}
