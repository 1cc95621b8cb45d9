/**
 * Makes a frame of speech or music a little shorter or longer without a change of pitch: a period is left out, or
 * heard twice, and what is on both sides of the seam is blended. Pure; samples are of any rate.
 */

/** Milliseconds: voices of 80 to 400 Hz. */
export const SHORTEST_PERIOD = 2.5;
export const LONGEST_PERIOD = 12.5;

/** Milliseconds of sound behind the longest period that are looked at, at least. */
export const WINDOW = 5;

/** Of the last {@link findPeriod}: how much the sound is like itself one period on, 0 to 1. */
export interface Period {
  samples: number;
  likeness: number;
}

/**
 * Finds the distance, between the shortest and the longest period, at which the first samples of `sound` are most
 * like those that follow. `count` samples are there; the distance is a multiple of `step`.
 */
export function findPeriod(
  sound: Int16Array,
  count: number,
  sampleRate: number,
  step: number,
  result: Period,
): void {
  const shortest = Math.ceil((SHORTEST_PERIOD * sampleRate) / 1_000 / step) * step;
  const longest = Math.floor((LONGEST_PERIOD * sampleRate) / 1_000 / step) * step;
  const window = Math.min(count - longest, Math.round(sampleRate / 100));
  result.samples = longest;
  result.likeness = 0;
  let energy = 1;
  for (let i = 0; i < window; i += step) energy += (sound[i] as number) ** 2;
  for (let lag = shortest; lag <= longest; lag += step) {
    let product = 0;
    let other = 1;
    for (let i = 0; i < window; i += step) {
      const then = sound[i + lag] as number;
      product += (sound[i] as number) * then;
      other += then * then;
    }
    const likeness = product <= 0 ? 0 : product / Math.sqrt(energy * other);
    if (likeness > result.likeness) {
      result.likeness = likeness;
      result.samples = lag;
    }
  }
}

/** Writes `count` samples made of the first `count + period` of `sound`. */
export function shorten(sound: Int16Array, out: Int16Array, count: number, period: number): void {
  const blend = Math.min(period, count);
  for (let i = 0; i < blend; i += 1) {
    const part = (i + 1) / (blend + 1);
    out[i] = (sound[i] as number) * (1 - part) + (sound[i + period] as number) * part;
  }
  for (let i = blend; i < count; i += 1) out[i] = sound[i + period] as number;
}

/** Writes `count` samples made of the first `count - period` of `sound`; `count` of them are looked at. */
export function lengthen(sound: Int16Array, out: Int16Array, count: number, period: number): void {
  const blend = Math.min(period, count - period);
  for (let i = 0; i < period; i += 1) out[i] = sound[i] as number;
  for (let i = 0; i < blend; i += 1) {
    const part = (i + 1) / (blend + 1);
    const at = period + i;
    out[at] = (sound[at] as number) * (1 - part) + (sound[i] as number) * part;
  }
  for (let at = period + blend; at < count; at += 1) out[at] = sound[at - period] as number;
}
