import { describeError } from '../../core/errors';
import type { SpeechRequest } from '../port';
import type { Speech } from './speech';

/** How it went with one text. */
export interface PreparedText {
  readonly request: SpeechRequest;
  /** Kept already, made now, or not to be had. */
  readonly outcome: 'there' | 'made' | 'failed';
  /** Who spoke it; another than the first of its language when that one failed. */
  readonly voice: string | undefined;
  /** Milliseconds of sound; 0 with `failed`. */
  readonly duration: number;
  /** Why it failed, as one sentence. */
  readonly reason: string | undefined;
}

export interface PrepareOptions {
  /** Texts at a time; 2. */
  readonly concurrency?: number;
  /** Told after each text. */
  readonly onProgress?: (text: PreparedText, done: number, total: number) => void;
  /** Nothing more is begun once it is aborted; what was not begun has failed. */
  readonly signal?: AbortSignal;
}

/**
 * Has texts spoken into the cache, so that no call waits for a voice. Gives the results in the order of the requests.
 * Never rejects. They are on disk once the speech is closed.
 */
export async function prepareAll(
  speech: Speech,
  requests: readonly SpeechRequest[],
  { concurrency = 2, onProgress, signal }: PrepareOptions = {},
): Promise<PreparedText[]> {
  const results: PreparedText[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; ; index = next++) {
      const request = requests[index];
      if (request === undefined) return;
      const result = await prepareOne(speech, request, signal);
      results[index] = result;
      done += 1;
      onProgress?.(result, done, requests.length);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.floor(concurrency)) }, worker));
  return results;
}

async function prepareOne(
  speech: Speech,
  request: SpeechRequest,
  signal: AbortSignal | undefined,
): Promise<PreparedText> {
  try {
    signal?.throwIfAborted();
    const problem = speech.check(request);
    if (problem !== undefined) throw new Error(problem);
    const spoken = await speech.open(request);
    const outcome = spoken.over ? 'there' : 'made';
    const { samples, sampleRate } = await spoken.whole();
    const duration = Math.round((1_000 * samples.length) / sampleRate);
    return { request, outcome, voice: spoken.by, duration, reason: undefined };
  } catch (error) {
    const reason = describeError(error);
    return { request, outcome: 'failed', voice: undefined, duration: 0, reason };
  }
}
