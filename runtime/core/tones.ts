import type { ToneName, ToneSpec } from './audio';

/** Hertz of a tone, then milliseconds on, off, on, off, …; none is continuous. */
type Signal = readonly [frequencies: readonly number[], ...cadence: readonly number[]];

/** What a network tells its callers by (ITU-T E.180 §§ 3 to 7). */
interface NetworkTones {
  readonly dial: Signal;
  readonly ringback: Signal;
  readonly busy: Signal;
  readonly congestion: Signal;
  readonly waiting: Signal;
}

/** Tones that are modulated by a low frequency are written as the two frequencies that this makes of them. */
const BRITISH_RING = [400, 200, 400, 2_000] as const;

const NORTH_AMERICA: NetworkTones = {
  dial: [[350, 440]],
  ringback: [[440, 480], 2_000, 4_000],
  busy: [[480, 620], 500, 500],
  congestion: [[480, 620], 250, 250],
  waiting: [[440], 300, 10_000],
};

/** Where all is 425 Hz: the rhythms differ. */
function at425(rhythms: {
  readonly dial?: readonly number[];
  readonly ringback?: readonly number[];
  readonly busy: readonly number[];
  readonly congestion: readonly number[];
  readonly waiting: readonly number[];
}): NetworkTones {
  return {
    dial: [[425], ...(rhythms.dial ?? [])],
    ringback: [[425], ...(rhythms.ringback ?? [1_000, 4_000])],
    busy: [[425], ...rhythms.busy],
    congestion: [[425], ...rhythms.congestion],
    waiting: [[425], ...rhythms.waiting],
  };
}

/** By the two letters of the country (ISO 3166): facts of ITU-T E.180 Supplement 2. */
const COUNTRIES: Readonly<Record<string, NetworkTones>> = {
  at: {
    dial: [[420]],
    ringback: [[420], 1_000, 5_000],
    busy: [[420], 400, 400],
    congestion: [[420], 200, 200],
    waiting: [[420], 40, 1_950],
  },
  au: {
    dial: [[413, 438]],
    ringback: [[413, 438], ...BRITISH_RING],
    busy: [[425], 375, 375],
    congestion: [[425], 375, 375],
    waiting: [[425], 200, 200, 200, 4_400],
  },
  be: {
    ...at425({ ringback: [1_000, 3_000], busy: [500, 500], congestion: [167, 167], waiting: [] }),
    waiting: [[1_400], 175, 175, 175, 3_500],
  },
  br: at425({ busy: [250, 250], congestion: [250, 250, 750, 250], waiting: [50, 1_000] }),
  ca: NORTH_AMERICA,
  ch: at425({ busy: [500, 500], congestion: [200, 200], waiting: [200, 200, 200, 4_000] }),
  cn: {
    dial: [[450]],
    ringback: [[450], 1_000, 4_000],
    busy: [[450], 350, 350],
    congestion: [[450], 700, 700],
    waiting: [[450], 400, 4_000],
  },
  cz: at425({
    dial: [330, 330, 660, 660],
    busy: [330, 330],
    congestion: [165, 165],
    waiting: [330, 9_000],
  }),
  de: at425({ busy: [480, 480], congestion: [240, 240], waiting: [200, 200, 200, 5_000] }),
  dk: at425({ busy: [500, 500], congestion: [200, 200], waiting: [200, 600, 200, 3_000] }),
  es: at425({
    ringback: [1_500, 3_000],
    busy: [200, 200],
    congestion: [200, 200, 200, 600],
    waiting: [175, 175, 175, 3_500],
  }),
  fi: at425({ busy: [300, 300], congestion: [200, 200], waiting: [150, 150, 150, 8_000] }),
  fr: {
    dial: [[440]],
    ringback: [[440], 1_500, 3_500],
    busy: [[440], 500, 500],
    congestion: [[440], 250, 250],
    waiting: [[440], 300, 10_000],
  },
  gb: {
    dial: [[350, 440]],
    ringback: [[400, 450], ...BRITISH_RING],
    busy: [[400], 375, 375],
    congestion: [[400], 400, 350, 225, 525],
    waiting: [[400], 100, 4_000],
  },
  gr: at425({
    dial: [200, 300, 700, 800],
    busy: [300, 300],
    congestion: [200, 200],
    waiting: [150, 150, 150, 8_000],
  }),
  hu: at425({
    ringback: [1_250, 3_750],
    busy: [300, 300],
    congestion: [300, 300],
    waiting: [40, 1_960],
  }),
  ie: {
    ...at425({ busy: [500, 500], congestion: [250, 250], waiting: [180, 200, 200, 4_500] }),
    ringback: [[400, 450], ...BRITISH_RING],
  },
  il: {
    dial: [[400]],
    ringback: [[400], 1_000, 3_000],
    busy: [[400], 500, 500],
    congestion: [[400], 250, 250],
    waiting: [[400], 500, 10_000],
  },
  in: {
    dial: [[375, 425]],
    ringback: [[375, 425], ...BRITISH_RING],
    busy: [[400], 750, 750],
    congestion: [[400], 250, 250],
    waiting: [[400], 200, 100, 200, 7_500],
  },
  it: at425({
    dial: [200, 200, 600, 1_000],
    busy: [500, 500],
    congestion: [200, 200],
    waiting: [400, 100, 250, 100, 150, 14_000],
  }),
  jp: {
    dial: [[400]],
    ringback: [[384, 416], 1_000, 2_000],
    busy: [[400], 500, 500],
    congestion: [[400], 500, 500],
    waiting: [[384, 416], 500, 4_000],
  },
  mx: at425({ busy: [250, 250], congestion: [250, 250], waiting: [200, 600, 200, 10_000] }),
  nl: at425({ busy: [500, 500], congestion: [250, 250], waiting: [500, 9_500] }),
  no: at425({ busy: [500, 500], congestion: [200, 200], waiting: [200, 600, 200, 10_000] }),
  nz: {
    dial: [[400]],
    ringback: [[400, 450], ...BRITISH_RING],
    busy: [[400], 500, 500],
    congestion: [[400], 250, 250],
    waiting: [[400], 200, 3_000],
  },
  pl: at425({ busy: [500, 500], congestion: [500, 500], waiting: [150, 150, 150, 4_000] }),
  pt: {
    ...at425({ ringback: [1_000, 5_000], busy: [500, 500], congestion: [200, 200], waiting: [] }),
    waiting: [[440], 300, 10_000],
  },
  ru: at425({ busy: [350, 350], congestion: [175, 175], waiting: [200, 5_000] }),
  se: at425({
    ringback: [1_000, 5_000],
    busy: [250, 250],
    congestion: [250, 750],
    waiting: [200, 500, 200, 10_000],
  }),
  us: NORTH_AMERICA,
  za: {
    dial: [[383, 417]],
    ringback: [[383, 417], ...BRITISH_RING],
    busy: [[400], 500, 500],
    congestion: [[400], 250, 250],
    waiting: [[383, 417], 400, 4_000],
  },
};

