import type { Gender } from './port';

/** A noun that is counted. */
export interface Noun {
  readonly gender: Gender;
  /** By the category that `Intl.PluralRules` gives a whole number; `many` is behind a million in Romance languages. */
  readonly forms: { readonly [Category in Intl.LDMLPluralRule]?: string } & {
    readonly other: string;
  };
  /** Number and noun for 1, where they grow together: "un'ora". */
  readonly single?: string;
}

export interface CurrencyWords {
  readonly unit: Noun;
  /** The hundredth; absent where there is none. */
  readonly part?: Noun;
}

/** A day of the calendar: `month` is 1 to 12, `weekday` 0 (Sunday) to 6. */
export interface Day {
  readonly day: number;
  readonly month: number;
  readonly year: number;
  readonly weekday: number;
}

/** What is said of a date; the weekday and the year where they are to be said. */
export interface DayWords {
  readonly day: number;
  readonly month: string;
  readonly weekday: string | undefined;
  readonly year: number | undefined;
}

/**
 * What one language has of its own: its rules for the words of numbers, its nouns, and the order of dates and times.
 * Numbers are whole and not negative.
 */
export interface Language {
  readonly minus: string;
  /** Before the decimals. */
  readonly point: string;
  /** The keys of a telephone. */
  readonly star: string;
  readonly hash: string;
  /** Before a country's number. */
  readonly plus: string;
  /** Between the units and the hundredths of money, with its blanks. */
  readonly and: string;
  readonly units: Readonly<Record<'day' | 'hour' | 'minute' | 'second', Noun>>;
  readonly currencies: Readonly<Record<string, CurrencyWords>>;
  /** Up to 10^15. With a gender as it stands before a noun of that gender: "ein", "eine". */
  cardinal(value: number, gender?: Gender): string;
  /** 1 to 1,000. */
  ordinal(value: number, gender: Gender): string;
  /** `hour` is 0 to 23. */
  time(hour: number, minute: number): string;
  date(day: DayWords): string;
  /** The digits behind the point, where they are not read one by one. */
  decimals?(digits: string): string | undefined;
  /** The digits of one group of a phone number, where they are not read one by one. */
  phoneGroup?(digits: string): string | undefined;
  /** How a phone number that has no separators is cut; by default in threes. */
  phoneGroups?(digits: string, international: boolean): readonly string[];
}

/** A noun with one form for 1 and one for all else; `many` where a million takes another. */
export function noun(gender: Gender, one: string, other: string, many: string = other): Noun {
  return { gender, forms: { one, other, many } };
}

/** A noun that is the same in each number. */
export function invariable(gender: Gender, word: string): Noun {
  return { gender, forms: { other: word } };
}

/**
 * Decimals as one number behind their zeros, as in French "virgule zéro cinq" and "virgule vingt-cinq"; undefined for
 * so many that they are better read one by one.
 */
export function decimalsTogether(
  digits: string,
  cardinal: (value: number) => string,
): string | undefined {
  const [, zeros = '', rest = ''] = /^(0*)(\d*)$/.exec(digits) ?? [];
  if (rest.length > 2) return undefined;
  return [...Array.from(zeros, () => cardinal(0)), cardinal(Number(rest))].join(' ');
}
