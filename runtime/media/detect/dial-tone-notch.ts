const SAMPLE_RATE = 8_000;

/** The dial tone of North America; those of Europe (425, 440 Hz) lie between or upon them. */
const NOTCHES = [350, 440] as const;
/** How wide the notches are: of the poles behind the zeros. 10 samples until they have forgotten. */
const RADIUS = 0.9;
/** Of the pole that takes hum and any constant out. */
const HUM = 0.9;

const ZERO_A = 2 * Math.cos((2 * Math.PI * NOTCHES[0]) / SAMPLE_RATE);
const ZERO_B = 2 * Math.cos((2 * Math.PI * NOTCHES[1]) / SAMPLE_RATE);
const POLE_A = RADIUS * ZERO_A;
const POLE_B = RADIUS * ZERO_B;
const SQUARE = RADIUS * RADIUS;

/**
 * Takes a dial tone and hum out of the sound in which keys are looked for: callers press the first key
 * while the dial tone still sounds (ITU-T Q.24 Annex A).
 */
export class DialToneNotch {
  private x1 = 0;
  private u1 = 0;
  private u2 = 0;
  private v1 = 0;
  private v2 = 0;
  private y1 = 0;
  private y2 = 0;

  /** Filters `count` samples from `at` on into `out`; returns the energy (sum of squares) of the result. */
  filter(samples: Int16Array, at: number, count: number, out: Float64Array): number {
    let { x1, u1, u2, v1, v2, y1, y2 } = this;
    let energy = 0;
    for (let i = 0; i < count; i += 1) {
      const x = samples[at + i] as number;
      const u = x - x1 + HUM * u1;
      const v = u - ZERO_A * u1 + u2 + POLE_A * v1 - SQUARE * v2;
      const y = v - ZERO_B * v1 + v2 + POLE_B * y1 - SQUARE * y2;
      x1 = x;
      u2 = u1;
      u1 = u;
      v2 = v1;
      v1 = v;
      y2 = y1;
      y1 = y;
      out[i] = y;
      energy += y * y;
    }
    this.x1 = x1;
    this.u1 = u1;
    this.u2 = u2;
    this.v1 = v1;
    this.v2 = v2;
    this.y1 = y1;
    this.y2 = y2;
    return energy;
  }

  reset(): void {
    this.x1 = this.u1 = this.u2 = this.v1 = this.v2 = this.y1 = this.y2 = 0;
  }

  /** By what a frequency's amplitude is multiplied. */
  static gain(frequency: number): number {
    const step = (2 * Math.PI * frequency) / SAMPLE_RATE;
    const magnitude = (b1: number, b2: number): number =>
      Math.hypot(
        1 + b1 * Math.cos(step) + b2 * Math.cos(2 * step),
        b1 * Math.sin(step) + b2 * Math.sin(2 * step),
      );
    return (
      (magnitude(-1, 0) / magnitude(-HUM, 0)) *
      (magnitude(-ZERO_A, 1) / magnitude(-POLE_A, SQUARE)) *
      (magnitude(-ZERO_B, 1) / magnitude(-POLE_B, SQUARE))
    );
  }
}
