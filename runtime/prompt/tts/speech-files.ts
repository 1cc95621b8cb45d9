import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioClip } from '../../core/audio';
import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import { digest, makeClipGently } from '../clip';
import { readWav, writeWav } from '../wav';
import { pruneDirectory } from './prune';

/** The chunk behind the samples that holds their SHA-256, so that a damaged file is noticed. */
const SEAL = 'seal';
const SEAL_SIZE = 32;
/** Files written between two looks at the size of the folder: others may write there too. */
const LOOK_EVERY = 64;
/** Milliseconds in which the use of a file is noted once. */
const NOTED_FOR = 3_600_000;
/** Uses that are remembered. */
const MOST_NOTED = 10_000;

export interface SpeechFilesOptions {
  /** Made when missing. */
  readonly directory: string;
  /** What clips may have, samples a second. */
  readonly sampleRates: readonly number[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes; the files that were not used for longest go first. */
  readonly maxSize: number;
}

/**
 * Spoken texts on disk, a sealed WAV file each, under a name that says all that shapes the sound. When it was used
 * last is its time of change, so that a restart knows it too. Several processes may share the folder: files appear
 * whole, and whoever misses one makes it again.
 */
export class SpeechFiles {
  private readonly writing = new Set<Promise<void>>();
  private readonly noted = new Map<string, number>();
  private usable = true;
  private written = 0;
  /** Bytes, as far as this process knows. */
  private size = Infinity;

  constructor(private readonly options: SpeechFilesOptions) {}

  /** Bytes, once this process has looked. */
  get knownSize(): number | undefined {
    return Number.isFinite(this.size) ? this.size : undefined;
  }

  /** The clip of a key; undefined when there is none, or none that is whole. */
  async read(key: string): Promise<AudioClip | undefined> {
    const { sampleRates, logger } = this.options;
    const path = this.pathOf(key);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch {
      return undefined;
    }
    try {
      const sound = readWav(bytes);
      const seal = bytes.subarray(-SEAL_SIZE);
      if (!sampleRates.includes(sound.sampleRate) || !digest(sound.samples).equals(seal)) {
        throw new Error('the samples are not those that were written');
      }
      this.note(key);
      return await makeClipGently(sound, sampleRates);
    } catch (error) {
      logger.warn(
        { path, reason: describeError(error) },
        'a damaged file of the speech cache is made again',
      );
      await rm(path, { force: true }).catch(() => undefined);
      return undefined;
    }
  }

  /** It has been used, wherever it was read from. */
  note(key: string): void {
    const now = this.options.clock.now();
    const last = this.noted.get(key);
    if (!this.usable || (last !== undefined && now - last < NOTED_FOR)) return;
    this.noted.delete(key);
    this.noted.set(key, now);
    if (this.noted.size > MOST_NOTED) {
      for (const oldest of this.noted.keys()) {
        this.noted.delete(oldest);
        break;
      }
    }
    this.track(utimes(this.pathOf(key), now / 1_000, now / 1_000).catch(() => undefined));
  }

  /** Nobody waits for the disk; {@link settle} does. */
  write(key: string, clip: AudioClip): void {
    if (this.usable) this.track(this.store(key, clip));
  }

  /** Resolves when everything is on disk. */
  async settle(): Promise<void> {
    while (this.writing.size > 0) await Promise.all(this.writing);
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.writing.delete(tracked));
    this.writing.add(tracked);
  }

  /** Written beside and renamed, so that nobody ever sees half a file. */
  private async store(key: string, clip: AudioClip): Promise<void> {
    const { directory, logger, maxSize, clock } = this.options;
    // Processes in containers may share a folder and a number.
    const temporary = join(directory, `${key}.${randomUUID()}.tmp`);
    try {
      await mkdir(directory, { recursive: true });
      const bytes = writeWav(clip, { id: SEAL, content: digest(clip.samples) });
      await writeFile(temporary, bytes);
      const now = clock.now() / 1_000;
      await utimes(temporary, now, now);
      await rename(temporary, this.pathOf(key));
      this.noted.set(key, clock.now());
      this.size += bytes.length;
      this.written += 1;
      if (this.size > maxSize || this.written % LOOK_EVERY === 0) {
        this.size = await pruneDirectory(directory, maxSize, clock.now());
      }
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      if (!this.usable) return;
      this.usable = false;
      logger.warn(
        { directory, reason: describeError(error) },
        'spoken prompts are not kept on disk: the cache cannot be written',
      );
    }
  }

  private pathOf(key: string): string {
    return join(this.options.directory, `${key}.wav`);
  }
}
