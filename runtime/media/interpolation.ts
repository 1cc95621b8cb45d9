import type { Resampling } from './frame-lane';

/** Straight lines from sample to sample: the plainest way from one rate to another. */
export class Interpolation implements Resampling {
  private readonly step: number;
  /** Of the next sample to write, counted from the first one of the input; below 0 is the sample before. */
  private position = 0;
  private last = 0;

  constructor(from: number, to: number) {
    this.step = from / to;
  }

  process(input: Int16Array, from: number, count: number, output: Int16Array, at: number): number {
    let written = 0;
    let { position } = this;
    for (; position < count - 1e-9; position += this.step) {
      const index = Math.floor(position);
      const before = index === 0 ? this.last : (input[from + index - 1] as number);
      const part = position - index;
      output[at + written] = before + ((input[from + index] as number) - before) * part;
      written += 1;
    }
    this.last = input[from + count - 1] as number;
    this.position = position - count;
    return written;
  }
}
