/** The highest sample that leaves: 0.9 dB below full scale, so that a lossy codec has room. */
const CEILING = 29_500;
/** By what part of the way to 1 the gain comes back each frame: half of it in 130 ms. */
const RELEASE = 0.1;

/**
 * Keeps a sum of voices within 16 bits without clipping: a frame that would go over is turned down as a whole, and
 * the gain comes back slowly. Frames are 20 ms; allocates nothing.
 */
export class Limiter {
  private gain = 1;

  /** Writes `count` samples of `sum` to `out`. */
  limit(sum: Int32Array, out: Int16Array, count: number): void {
    let peak = 0;
    for (let i = 0; i < count; i += 1) {
      const magnitude = Math.abs(sum[i] as number);
      if (magnitude > peak) peak = magnitude;
    }
    const from = this.gain;
    const allowed = peak > CEILING ? CEILING / peak : 1;
    const to = Math.min(allowed, from + (1 - from) * RELEASE);
    this.gain = to > 0.999 ? 1 : to;
    if (from === 1 && to === 1) {
      for (let i = 0; i < count; i += 1) out[i] = sum[i] as number;
      return;
    }
    // Down at once: a ramp would clip where the peak stands at the beginning. Up along the frame.
    const start = Math.min(from, allowed);
    const step = (to - start) / count;
    for (let i = 0; i < count; i += 1) out[i] = (sum[i] as number) * (start + step * i);
  }
}
