import { describeError } from '../../core/errors';
import { voiceFailed } from '../errors';
import type { SpeechChunk } from '../port';
import { readWav } from '../wav';
import { SpeechWorker, type SpeechWorkerOptions } from './speech-worker';

const MAX_WAITING = 256;
/** Samples a second of a silence before anything has been said. */
const FIRST_RATE = 16_000;

/** A part of a text, as the process takes it, or milliseconds of silence between two. */
export type Utterance =
  { readonly request: object; readonly rest?: string | undefined } | { readonly silence: number };

interface Job {
  readonly request: object;
  readonly resolve: (wav: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Speaks with a process of its own: one utterance at a time, those of several texts in turn, so that a long text does
 * not keep a short one waiting to its end.
 */
export class ProcessSpeaker {
  private readonly worker: SpeechWorker;
  private readonly queue: Job[] = [];
  private working = false;
  private closed = false;

  constructor(private readonly options: SpeechWorkerOptions) {
    this.worker = new SpeechWorker(options);
  }

  /** The process that speaks now, for those who watch processes; undefined while none runs. */
  get processId(): number | undefined {
    return this.worker.processId;
  }

  async *speak(
    utterances: readonly Utterance[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<SpeechChunk, void> {
    let sampleRate = FIRST_RATE;
    for (const utterance of utterances) {
      if ('silence' in utterance) {
        const samples = new Int16Array(Math.round((utterance.silence * sampleRate) / 1_000));
        yield { sampleRate, samples };
        continue;
      }
      const { rest } = utterance;
      const sound = await this.utter(utterance.request, signal);
      sampleRate = sound.sampleRate;
      yield rest === undefined ? sound : { ...sound, rest };
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.queue.splice(0)) job.reject(new Error('it is closed'));
    await this.worker.close();
  }

  private async utter(request: object, signal: AbortSignal | undefined): Promise<SpeechChunk> {
    const { title } = this.options;
    try {
      return readWav(await this.enqueue(request, signal));
    } catch (error) {
      throw voiceFailed(`${title} could not speak a text: ${describeError(error)}.`, error);
    }
  }

  private enqueue(request: object, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('it is closed'));
      if (signal?.aborted === true) return reject(new Error('it was cancelled'));
      if (this.queue.length >= MAX_WAITING) {
        return reject(new Error(`${MAX_WAITING} texts are waiting to be spoken already`));
      }
      const cancel = (): void => {
        const at = this.queue.indexOf(job);
        if (at >= 0) this.queue.splice(at, 1);
        reject(new Error('it was cancelled'));
      };
      const end = (): void => signal?.removeEventListener('abort', cancel);
      const job: Job = {
        request,
        resolve: (wav) => {
          end();
          resolve(wav);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.queue.push(job);
      void this.work();
    });
  }

  /** Speaks what waits, one after the other. Never rejects: each job has its own promise. */
  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (let job = this.queue.shift(); job !== undefined; job = this.queue.shift()) {
      try {
        job.resolve(await this.worker.request(job.request));
      } catch (error) {
        job.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.working = false;
  }
}
