/** A bucket of tokens: so many calls a second over time, and no more than one second's worth at once. */
export class CallRate {
  private readonly capacity: number;
  private tokens: number;
  private filledAt: number | undefined;

  /** @param rate calls a second */
  constructor(private readonly rate: number) {
    // A rate below one still lets a whole call through.
    this.capacity = Math.max(1, rate);
    this.tokens = this.capacity;
  }

  /** Takes a token if there is one. `now`: milliseconds. */
  take(now: number): boolean {
    const passed = Math.max(0, now - (this.filledAt ?? now));
    this.filledAt = now;
    this.tokens = Math.min(this.capacity, this.tokens + (passed * this.rate) / 1_000);
    // Sums of fractions fall short of the whole by a trifle.
    if (this.tokens < 1 - 1e-9) return false;
    this.tokens -= 1;
    return true;
  }
}
