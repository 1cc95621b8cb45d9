/** The window over which delays are remembered: blocks of a second. */
const BLOCKS = 8;
const BLOCK_LENGTH = 1000;

/**
 * How unevenly packets arrive. The transit of a packet (its arrival less its timestamp, both in
 * milliseconds, of clocks that have nothing to do with each other) means nothing by itself, but the
 * smallest one of late is a packet that met no queue, and the others are later than that by their
 * delay. The window forgets, so clock drift and route changes are followed.
 */
export class DelayEstimator {
  private readonly smallest = new Float64Array(BLOCKS).fill(Infinity);
  private readonly largest = new Float64Array(BLOCKS).fill(-Infinity);
  private block = 0;
  private blockStart = 0;
  private low = Infinity;
  private high = -Infinity;

  /** The smallest transit in the window, in milliseconds; Infinity before the first packet. */
  get base(): number {
    return this.low;
  }

  /** Milliseconds between the earliest and the latest packet in the window. */
  get spread(): number {
    return this.high < this.low ? 0 : this.high - this.low;
  }

  /** Takes the transit of a packet that arrived at `now`, in milliseconds. */
  add(transit: number, now: number): void {
    if (now - this.blockStart >= BLOCK_LENGTH) this.turn(now);
    const { block } = this;
    if (transit < (this.smallest[block] as number)) this.smallest[block] = transit;
    if (transit > (this.largest[block] as number)) this.largest[block] = transit;
    if (transit < this.low) this.low = transit;
    if (transit > this.high) this.high = transit;
  }

  /** Forgets everything. */
  reset(now: number): void {
    this.smallest.fill(Infinity);
    this.largest.fill(-Infinity);
    this.blockStart = now;
    this.low = Infinity;
    this.high = -Infinity;
  }

  /** Begins a block. Seconds in which nothing arrived do not push the others out. */
  private turn(now: number): void {
    this.blockStart = now;
    this.block = (this.block + 1) % BLOCKS;
    this.smallest[this.block] = Infinity;
    this.largest[this.block] = -Infinity;
    this.low = Infinity;
    this.high = -Infinity;
    for (let i = 0; i < BLOCKS; i += 1) {
      this.low = Math.min(this.low, this.smallest[i] as number);
      this.high = Math.max(this.high, this.largest[i] as number);
    }
  }
}
