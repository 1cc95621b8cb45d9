/** Lets through so much in a millisecond, and so much at once after a rest. */
export class TokenBucket {
  private tokens: number;
  private filledAt = 0;

  constructor(
    private readonly perMillisecond: number,
    private readonly most: number,
  ) {
    this.tokens = most;
  }

  /** Takes one; false when there is none. `now` in milliseconds. */
  take(now: number): boolean {
    // A clock that was set back fills nothing.
    const earned = Math.max(0, now - this.filledAt) * this.perMillisecond;
    this.filledAt = now;
    this.tokens = Math.min(this.most, this.tokens + earned);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
