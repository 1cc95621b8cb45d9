import type { Clock, TimerHandle } from '../../core/clock';

/** The records that a question brought; with a failure they may be too few. */
export interface Answer<T> {
  readonly records: readonly T[];
  /** There was no answer, or none that could be read. */
  readonly failure?: Error;
}

export interface AnswerLimits {
  /** Milliseconds that one question may take. */
  readonly timeout: number;
  /** Milliseconds that records are kept; Node tells no time to live for most of them. */
  readonly keep: number;
  /** Milliseconds that a failure is kept, so that a dead server is not asked for each call. */
  readonly keepFailure: number;
  /** Answers that are kept. */
  readonly maxAnswers: number;
  /** Questions at once; further ones fail. */
  readonly maxOpen: number;
  /** Records of one answer; the rest is cut off. */
  readonly maxRecords: number;
}

interface Kept<T> {
  readonly answer: Answer<T>;
  readonly until: number;
}

interface Open<T> {
  readonly answer: Promise<Answer<T>>;
  finish(answer: Answer<T>): void;
}

/** Answers to questions of one type, by name: kept for a short while, and asked once for all who wait. */
export class AnswerCache<T> {
  private readonly kept = new Map<string, Kept<T>>();
  private readonly open = new Map<string, Open<T>>();

  constructor(
    private readonly clock: Clock,
    private readonly question: (name: string) => Promise<readonly T[]>,
    private readonly limits: AnswerLimits,
  ) {}

  /** Answers that are kept, stale ones included. */
  get size(): number {
    return this.kept.size;
  }

  /** Never rejects; at once where the answer is known. */
  ask(name: string): Answer<T> | Promise<Answer<T>> {
    const known = this.kept.get(name);
    if (known !== undefined && this.clock.now() < known.until) return known.answer;
    const open = this.open.get(name);
    if (open !== undefined) return open.answer;
    if (this.open.size >= this.limits.maxOpen) {
      return { records: [], failure: new Error('too many questions at once') };
    }
    return this.begin(name);
  }

  /** Answers all who wait, and forgets. */
  close(): void {
    for (const open of [...this.open.values()]) {
      open.finish({ records: [], failure: new Error('the resolver was closed') });
    }
    this.kept.clear();
  }

  private begin(name: string): Promise<Answer<T>> {
    const { timeout, maxRecords } = this.limits;
    let settle: (answer: Answer<T>) => void = () => undefined;
    const answer = new Promise<Answer<T>>((resolve) => {
      settle = resolve;
    });
    const open: Open<T> = {
      answer,
      finish: (result) => {
        // A late answer to a question that was given up.
        if (this.open.get(name) !== open) return;
        this.open.delete(name);
        this.clock.clearTimeout(timer);
        this.keep(name, result);
        settle(result);
      },
    };
    this.open.set(name, open);
    const timer: TimerHandle = this.clock.setTimeout(() => {
      open.finish({ records: [], failure: new Error(`no answer within ${timeout} ms`) });
    }, timeout);
    this.question(name).then(
      (records) => open.finish({ records: records.slice(0, maxRecords) }),
      (error: unknown) => {
        const failure = error instanceof Error ? error : new Error(String(error));
        open.finish({ records: [], failure });
      },
    );
    return answer;
  }

  private keep(name: string, answer: Answer<T>): void {
    const { keep, keepFailure, maxAnswers } = this.limits;
    const time = answer.failure === undefined ? keep : keepFailure;
    // The oldest stands first, because each answer is put in anew.
    this.kept.delete(name);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < maxAnswers) break;
      this.kept.delete(oldest);
    }
    this.kept.set(name, { answer, until: this.clock.now() + time });
  }
}
