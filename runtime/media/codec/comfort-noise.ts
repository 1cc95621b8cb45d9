import { clip16 } from './clip';
import { MOST_REFLECTIONS, readNoise } from './comfort-noise-payload';

/** Noise of the level and the spectrum that a peer announces while it sends no speech (RFC 3389). */
export class ComfortNoise {
  private state: number;
  /** Root mean square of what is to be heard. */
  private rms = 0;
  /** Of the white noise; the filter makes it louder to {@link rms}. */
  private amplitude = 0;
  /** How many reflection coefficients there are; without any the noise is white. */
  private order = 0;
  private readonly reflections = new Float64Array(MOST_REFLECTIONS);
  /** What goes backwards through the lattice, one sample ago. */
  private readonly backward = new Float64Array(MOST_REFLECTIONS + 1);

  /** Equal seeds give equal noise. */
  constructor(seed = 1) {
    this.state = seed | 0 || 1;
  }

  /**
   * Takes the first byte of a payload: RFC 3389 §3.1, the level in -dBov, 0 to 127. An overload of
   * 0 dBov is a square wave of full scale.
   */
  setLevel(level: number): void {
    this.rms = 32_768 * 10 ** (-(level & 0x7f) / 20);
    this.excite();
  }

  /**
   * Takes a whole payload: the level, and the spectrum where it has one, else white. Returns false, and changes
   * nothing, when it is empty.
   */
  setPayload(bytes: Uint8Array, from: number, length: number): boolean {
    const noise = readNoise(bytes, from, length);
    if (noise === undefined) return false;
    this.order = noise.reflections.length;
    this.reflections.set(noise.reflections);
    this.setLevel(noise.level);
    return true;
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
      out[i] = this.order === 0 ? state * scale : clip16(this.shape(state * scale));
    }
    this.state = state;
  }

  /** An all-pole lattice: stable with any coefficients below one, and those can be nothing else. */
  private shape(sample: number): number {
    const { reflections, backward } = this;
    let forward = sample;
    for (let m = this.order - 1; m >= 0; m -= 1) {
      const k = reflections[m] as number;
      const back = backward[m] as number;
      forward -= k * back;
      backward[m + 1] = k * forward + back;
    }
    backward[0] = forward;
    return forward;
  }

  private excite(): void {
    // The filter takes 1 - k² of the power at each stage on the way back to white.
    let power = 1;
    for (let m = 0; m < this.order; m += 1) power *= 1 - (this.reflections[m] as number) ** 2;
    // Evenly distributed noise has an RMS of its amplitude over the root of three.
    this.amplitude = Math.min(32_767, this.rms * Math.sqrt(3)) * Math.sqrt(power);
  }
}
