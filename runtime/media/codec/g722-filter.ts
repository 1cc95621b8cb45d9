import { clip16 } from './clip';

/**
 * The quadrature mirror filters of ITU-T G.722 (§2.1 and §4.4 there): 16 kHz into two bands of 8 kHz, and back. Both
 * directions use the same 24 taps, which read the same backwards, so twelve of them are for the even samples and
 * the same twelve, turned round, for the odd ones. There and back delays by 22 samples.
 */

/** Sample pairs that are filtered at once: 20 ms. */
export const G722_BLOCK = 160;
/** Samples of the past that the filter needs. */
const PAST = 22;

/** Holds the samples of a block behind those of the past. */
abstract class MirrorFilter {
  protected readonly samples = new Int32Array(PAST + 2 * G722_BLOCK);

  reset(): void {
    this.samples.fill(0, 0, PAST);
  }

  /** The last samples of a block of so many pairs become the past of the next. */
  protected advance(pairs: number): void {
    this.samples.copyWithin(0, 2 * pairs, 2 * pairs + PAST);
  }
}

/** 16 kHz to two bands: of 15 bits. */
export class MirrorAnalysis extends MirrorFilter {
  /** Takes `pairs` pairs of samples, at most {@link G722_BLOCK}. */
  split(pcm: Int16Array, from: number, pairs: number, low: Int16Array, high: Int16Array): void {
    const { samples } = this;
    for (let i = 0; i < 2 * pairs; i += 1) samples[PAST + i] = pcm[from + i] as number;
    for (let i = 0; i < pairs; i += 1) {
      const even = evenTaps(samples, 2 * i);
      const odd = oddTaps(samples, 2 * i);
      low[i] = (even + odd) >> 14;
      high[i] = (odd - even) >> 14;
    }
    this.advance(pairs);
  }
}

/** Two bands to 16 kHz. */
export class MirrorSynthesis extends MirrorFilter {
  /** Gives `pairs` pairs of samples, at most {@link G722_BLOCK}. */
  join(low: Int16Array, high: Int16Array, pairs: number, out: Int16Array, at: number): void {
    const { samples } = this;
    for (let i = 0; i < pairs; i += 1) {
      const l = low[i] as number;
      const h = high[i] as number;
      samples[PAST + 2 * i] = l + h;
      samples[PAST + 2 * i + 1] = l - h;
    }
    for (let i = 0; i < pairs; i += 1) {
      out[at + 2 * i] = clip16(oddTaps(samples, 2 * i) >> 11);
      out[at + 2 * i + 1] = clip16(evenTaps(samples, 2 * i) >> 11);
    }
    this.advance(pairs);
  }
}

/** Table 11, written out: a loop over a table of taps takes twice as long. */
function evenTaps(x: Int32Array, at: number): number {
  return (
    3 * (x[at] as number) -
    11 * (x[at + 2] as number) +
    12 * (x[at + 4] as number) +
    32 * (x[at + 6] as number) -
    210 * (x[at + 8] as number) +
    951 * (x[at + 10] as number) +
    3_876 * (x[at + 12] as number) -
    805 * (x[at + 14] as number) +
    362 * (x[at + 16] as number) -
    156 * (x[at + 18] as number) +
    53 * (x[at + 20] as number) -
    11 * (x[at + 22] as number)
  );
}

function oddTaps(x: Int32Array, at: number): number {
  return (
    -11 * (x[at + 1] as number) +
    53 * (x[at + 3] as number) -
    156 * (x[at + 5] as number) +
    362 * (x[at + 7] as number) -
    805 * (x[at + 9] as number) +
    3_876 * (x[at + 11] as number) +
    951 * (x[at + 13] as number) -
    210 * (x[at + 15] as number) +
    32 * (x[at + 17] as number) +
    12 * (x[at + 19] as number) -
    11 * (x[at + 21] as number) +
    3 * (x[at + 23] as number)
  );
}
