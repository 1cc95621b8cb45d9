/** RFC 3551 §6: the static payload type of comfort noise at 8 kHz (RFC 3389). */
export const COMFORT_NOISE_PAYLOAD_TYPE = 13;

/**
 * Noise of the level that a peer announces while it sends no speech (RFC 3389). It is white: the
 * spectrum that the payload may describe is left out, which the RFC allows (§3.2, order zero).
 */
export class ComfortNoise {
  private state: number;
  private amplitude = 0;

  /** Equal seeds give equal noise. */
  constructor(seed = 1) {
    this.state = seed | 0 || 1;
  }

  /**
   * Takes the first byte of a payload: RFC 3389 §3.1, the level in -dBov, 0 to 127. An overload of
   * 0 dBov is a square wave of full scale.
   */
  setLevel(level: number): void {
    const rms = 32_768 * 10 ** (-(level & 0x7f) / 20);
    // Evenly distributed noise has an RMS of its amplitude over the root of three.
    this.amplitude = Math.min(32_767, rms * Math.sqrt(3));
  }

  /** Writes `count` samples at `at`. */
  fill(out: Int16Array, at: number, count: number): void {
    const scale = this.amplitude / 0x8000_0000;
    let { state } = this;
    for (let i = at; i < at + count; i += 1) {
      // xorshift32: no clock and no platform randomness, and no period that an ear could find.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      out[i] = state * scale;
    }
    this.state = state;
  }
}
