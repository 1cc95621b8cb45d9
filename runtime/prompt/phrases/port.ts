/**
 * Something that each language says in its own way. All members are plain data. Times without a zone are those of
 * `zone`, an IANA name such as `Europe/Berlin`; the machine's own when absent.
 */
export type Phrase =
  /**
   * A cardinal: `{ number: 1234.5 }`, up to 10^15, with at most six decimals. With a gender as it stands before a noun
   * of that gender (German "ein" or "eine", Polish "dwa" or "dwie"); without one as in counting.
   */
  | { readonly number: number; readonly gender?: Gender }
  /** `{ ordinal: 3 }`: third; 1 to 1,000. */
  | { readonly ordinal: number; readonly gender?: Gender }
  /** Read one by one: `0` to `9`, `*`, `#`. */
  | { readonly digits: string }
  /** `{ money: 12.5, currency: 'EUR' }`; ISO 4217. Rounded to cents, or what the currency has of that kind. */
  | { readonly money: number; readonly currency: string }
  /**
   * `'2026-11-22'`, or milliseconds since the epoch; with the day of the week unless `weekday` is false, with the year
   * unless `year` is false, or absent and what asks for the text says that it is said in that year.
   */
  | {
      readonly date: string | number;
      readonly zone?: string;
      readonly weekday?: boolean;
      readonly year?: boolean;
    }
  /** `'14:30'`, or milliseconds since the epoch; seconds are left out. */
  | { readonly time: string | number; readonly zone?: string }
  /** Milliseconds: two minutes and three seconds. The three largest units that are not zero. */
  | { readonly duration: number }
  /** Read digit by digit in groups, as the language does: `'+49 30 1234567'`. */
  | { readonly phone: string }
  /** Joined as the language joins: a, b and c. */
  | { readonly list: readonly (string | Phrase)[]; readonly join?: 'and' | 'or' };

export type Gender = 'masculine' | 'feminine' | 'neuter';