/** dBm0 a frequency: the North American precise levels, which suit the others too. */
const LEVELS: Readonly<Record<keyof NetworkTones, number>> = {
  dial: -13,
  ringback: -19,
  busy: -24,
  congestion: -24,
  waiting: -19,
};

/** How long each sounds when nobody says: milliseconds. */
const DURATIONS: Readonly<Record<keyof NetworkTones, number>> = {
  dial: 30_000,
  ringback: 60_000,
  busy: 30_000,
  congestion: 30_000,
  waiting: 30_000,
};

const BEEP: ToneSpec = { frequencies: [1000], cadence: [], duration: 300 };

/** Whose tones callers hear where nobody says: they are understood everywhere. */
export const DEFAULT_COUNTRY = 'us';

/** The countries whose tones are known, by their two letters, sorted. */
export const TONE_COUNTRIES: readonly string[] = Object.keys(COUNTRIES).sort();

/** The names of all tones. */
export const TONE_NAMES: readonly ToneName[] = [
  'beep',
  'ringback',
  'busy',
  'congestion',
  'dial',
  'waiting',
];

/**
 * A tone by its name, for `duration` milliseconds or as long as is usual for it, as it is in a country. One that
 * is not of {@link TONE_COUNTRIES} has the tones of North America; a beep is the same everywhere.
 */
export function namedTone(
  name: ToneName,
  duration?: number,
  country: string = DEFAULT_COUNTRY,
): ToneSpec {
  if (name === 'beep') return duration === undefined ? BEEP : { ...BEEP, duration };
  const tones = isToneCountry(country) ? COUNTRIES[country] : undefined;
  const [frequencies, ...cadence] = (tones ?? NORTH_AMERICA)[name];
  return {
    frequencies,
    cadence,
    duration: duration ?? DURATIONS[name],
    level: LEVELS[name],
  };
}

/** Whether a text names a tone: prompts and configuration come from outside. */
export function isToneName(name: string): name is ToneName {
  return TONE_NAMES.some((known) => known === name);
}

/** Whether the tones of a country are known, by its two letters in lower case. */
export function isToneCountry(country: string): boolean {
  return Object.hasOwn(COUNTRIES, country);
}
