/**
 * The last frames of one or two sides, each at its place in time: what a side leaves out is silence. Frames have
 * numbers from 0; some before {@link taken} are still there to be looked at again.
 */
export class SideBuffer {
  /** The first frame that has not been taken. */
  taken = 0;
  /** Behind the last frame of any side. */
  end = 0;
  private readonly ends: number[];
  private readonly samples: Int16Array;

  /**
   * @param frame samples of a frame
   * @param capacity frames of a side that are kept
   */
  constructor(
    readonly sides: 1 | 2,
    readonly frame: number,
    readonly capacity: number,
  ) {
    this.ends = new Array<number>(sides).fill(0);
    this.samples = new Int16Array(sides * frame * capacity);
  }

  /** Behind the last frame of the side that has come less far. */
  get complete(): number {
    return Math.min(this.ends[0] ?? 0, this.ends[1] ?? Infinity);
  }

  /** Whether there is room for a frame without taking some before. */
  fits(number: number): boolean {
    return number < this.taken + this.capacity;
  }

  /** Copies a frame of a side to its place, which must {@link fits}, and must not be taken. */
  put(side: 0 | 1, number: number, samples: Int16Array): void {
    const { sides, frame } = this;
    this.extendTo(number + 1);
    if (number >= (this.ends[side] ?? 0)) this.ends[side] = number + 1;
    let to = this.at(number) + side;
    for (let i = 0; i < frame; i += 1, to += sides) this.samples[to] = samples[i] as number;
  }

  /** Both sides have come to `number`, whether they brought something or not. */
  extendTo(number: number): void {
    const size = this.sides * this.frame;
    for (; this.end < number; this.end += 1) {
      const at = this.at(this.end);
      this.samples.fill(0, at, at + size);
    }
  }

  /** Copies the frames up to `number`, those of two sides sample by sample in turn. */
  take(number: number): Int16Array {
    const size = this.sides * this.frame;
    const copy = new Int16Array(Math.max(0, number - this.taken) * size);
    for (let to = 0; this.taken < number; this.taken += 1, to += size) {
      const at = this.at(this.taken);
      copy.set(this.samples.subarray(at, at + size), to);
    }
    return copy;
  }

  /** Forgets the frames up to `number`. */
  skip(number: number): void {
    this.taken = Math.max(this.taken, number);
  }

  /** What a side had in the last `frames` frames, or as many as there are. */
  last(side: 0 | 1, frames: number): Int16Array {
    const { sides, frame } = this;
    const first = Math.max(0, this.end - Math.min(frames, this.capacity));
    const copy = new Int16Array((this.end - first) * frame);
    for (let number = first, to = 0; number < this.end; number += 1) {
      let from = this.at(number) + side;
      for (let i = 0; i < frame; i += 1, from += sides, to += 1) {
        copy[to] = this.samples[from] as number;
      }
    }
    return copy;
  }

  private at(number: number): number {
    return (number % this.capacity) * this.sides * this.frame;
  }
}
