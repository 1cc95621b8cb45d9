import type { ToneSpec } from '../core/audio';
import { clip16 } from './codec/clip';

/** dBm0 a frequency, where a tone names none. */
const DEFAULT_LEVEL = -10;

/**
 * The peak of a sine of 0 dBm0 in 16 bits. G.711 §4 defines 0 dBm0 by its sequence of eight mu-law
 * values, a sine of 1 kHz that lies 3.17 dB below the coder's overload.
 */
export const ZERO_DBM0_PEAK = 22_653;

/** Milliseconds over which a tone rises and falls, so that it does not click. */
const RAMP = 3;

/** Makes a {@link ToneSpec} audible, a piece at a time, at any sample rate. */
export class ToneGenerator {
  /** Samples in all. */
  readonly length: number;
  /** The sample that {@link fill} gives next; set it to skip. */
  position = 0;

  private readonly frequencies: readonly number[];
  private readonly amplitude: number;
  /** Where each part of the cadence ends, in samples: on, off, on, … */
  private readonly edges: readonly number[];
  private readonly ramp: number;
  /** The part of the cadence in progress, in samples. */
  private partSounds = false;
  private partStart = 0;
  private partEnd = 0;

  constructor(
    tone: ToneSpec,
    private readonly sampleRate = 8000,
  ) {
    this.frequencies = tone.frequencies;
    this.amplitude = ZERO_DBM0_PEAK * 10 ** ((tone.level ?? DEFAULT_LEVEL) / 20);
    this.length = this.samplesOf(tone.duration);
    let edge = 0;
    const edges = tone.cadence.map((part) => (edge += this.samplesOf(part)));
    // A cadence of no length at all would never get anywhere: it is none.
    this.edges = edge > 0 ? edges : [];
    this.ramp = this.samplesOf(RAMP);
  }

  /** Writes up to `count` samples at `at`; returns how many there were, 0 at the end. */
  fill(out: Int16Array, at: number, count: number): number {
    const total = Math.max(0, Math.min(count, this.length - this.position));
    let done = 0;
    while (done < total) {
      if (this.position < this.partStart || this.position >= this.partEnd) this.findPart();
      const size = Math.min(total - done, this.partEnd - this.position);
      if (this.partSounds) this.sound(out, at + done, size);
      else out.fill(0, at + done, at + done + size);
      this.position += size;
      done += size;
    }
    return total;
  }

  /** Finds the part of the cadence that the position falls into. */
  private findPart(): void {
    const round = this.edges.at(-1) ?? this.length;
    const base = this.position - (this.position % round);
    let index = 0;
    let start = 0;
    let end = this.edges[0] ?? round;
    while (base + end <= this.position) {
      start = end;
      index += 1;
      end = this.edges[index] ?? round;
    }
    this.partSounds = index % 2 === 0;
    this.partStart = base + start;
    this.partEnd = Math.min(base + end, this.length);
  }

  /**
   * The phase comes from the position, so pieces join exactly; inside a piece each frequency is an
   * oscillator of one multiplication, sin(n+1) = 2 cos(w) sin(n) - sin(n-1).
   */
  private sound(out: Int16Array, at: number, count: number): void {
    out.fill(0, at, at + count);
    for (const frequency of this.frequencies) {
      const step = (2 * Math.PI * frequency) / this.sampleRate;
      const factor = 2 * Math.cos(step);
      let current = this.amplitude * Math.sin(step * this.position);
      let previous = this.amplitude * Math.sin(step * (this.position - 1));
      for (let i = at; i < at + count; i += 1) {
        out[i] = clip16((out[i] as number) + Math.round(current));
        const following = factor * current - previous;
        previous = current;
        current = following;
      }
    }
    this.soften(out, at, count);
  }

  private soften(out: Int16Array, at: number, count: number): void {
    const from = this.position;
    const start = this.partStart;
    const end = this.partEnd;
    if (from >= start + this.ramp && from + count <= end - this.ramp) return;
    for (let i = 0; i < count; i += 1) {
      const distance = Math.min(from + i - start, end - 1 - from - i);
      if (distance < this.ramp) {
        out[at + i] = ((out[at + i] as number) * distance) / this.ramp;
      }
    }
  }

  private samplesOf(milliseconds: number): number {
    return Math.round((milliseconds * this.sampleRate) / 1000);
  }
}
