import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioClip } from '../../core/audio';
import type { Clock } from '../../core/clock';
import { CallchartError, describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import { digest, makeClipGently } from '../clip';
import type { ClipMemory } from '../clip-memory';
import { voiceFailed } from '../errors';
import type { Voice } from '../port';
import { readWav, writeWav } from '../wav';
import { pruneDirectory } from './prune';

/** Raised when the same input is turned into other samples: the conversion, the levels. */
const VERSION = 1;
/** The chunk behind the samples that holds their SHA-256, so that a damaged file is noticed. */
const SEAL = 'seal';
const SEAL_SIZE = 32;
/** Files written between two looks at the size of the folder. */
const PRUNE_EVERY = 64;

export interface SpeechCacheOptions {
  /** Made when missing; without one nothing is kept on disk. */
  readonly directory: string | undefined;
  /** What clips may have, samples a second. */
  readonly sampleRates: readonly number[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memory: ClipMemory;
  /** Bytes on disk; the files that were not used for longest go first. */
  readonly maxDiskSize: number;
}

/** Spoken texts, in memory and on disk. Each is synthesised once, however many calls want it at once. */
export class SpeechCache {
  private readonly making = new Map<string, Promise<AudioClip>>();
  private readonly writing = new Set<Promise<void>>();
  private usable: boolean;
  private written = 0;

  constructor(private readonly options: SpeechCacheOptions) {
    this.usable = options.directory !== undefined;
  }

  /**
   * A text as `voice` speaks it; `speaker` is the voice's own choice of speaker. Rejects with
   * `CALLCHART_VOICE_FAILED`.
   */
  async speak(voice: Voice, text: string, speaker: string | undefined): Promise<AudioClip> {
    const key = speechKey(voice.key, speaker, text, this.options.sampleRates);
    const known = this.options.memory.get(key);
    if (known !== undefined) return known;
    let making = this.making.get(key);
    if (making === undefined) {
      making = this.make(key, voice, text, speaker).finally(() => this.making.delete(key));
      this.making.set(key, making);
    }
    return making;
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    await Promise.allSettled(this.making.values());
    await Promise.all(this.writing);
  }

  private async make(
    key: string,
    voice: Voice,
    text: string,
    speaker: string | undefined,
  ): Promise<AudioClip> {
    const { memory } = this.options;
    const stored = await this.read(key);
    if (stored !== undefined) {
      memory.set(key, stored);
      return stored;
    }
    const clip = await this.synthesise(voice, text, speaker);
    memory.set(key, clip);
    // The caller does not wait for the disk.
    const writing = this.write(key, clip).finally(() => this.writing.delete(writing));
    this.writing.add(writing);
    return clip;
  }

  private async synthesise(
    voice: Voice,
    text: string,
    speaker: string | undefined,
  ): Promise<AudioClip> {
    try {
      const sound = await voice.synthesise(text, speaker === undefined ? {} : { voice: speaker });
      return await makeClipGently(sound, this.options.sampleRates);
    } catch (error) {
      if (error instanceof CallchartError && error.code === 'CALLCHART_VOICE_FAILED') throw error;
      throw voiceFailed(`The voice could not speak a text: ${describeError(error)}`, error);
    }
  }

  private async read(key: string): Promise<AudioClip | undefined> {
    const { directory, sampleRates, clock, logger } = this.options;
    if (directory === undefined) return undefined;
    const path = join(directory, `${key}.wav`);
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
      const now = clock.now() / 1000;
      await utimes(path, now, now).catch(() => undefined);
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

  /** Written beside and renamed, so that nobody ever sees half a file. */
  private async write(key: string, clip: AudioClip): Promise<void> {
    const { directory, logger, maxDiskSize, clock } = this.options;
    if (directory === undefined || !this.usable) return;
    const temporary = join(directory, `${key}.${process.pid}.tmp`);
    try {
      await mkdir(directory, { recursive: true });
      await writeFile(temporary, writeWav(clip, { id: SEAL, content: digest(clip.samples) }));
      await rename(temporary, join(directory, `${key}.wav`));
      this.written += 1;
      if (this.written % PRUNE_EVERY === 1)
        await pruneDirectory(directory, maxDiskSize, clock.now());
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
}

/** Changes with everything that shapes the sound. */
export function speechKey(
  voiceKey: string,
  speaker: string | undefined,
  text: string,
  sampleRates: readonly number[],
): string {
  const content = JSON.stringify([VERSION, voiceKey, speaker ?? null, text, sampleRates]);
  return createHash('sha256').update(content).digest('hex').slice(0, 40);
}
