import type { Clock, TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import { startSpeechProcess, type SpeechProcess } from './child-process';
import type { SpeechResponse } from './speech-messages';

/** Durations are milliseconds. */
export interface SpeechWorkerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** As the log calls it: `The built-in voice`. */
  readonly title: string;
  /** A program of this folder, without its ending. */
  readonly script: string;
  readonly args: () => readonly string[];
  /** Where the process gets a folder of its own. */
  readonly temporaryFolder: string;
  /** For one request, the start of the process included. */
  readonly timeout: number;
  readonly idleTimeout: number;
}

interface Pending {
  readonly id: number;
  readonly resolve: (wav: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Keeps one synthesising process: starts it for the first request, replaces it after a crash or a
 * request that took too long, ends it when idle. Requests are made one at a time.
 */
export class SpeechWorker {
  private process: Promise<SpeechProcess> | undefined;
  private pid: number | undefined;
  private pending: Pending | undefined;
  private idle: TimerHandle | undefined;
  private nextId = 1;
  private closed = false;
  private readonly ending = new Set<Promise<void>>();

  constructor(private readonly options: SpeechWorkerOptions) {}

  get processId(): number | undefined {
    return this.pid;
  }

  /** The WAV file that the process makes of a request; rejects with an `Error` that says why not. */
  async request(content: object): Promise<Uint8Array> {
    const { clock, timeout } = this.options;
    if (this.closed) throw new Error('it is closed');
    clock.clearTimeout(this.idle);
    const id = this.nextId++;
    const answered = new Promise<Uint8Array>((resolve, reject) => {
      this.pending = { id, resolve, reject };
    });
    // It may fail while the start is still awaited, and is awaited only then.
    answered.catch(() => undefined);
    const deadline = clock.setTimeout(
      () => this.stop(`no sound came within ${timeout} ms`),
      timeout,
    );
    try {
      const process = await (this.process ??= this.start());
      process.hold(true);
      process.send({ id, ...content });
      return await answered;
    } finally {
      clock.clearTimeout(deadline);
      this.pending = undefined;
      this.rest();
    }
  }

  /** Ends the process and resolves when none is left. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    this.options.clock.clearTimeout(this.idle);
    this.stop('it was closed');
    await Promise.all(this.ending);
  }

  private start(): Promise<SpeechProcess> {
    const { script, args, temporaryFolder, logger, title } = this.options;
    const voice = title.charAt(0).toLowerCase() + title.slice(1);
    const mine = (): boolean => this.process === starting;
    const starting: Promise<SpeechProcess> = (async () =>
      startSpeechProcess(script, args(), temporaryFolder, {
        onMessage: (message) => {
          if (mine()) this.receive(message as SpeechResponse);
        },
        onEnd: (reason, said) => {
          if (!mine()) return;
          this.forget();
          logger.warn({ reason, said }, `the process of ${voice} ended by itself`);
          this.pending?.reject(new Error(reason));
        },
      }))();
    starting.then(
      (process) => {
        if (mine()) this.pid = process.id;
      },
      (error: unknown) => {
        if (!mine()) return;
        this.forget();
        logger.warn({ reason: describeError(error) }, `${voice} could not be started`);
      },
    );
    return starting;
  }

  private receive(response: SpeechResponse): void {
    if (response.id !== this.pending?.id) return;
    if ('wav' in response) this.pending.resolve(response.wav);
    else this.pending.reject(new Error(response.error));
  }

  /** Nothing to do: this process may end, and after a while the other one does. */
  private rest(): void {
    const { process } = this;
    if (process === undefined || this.closed) return;
    process.then(
      (running) => running.hold(false),
      () => undefined,
    );
    this.idle = this.options.clock.setTimeout(
      () => this.stop('it was idle'),
      this.options.idleTimeout,
    );
  }

  private stop(reason: string): void {
    const { process } = this;
    this.forget();
    this.pending?.reject(new Error(reason));
    if (process === undefined) return;
    const ending = process
      .then(
        (running) => running.end(),
        () => undefined,
      )
      .finally(() => this.ending.delete(ending));
    this.ending.add(ending);
  }

  private forget(): void {
    this.process = undefined;
    this.pid = undefined;
  }
}
