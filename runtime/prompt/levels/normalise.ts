import type { Sound } from '../wav';
import { targetLevel } from './judge';
import { fraction, mean, measure, peakOf, type Levels } from './measure';

export interface NormaliseOptions {
  /** RMS of the speech, dBFS; {@link targetLevel}. */
  readonly level?: number;
}

export interface Normalised {
  readonly sound: Sound;
  readonly before: Levels;
  readonly after: Levels;
  /** dB; less than wished where the peaks forbid more. */
  readonly gain: number;
  readonly limited: boolean;
  /** Milliseconds cut off. */
  readonly trimmed: number;
}

/** dBFS that no peak exceeds: codecs overshoot a little. */
const highestPeak = -1;
/** Milliseconds of silence that stay, so that no word is cut into. */
const keepLeading = 100;
const keepTrailing = 200;
/** dB that nobody hears. */
const nothing = 0.5;

/**
 * The sound with its speech at the wished level, as far as its peaks allow, without an offset and without silence
 * around it; undefined where it is so already, or where nothing is heard in it.
 */
export function normalise(
  given: Sound,
  { level = targetLevel }: NormaliseOptions = {},
): Normalised | undefined {
  const before = measure(given);
  if (before.active === undefined) return undefined;
  const { sampleRate, samples } = given;
  const sampleCount = (milliseconds: number): number =>
    Math.round((milliseconds * sampleRate) / 1_000);
  const cut = (silence: number, keep: number): number =>
    // A few milliseconds are not worth a new file.
    silence > 2 * keep ? sampleCount(silence - keep) : 0;
  const start = cut(before.leading, keepLeading);
  const end = samples.length - cut(before.trailing, keepTrailing);
  const kept = samples.subarray(start, end);
  const offset = mean(samples);
  const centred = Float64Array.from(kept, (sample) => sample - offset);
  const room = (fraction(highestPeak) * 32_768) / peakOf(centred);
  const wished = fraction(level - before.active);
  const factor = Math.min(wished, room);
  const gain = 20 * Math.log10(factor);
  const trimmed = ((samples.length - kept.length) * 1_000) / sampleRate;
  if (Math.abs(gain) < nothing && trimmed === 0 && Math.abs(before.offset) < 0.001)
    return undefined;
  const sound = { sampleRate, samples: Int16Array.from(centred, (at) => Math.round(at * factor)) };
  return { sound, before, after: measure(sound), gain, limited: room < wished, trimmed };
}
