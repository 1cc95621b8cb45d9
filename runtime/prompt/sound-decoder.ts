import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AudioClip } from '../core/audio';
import type { Clock, TimerHandle } from '../core/clock';

/** Milliseconds for one file; an hour of sound takes a few seconds. */
const TIMEOUT = 60_000;
/** Milliseconds without work after which the thread ends. */
const IDLE = 60_000;

export interface DecodeRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** What the clip may have, samples a second; the file's own when absent. */
  readonly rates: readonly number[] | undefined;
}

export type DecodeAnswer =
  | { readonly id: number; readonly clip: AudioClip }
  | { readonly id: number; readonly problem: string };

interface Job {
  readonly request: DecodeRequest;
  readonly resolve: (clip: AudioClip) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Decodes files in a thread of its own, one after the other, small ones first, so that calls do not stop meanwhile. The thread starts
 * with the first file, and ends after a minute without one.
 */
export class SoundDecoder {
  private readonly waiting: Job[] = [];
  private job: Job | undefined;
  private worker: Worker | undefined;
  private timer: TimerHandle | undefined;
  private closed = false;
  private last = 0;

  constructor(private readonly options: { readonly clock: Clock }) {}

  /**
   * A clip of the sound in a file of any kind, its samples in shared memory. `bytes` may be taken away. Rejects with
   * an `Error` that says what is wrong with the file.
   */
  decode(bytes: Uint8Array, rates?: readonly number[]): Promise<AudioClip> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ request: { id: (this.last += 1), bytes, rates }, resolve, reject });
      // What callers wait for is mostly small; music for those on hold takes seconds.
      this.waiting.sort((a, b) => a.request.bytes.length - b.request.bytes.length);
      this.next();
    });
  }

  /** Ends the thread; what is being decoded is rejected. */
  async close(): Promise<void> {
    this.closed = true;
    await this.end('the decoder is closed');
    this.next();
  }

  private next(): void {
    if (this.job !== undefined) return;
    const job = this.waiting.shift();
    if (job === undefined) return;
    if (this.closed) {
      job.reject(new Error('the decoder is closed'));
      this.next();
      return;
    }
    this.job = job;
    const worker = (this.worker ??= this.start());
    this.wait(TIMEOUT, () => void this.end('it takes too long to decode'));
    // A view of a larger buffer, such as those that Node shares between small files, stays whole.
    const { buffer, byteLength } = job.request.bytes;
    const own = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    worker.ref();
    worker.postMessage(job.request, own ? [buffer] : []);
  }

  private start(): Worker {
    const ending = extname(__filename);
    const typescript = ending === '.ts';
    const worker = new Worker(join(__dirname, `decoder-thread${ending}`), {
      name: 'decoder',
      execArgv: typescript ? ['-r', require.resolve('ts-node/register')] : [],
      ...(typescript ? { env: { ...process.env, TS_NODE_PROJECT: projectFile() } } : {}),
    });
    let reason = 'the decoder ended';
    worker.on('message', (answer: DecodeAnswer) => this.answered(answer));
    worker.on('error', (error) => (reason = `the decoder failed (${error.message})`));
    worker.once('exit', () => {
      if (this.worker === worker) void this.end(reason);
    });
    return worker;
  }

  private answered(answer: DecodeAnswer): void {
    const { job } = this;
    if (job?.request.id !== answer.id) return;
    this.job = undefined;
    // An idle thread keeps no process alive.
    this.worker?.unref();
    this.wait(IDLE, () => void this.end('the decoder ended'));
    if ('clip' in answer) job.resolve(answer.clip);
    else job.reject(new Error(answer.problem));
    this.next();
  }

  /** Ends the thread, and with it the job that it has; the next one starts another. */
  private async end(reason: string): Promise<void> {
    const { worker, job } = this;
    this.worker = undefined;
    this.job = undefined;
    this.options.clock.clearTimeout(this.timer);
    job?.reject(new Error(reason));
    await worker?.terminate();
    this.next();
  }

  private wait(delay: number, callback: () => void): void {
    const { clock } = this.options;
    clock.clearTimeout(this.timer);
    this.timer = clock.setTimeout(callback, delay);
  }
}

/** With it ts-node finds how TypeScript is to be read here, wherever the process was started. */
function projectFile(): string {
  return join(__dirname, '..', '..', 'tsconfig.json');
}
