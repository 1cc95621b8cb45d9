/** Milliseconds over which an app is watched. */
const span = 2_000;
/** Milliseconds that may wait for good: what evens out how messages come. */
const spare = 20;
/** Shares of real time between which an app sends as it hears. */
const slowest = 0.9;
const fastest = 1.1;

/**
 * Finds out how late an app is heard that sends in real time. Where its sound was held up once, in the network or by a
 * busy machine, all that follows waits behind it; an app that sends ahead wants that, one that sends as it hears does not.
 */
export class Backlog {
  private since: number | undefined;
  private received = 0;
  private least = Infinity;

  /**
   * Some sound has come. Durations are milliseconds: what waits before it, and how long it is. Returns how much of what
   * comes is one too many; 0 as a rule.
   */
  take(now: number, waiting: number, duration: number): number {
    this.since ??= now;
    const elapsed = now - this.since;
    if (elapsed < span) {
      this.received += duration;
      this.least = Math.min(this.least, waiting);
      return 0;
    }
    const share = this.received / elapsed;
    const surplus = share >= slowest && share <= fastest ? Math.max(0, this.least - spare) : 0;
    this.since = now;
    this.received = duration;
    this.least = waiting;
    return surplus;
  }
}
