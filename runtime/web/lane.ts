import type { Dispatcher } from 'undici';
import type { Breaker } from '../core/breaker';
import type { ExchangeResult } from './exchange';
import type { WebFailure } from './port';
import type { Span } from './span';

export interface LaneOptions {
  /** Closed with the lane. */
  readonly dispatcher: Dispatcher;
  readonly breaker: Breaker;
  /** Requests at once. */
  readonly connections: number;
  /** Requests that may wait for one of those to end. */
  readonly queue: number;
}

type Entry = 'entered' | 'circuitOpen' | 'busy' | 'over';

/**
 * The way to one origin: so many requests at once, so many that wait, and none for a while when it did not answer again
 * and again. What happens in one lane never delays another.
 */
export class Lane {
  private active = 0;
  private readonly waiting: ((entry: Entry) => void)[] = [];

  constructor(private readonly options: LaneOptions) {}

  get dispatcher(): Dispatcher {
    return this.options.dispatcher;
  }

  get isIdle(): boolean {
    return this.active === 0 && this.waiting.length === 0;
  }

  get isResting(): boolean {
    return this.options.breaker.resting;
  }

  /** Resolves when the request may go, or to why it may not; {@link judge} and {@link leave} follow `entered`. */
  enter(span: Span): Entry | Promise<Entry> {
    const { breaker, connections, queue } = this.options;
    if (!breaker.ready) return 'circuitOpen';
    if (this.active < connections) return this.take();
    if (this.waiting.length >= queue) return 'busy';
    return new Promise((resolve) => {
      const waiter = (entry: Entry): void => {
        span.stops(undefined);
        resolve(entry);
      };
      this.waiting.push(waiter);
      span.stops(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        waiter('over');
      });
    });
  }

  /** What came of it tells how the origin does. */
  judge(result: ExchangeResult): void {
    const { breaker } = this.options;
    if (result.type === 'answer' || answers.has(result.reason)) breaker.succeed();
    else if (silences.has(result.reason)) {
      breaker.fail();
      // Nobody waits for one that is left alone.
      if (breaker.resting) for (const waiter of this.waiting.splice(0)) waiter('circuitOpen');
    } else breaker.release();
  }

  /** Its connection is free. */
  leave(): void {
    this.active -= 1;
    const next = this.waiting.shift();
    if (next !== undefined) next(this.options.breaker.ready ? this.take() : 'circuitOpen');
  }

  async close(): Promise<void> {
    await this.options.dispatcher.destroy();
  }

  private take(): 'entered' {
    this.active += 1;
    this.options.breaker.begin();
    return 'entered';
  }
}

/** The origin is there, if not as it should be. */
const answers: ReadonlySet<WebFailure> = new Set(['tooLarge', 'garbage']);
/** It is not. */
const silences: ReadonlySet<WebFailure> = new Set([
  ...(['timeout', 'refused', 'unknownHost', 'closed', 'tls'] as const),
]);
