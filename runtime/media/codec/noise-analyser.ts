import { MOST_REFLECTIONS, writeNoise, type NoiseDescription } from './comfort-noise-payload';

/** Of the spectrum by default: RFC 3389 leaves it open; ten show the shape of a room at 8 kHz. */
const ORDER = 10;
/** The part of what was known that a frame of 20 ms leaves: a quarter of a second is forgotten. */
const KEEP = 0.92;
/** Added to the power: 40 dB below, so that a pure tone does not make the filter ring. */
const FLOOR = 1.0001;
const SQUARE_WAVE = 32_768;
/** RFC 3389 §3.1: the least that can be said, -dBov. */
const QUIETEST = 127;

/** Describes the noise that it hears, for a comfort noise payload (RFC 3389). Frames may have any length. */
export class NoiseAnalyser {
  private readonly correlation: Float64Array;
  private readonly fresh: Float64Array;

  /** @param order how many reflection coefficients; 0 for the level alone. */
  constructor(private readonly order: number = ORDER) {
    this.order = Math.min(order, MOST_REFLECTIONS);
    this.correlation = new Float64Array(this.order + 1);
    this.fresh = new Float64Array(this.order + 1);
  }

  hear(samples: Int16Array, from: number, count: number): void {
    if (count < 1) return;
    const { correlation, fresh, order } = this;
    for (let lag = 0; lag <= order; lag += 1) {
      let sum = 0;
      for (let i = from + lag; i < from + count; i += 1) {
        sum += (samples[i] as number) * (samples[i - lag] as number);
      }
      fresh[lag] = sum / count;
    }
    // The first frame is all that is known.
    const keep = correlation[0] === 0 ? 0 : KEEP;
    for (let lag = 0; lag <= order; lag += 1) {
      const known = keep * (correlation[lag] as number);
      correlation[lag] = known + (1 - keep) * (fresh[lag] as number);
    }
  }

  describe(): NoiseDescription {
    const power = this.correlation[0] as number;
    const level = power === 0 ? QUIETEST : -10 * Math.log10(power / SQUARE_WAVE ** 2);
    return {
      level: Math.max(0, Math.min(QUIETEST, Math.round(level))),
      reflections: power === 0 ? [] : this.reflections(),
    };
  }

  /** Writes the payload and returns its length. */
  write(out: Uint8Array, at: number): number {
    return writeNoise(this.describe(), out, at);
  }

  reset(): void {
    this.correlation.fill(0);
  }

  /** Levinson and Durbin's recursion: the filter that foretells each sample from those before it. */
  private reflections(): number[] {
    const { correlation, order } = this;
    let error = (correlation[0] as number) * FLOOR;
    let filter: number[] = [];
    const reflections: number[] = [];
    for (let m = 0; m < order; m += 1) {
      let sum = correlation[m + 1] as number;
      for (let i = 0; i < m; i += 1) sum += (filter[i] as number) * (correlation[m - i] as number);
      const k = Math.max(-0.999, Math.min(0.999, -sum / error));
      reflections.push(k);
      filter = [...filter.map((a, i) => a + k * (filter[m - 1 - i] as number)), k];
      error *= 1 - k * k;
    }
    return reflections;
  }
}
