import type { ToneName, ToneSpec } from './audio';

/**
 * The tones that callers know. Two frequencies and cadences are the North American precise tones
 * (ITU-T E.180 Supplement 2), which are understood everywhere.
 */
const TONES: Readonly<Record<ToneName, ToneSpec>> = {
  beep: { frequencies: [1000], cadence: [], duration: 300 },
  ringback: { frequencies: [440, 480], cadence: [2000, 4000], duration: 60_000, level: -19 },
  busy: { frequencies: [480, 620], cadence: [500, 500], duration: 30_000, level: -24 },
  congestion: { frequencies: [480, 620], cadence: [250, 250], duration: 30_000, level: -24 },
  dial: { frequencies: [350, 440], cadence: [], duration: 30_000, level: -13 },
};

/** A tone by its name, for `duration` milliseconds or as long as is usual for it. */
export function namedTone(name: ToneName, duration?: number): ToneSpec {
  const tone = TONES[name];
  return duration === undefined ? tone : { ...tone, duration };
}

/** Whether a text names a tone: prompts and configuration come from outside. */
export function isToneName(name: string): name is ToneName {
  return Object.hasOwn(TONES, name);
}
