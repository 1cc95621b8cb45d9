import type { Clock } from './clock';

export interface BreakerOptions {
  /** Failures in a row after which it rests; 3. */
  readonly failures?: number;
  /** Milliseconds; 30 000. */
  readonly rest?: number;
}

/**
 * Lets somebody who failed again and again rest for a while, so that nobody waits for it. Then one request tries it:
 * it works again when that succeeds, and rests again when it fails.
 *
 *     works --failures in a row--> rests --time--> on trial --success--> works
 *                                    ^-----failure----|
 */
export class Breaker {
  private failed = 0;
  private restsUntil: number | undefined;
  private trial = false;

  constructor(
    private readonly clock: Clock,
    private readonly options: BreakerOptions = {},
  ) {}

  /** Whether it may be asked now. */
  get ready(): boolean {
    if (this.restsUntil === undefined) return true;
    return !this.trial && this.clock.now() >= this.restsUntil;
  }

  get resting(): boolean {
    return this.restsUntil !== undefined;
  }

  /** It is being asked; {@link succeed}, {@link fail} or {@link release} follows. */
  begin(): void {
    if (this.restsUntil !== undefined) this.trial = true;
  }

  /** True when it rested before. */
  succeed(): boolean {
    const rested = this.resting;
    this.failed = 0;
    this.restsUntil = undefined;
    this.trial = false;
    return rested;
  }

  /** True when it begins to rest now. */
  fail(): boolean {
    const { failures = 3, rest = 30_000 } = this.options;
    const rested = this.resting;
    this.failed += 1;
    this.trial = false;
    if (this.failed < failures) return false;
    this.restsUntil = this.clock.now() + rest;
    return !rested;
  }

  /** Neither: what was asked for said nothing about it. */
  release(): void {
    this.trial = false;
  }
}
