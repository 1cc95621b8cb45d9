import type { Clock, TimerHandle } from '../core/clock';

/** Why a request ended before its answer. */
export type SpanEnd = 'timeout' | 'aborted';

/** The time that a request has: over when it is used up, or when its caller or the client gives up. */
export class Span {
  ended: SpanEnd | undefined;
  /** Of the clock. */
  readonly until: number;
  private readonly timer: TimerHandle;
  private readonly abort = (): void => this.end('aborted');
  private stopper: (() => void) | undefined;

  /** @param timeout milliseconds */
  constructor(
    private readonly clock: Clock,
    timeout: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.until = clock.now() + timeout;
    this.timer = clock.setTimeout(() => this.end('timeout'), timeout);
    signal?.addEventListener('abort', this.abort);
    if (signal?.aborted === true) this.end('aborted');
  }

  /** What stops with it: one thing at a time, which is forgotten with `undefined`. Called once, later. */
  stops(stopper: (() => void) | undefined): void {
    this.stopper = stopper;
  }

  end(ended: SpanEnd): void {
    if (this.ended !== undefined) return;
    this.ended = ended;
    this.stopper?.();
  }

  /** The request is done. */
  close(): void {
    this.clock.clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.abort);
    this.stopper = undefined;
  }

  /** Resolves after so many milliseconds, or when it is over. */
  wait(duration: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(resolve, duration);
      this.stops(() => {
        this.clock.clearTimeout(timer);
        resolve();
      });
      if (this.ended !== undefined) this.stopper?.();
    });
  }
}
