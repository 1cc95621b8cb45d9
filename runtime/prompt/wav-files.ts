import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { AudioClip } from '../core/audio';
import type { Clock } from '../core/clock';
import { makeClip, makeClipGently } from './clip';
import type { ClipMemory } from './clip-memory';
import { promptMissing, promptUnreadable } from './errors';
import { checkWav, readWav } from './wav';

/** A file up to this size is decoded by a check; of a larger one the check reads the header alone. */
const DECODE_IN_CHECK = 2 * 1024 * 1024;

/** Milliseconds for which a prompt is not looked at again: asking the disk costs more than playing it. */
const TRUST = 1_000;

export interface WavFilesOptions {
  readonly clock: Clock;
  /** What clips may have, samples a second; see {@link clipRate}. */
  readonly sampleRates: readonly number[];
  readonly memory: ClipMemory;
  /** Bytes; a larger file is refused. */
  readonly maxFileSize: number;
}

/** Clips from WAV files, converted once. A file that has changed is read again, within a second. */
export class WavFiles {
  private readonly loading = new Map<string, Promise<AudioClip>>();
  /** By path: the key of what was found there, and until when that is believed. */
  private readonly trusted = new Map<string, { readonly key: string; readonly until: number }>();

  constructor(private readonly options: WavFilesOptions) {}

  /**
   * Reads a file, giving way to packets while it converts. Rejects with `CALLCHART_PROMPT_MISSING` or
   * `CALLCHART_PROMPT_UNREADABLE`. `fresh` asks the disk each time.
   */
  async load(path: string, fresh = false): Promise<AudioClip> {
    const { clock } = this.options;
    const trusted = fresh ? undefined : this.trusted.get(path);
    if (trusted !== undefined && clock.now() < trusted.until) {
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

  /** Throws what {@link load} would reject with. A small file is ready to play afterwards. */
  check(path: string): void {
    const { memory, sampleRates } = this.options;
    try {
      const found = statSync(path);
      const key = keyOf(path, found);
      if (memory.get(key) !== undefined) return;
      this.checkSize(found.size);
      const bytes = readFileSync(path);
      if (bytes.length > DECODE_IN_CHECK) checkWav(bytes);
      else memory.set(key, makeClip(readWav(bytes), sampleRates));
    } catch (error) {
      this.refuse(path, error);
    }
  }

  private async read(path: string, key: string, size: number): Promise<AudioClip> {
    try {
      this.checkSize(size);
      const clip = await makeClipGently(readWav(await readFile(path)), this.options.sampleRates);
      this.options.memory.set(key, clip);
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

function keyOf(path: string, found: { readonly size: number; readonly mtimeMs: number }): string {
  return `${path}\n${found.size}\n${found.mtimeMs}`;
}
