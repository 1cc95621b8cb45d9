import { createHash } from 'node:crypto';
import type { AudioClip } from '../../core/audio';
import type { Clock } from '../../core/clock';
import { CallchartError, describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import { makeClipGently } from '../clip';
import type { ClipMemory } from '../clip-memory';
import { voiceFailed } from '../errors';
import type { SpeechRequest, Voice } from '../port';
import { SpeechRefused } from './refused';
import { SpeechFiles } from './speech-files';
import { SpokenText } from './spoken-text';

/** Raised when the same input is turned into other samples: the conversion, the levels, the parts. */
const VERSION = 2;

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

/** Told how a synthesis ended, once, however many wait for it. */
export type SynthesisEnd = (error: Error | undefined) => void;

/**
 * Spoken texts, in memory and on disk, each under the voice that spoke it. A text is synthesised once, however many
 * calls want it at once.
 */
export class SpeechCache {
  private readonly making = new Map<string, SpokenText>();
  private readonly reading = new Map<string, Promise<AudioClip | undefined>>();
  private readonly aborts = new Set<AbortController>();
  private readonly files: SpeechFiles | undefined;
  private closed = false;

  constructor(private readonly options: SpeechCacheOptions) {
    const { directory, maxDiskSize } = options;
    this.files =
      directory === undefined
        ? undefined
        : new SpeechFiles({ ...options, directory, maxSize: maxDiskSize });
  }

  /** Bytes of sound; on disk undefined where nobody has looked yet. */
  get size(): { readonly memory: number; readonly disk: number | undefined } {
    return { memory: this.options.memory.size, disk: this.files?.knownSize };
  }

  /** What is in memory. */
  known(voice: Voice, request: SpeechRequest): AudioClip | undefined {
    const key = this.keyOf(voice, request);
    const clip = this.options.memory.get(key);
    if (clip !== undefined) this.files?.note(key);
    return clip;
  }

  /** What is in memory or on disk. */
  async find(voice: Voice, request: SpeechRequest): Promise<AudioClip | undefined> {
    const known = this.known(voice, request);
    if (known !== undefined || this.files === undefined) return known;
    const key = this.keyOf(voice, request);
    let reading = this.reading.get(key);
    if (reading === undefined) {
      reading = this.files.read(key).finally(() => this.reading.delete(key));
      this.reading.set(key, reading);
    }
    const clip = await reading;
    if (clip !== undefined) this.options.memory.set(key, clip);
    return clip;
  }

  /** Joins the synthesis of a text that is going on, or begins one; `onEnd` is told only of one that it began. */
  make(voice: Voice, request: SpeechRequest, onEnd: SynthesisEnd = () => undefined): SpokenText {
    const key = this.keyOf(voice, request);
    const going = this.making.get(key);
    if (going !== undefined) return going;
    const spoken = new SpokenText();
    spoken.by = voice.name;
    this.making.set(key, spoken);
    void this.synthesise(key, voice, request, spoken).then((error) => {
      this.making.delete(key);
      if (!this.closed) onEnd(error);
      if (error !== undefined) spoken.fail(error);
    });
    return spoken;
  }

  /** Gives up what is being made, and resolves when everything else is on disk. */
  async close(): Promise<void> {
    this.closed = true;
    for (const abort of this.aborts) abort.abort();
    await Promise.all(
      [...this.making.values()].map((spoken) => spoken.whole().catch(() => undefined)),
    );
    await this.files?.settle();
  }

  /** Resolves with what went wrong; what came before is in `spoken`. */
  private async synthesise(
    key: string,
    voice: Voice,
    request: SpeechRequest,
    spoken: SpokenText,
  ): Promise<Error | undefined> {
    const { clock, sampleRates, memory } = this.options;
    const abort = new AbortController();
    this.aborts.add(abort);
    const chunks = voice.speak({ ...request, signal: abort.signal })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await inTime(chunks.next(), voice, clock, abort.signal);
        if (next.done === true) break;
        const part = await makeClipGently(next.value, sampleRates);
        spoken.rest = next.value.rest;
        spoken.add(part);
      }
      if (spoken.parts.length === 0) throw new SpeechRefused('The voice said nothing.');
      spoken.finish();
      const clip = await spoken.whole();
      memory.set(key, clip);
      this.files?.write(key, clip);
      return undefined;
    } catch (error) {
      // Also what it is still doing: nobody waits for that.
      abort.abort();
      void chunks.return?.().then(undefined, () => undefined);
      if (error instanceof CallchartError && error.code === 'CALLCHART_VOICE_FAILED') return error;
      return voiceFailed(`The voice could not speak a text: ${describeError(error)}`, error);
    } finally {
      this.aborts.delete(abort);
    }
  }

  private keyOf(voice: Voice, request: SpeechRequest): string {
    return speechKey(voice, request, this.options.sampleRates);
  }
}

/** Changes with everything that shapes the sound. */
export function speechKey(
  voice: Pick<Voice, 'key' | 'dialect'>,
  { text, ssml, speaker, language }: SpeechRequest,
  sampleRates: readonly number[],
): string {
  const dialect = voice.dialect(language) ?? voice.dialect(undefined);
  const shape = [voice.key, dialect, speaker, text, ssml].map((each) => each ?? null);
  const content = JSON.stringify([VERSION, ...shape, sampleRates]);
  return createHash('sha256').update(content).digest('hex').slice(0, 40);
}

/** Rejects when a voice takes too long, or is given up: it may never settle by itself. */
function inTime<T>(
  work: Promise<T>,
  { name, timeout }: Voice,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clock.clearTimeout(deadline);
      signal.removeEventListener('abort', cancelled);
    };
    const giveUp = (reason: string): void => {
      end();
      reject(voiceFailed(reason));
    };
    const cancelled = (): void => giveUp('The synthesis was cancelled.');
    const deadline = clock.setTimeout(
      () => giveUp(`The voice ${name} gave no sound within ${timeout} ms.`),
      timeout,
    );
    signal.addEventListener('abort', cancelled, { once: true });
    work.finally(end).then(resolve, reject);
  });
}
