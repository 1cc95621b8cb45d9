/**
 * Something that each language says in its own way. All members are plain data. Times without a zone are those of
 * `zone`, an IANA name such as `Europe/Berlin`; the machine's own when absent.
 */
export type Phrase =
  /** A cardinal: `{ number: 1234.5 }`. `gender` where a language has one (German "ein" or "eine", Polish "dwa", "dwie"). */
  | { readonly number: number; readonly gender?: Gender }
  /** `{ ordinal: 3 }`: third. */
  | { readonly ordinal: number; readonly gender?: Gender }
  /** Read one by one: `0` to `9`, `*`, `#`. */
  | { readonly digits: string }
  /** `{ money: 12.5, currency: 'EUR' }`; ISO 4217. */
  | { readonly money: number; readonly currency: string }
  /** `'2026-11-22'`, or milliseconds since the epoch; with the day of the week unless `weekday` is false. */
  | {
      readonly date: string | number;
      readonly zone?: string;
      readonly weekday?: boolean;
      readonly year?: boolean;
    }
  /** `'14:30'`, or milliseconds since the epoch. */
  | { readonly time: string | number; readonly zone?: string }
  /** Milliseconds: two minutes and three seconds. */
  | { readonly duration: number }
  /** Read in groups: `'+49 30 1234567'`. */
  | { readonly phone: string }
  /** Joined as the language joins: a, b and c. */
  | { readonly list: readonly (string | Phrase)[]; readonly join?: 'and' | 'or' };

export type Gender = 'masculine' | 'feminine' | 'neuter';
