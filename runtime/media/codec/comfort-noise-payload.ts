/**
 * RFC 3389 §3: the payload that stands for noise.
 *
 *        0 1 2 3 4 5 6 7   8      …
 *       +-+-+-+-+-+-+-+-+---------+---------+-----+
 *       |0|   level     |   N1    |   N2    |  …  |
 *       +-+-+-+-+-+-+-+-+---------+---------+-----+
 */
export interface NoiseDescription {
  /** -dBov, 0 to 127: §3.1, below a square wave of full scale. */
  readonly level: number;
  /** Reflection coefficients of the all-pole filter that gives white noise its spectrum, each between -1 and 1. */
  readonly reflections: readonly number[];
}

/** What is taken of a spectrum: §3 lets a receiver leave out the rest. */
export const MOST_REFLECTIONS = 12;

const LEVEL_MASK = 0x7f;
const MIDDLE = 127;
const RESERVED = 255;
/** §3.2: the distance of two values. */
const STEP = 258 / 32_768;

/** Undefined when there is nothing: any other payload has a meaning. */
export function readNoise(
  bytes: Uint8Array,
  from: number,
  length: number,
): NoiseDescription | undefined {
  if (length < 1 || from + length > bytes.length) return undefined;
  const reflections: number[] = [];
  const end = from + Math.min(length, 1 + MOST_REFLECTIONS);
  for (let i = from + 1; i < end; i += 1) {
    const index = bytes[i] as number;
    // §3.2: kept for the future. What comes before it is still a filter.
    if (index === RESERVED) break;
    reflections.push((index - MIDDLE) * STEP);
  }
  return { level: (bytes[from] as number) & LEVEL_MASK, reflections };
}
