import type { Sound } from '../wav';

/** The levels of a sound. dBFS: 0 is full scale, so that a sine that just fits has a peak of 0 and an RMS of -3.01. */
export interface Levels {
  /** Milliseconds. */
  readonly duration: number;
  /** Samples a second. */
  readonly sampleRate: number;
  /** dBFS; -Infinity of pure silence. */
  readonly peak: number;
  /**
   * RMS, dBFS, of where somebody speaks: of the parts that are at most {@link activeMargin} below that RMS. Undefined
   * where nothing is heard.
   */
  readonly active: number | undefined;
  /** Places where several samples stand at the end of the scale. */
  readonly clipped: number;
  /** Milliseconds at the beginning, and at the end, that are more than {@link silenceMargin} below `active`. */
  readonly leading: number;
  readonly trailing: number;
  /** The mean of the samples, as a fraction of full scale. */
  readonly offset: number;
}

/** dB: what is quieter than the speech by more counts as a pause in it; the margin of ITU-T P.56. */
export const activeMargin = 15.9;
/** dB: what is quieter than the speech by more counts as silence before or after it. */
export const silenceMargin = 30;
/** dBFS: a peak below it is heard by nobody. */
export const inaudible = -60;

const FULL_SCALE = 32_768;
/** Milliseconds of which one level is taken. */
const FRAME = 10;
/** So many equal samples at the end of the scale, one after another, are no coincidence. */
const CLIP_RUN = 3;
/** The ends of 16 bits, of µ-law and of A-law, as they decode. */
const scaleEnds: ReadonlySet<number> = new Set([32_768, 32_767, 32_766, 32_124, 32_256]);

export function decibels(fraction: number): number {
  return 20 * Math.log10(fraction);
}

export function fraction(level: number): number {
  return 10 ** (level / 20);
}

export function measure({ sampleRate, samples }: Sound): Levels {
  const offset = mean(samples);
  const length = Math.max(1, Math.round((sampleRate * FRAME) / 1_000));
  const frames = framePowers(samples, length, offset);
  const peak = decibels(peakOf(samples) / FULL_SCALE);
  const active = peak < inaudible ? undefined : activePower(frames);
  const floor = (active ?? Infinity) / 10 ** (silenceMargin / 10);
  const first = frames.findIndex((power) => power > floor);
  const last = frames.findLastIndex((power) => power > floor);
  const duration = (samples.length * 1_000) / sampleRate;
  const frame = (length * 1_000) / sampleRate;
  return {
    duration,
    sampleRate,
    peak,
    active: active === undefined ? undefined : 10 * Math.log10(active / FULL_SCALE ** 2),
    clipped: clippedPlaces(samples),
    leading: first < 0 ? duration : first * frame,
    trailing: first < 0 ? duration : Math.max(0, duration - (last + 1) * frame),
    offset: offset / FULL_SCALE,
  };
}

/** The greatest of the samples, without its sign. */
export function peakOf(samples: Int16Array | Float64Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

export function mean(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return samples.length === 0 ? 0 : sum / samples.length;
}

function framePowers(samples: Int16Array, length: number, offset: number): number[] {
  const powers: number[] = [];
  for (let start = 0; start < samples.length; start += length) {
    const end = Math.min(samples.length, start + length);
    let sum = 0;
    for (let at = start; at < end; at += 1) sum += ((samples[at] ?? 0) - offset) ** 2;
    powers.push(sum / (end - start));
  }
  return powers;
}

/** The mean of the frames that are near enough to that mean; found in a few rounds, as each leaves out quieter ones. */
function activePower(frames: readonly number[]): number | undefined {
  const share = 10 ** (-activeMargin / 10);
  let level = 0;
  for (;;) {
    const floor = level * share;
    const loud = frames.filter((power) => power > 0 && power >= floor);
    if (loud.length === 0) return undefined;
    const next = loud.reduce((sum, power) => sum + power, 0) / loud.length;
    // The floor only rises, so the frames only become fewer.
    if (next <= level) return level;
    level = next;
  }
}

function clippedPlaces(samples: Int16Array): number {
  let places = 0;
  let run = 0;
  let before = 0;
  for (const sample of samples) {
    run = sample === before && scaleEnds.has(Math.abs(sample)) ? run + 1 : 1;
    if (run === CLIP_RUN) places += 1;
    before = sample;
  }
  return places;
}
