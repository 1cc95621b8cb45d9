/** How finely a window slides. */
const slices = 60;

/**
 * How many calls began within the last span of time, which slides in sixtieths: memory does not grow with the
 * calls. A slice counts until the whole of it is past, so the window never forgets too early.
 */
export class CallWindow {
  private readonly counts = new Uint32Array(slices + 1);
  private readonly width: number;
  private newest = 0;
  private total = 0;

  /** @param span milliseconds */
  constructor(span: number) {
    this.width = span / slices;
  }

  add(now: number): void {
    this.slideTo(now);
    const at = this.newest % this.counts.length;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.total += 1;
  }

  count(now: number): number {
    this.slideTo(now);
    return this.total;
  }

  private slideTo(now: number): void {
    const slice = Math.floor(now / this.width);
    if (slice - this.newest >= this.counts.length) {
      this.counts.fill(0);
      this.total = 0;
      this.newest = slice;
    }
    while (this.newest < slice) {
      this.newest += 1;
      const at = this.newest % this.counts.length;
      this.total -= this.counts[at] ?? 0;
      this.counts[at] = 0;
    }
  }
}
