/** What `Intl` has of a language's words, kept from one phrase to the next. */
export interface Locale {
  /** January to December, as they stand in a date: Polish "listopada". */
  readonly months: readonly string[];
  /** Sunday to Saturday. */
  readonly weekdays: readonly string[];
  /** The category of a whole number. */
  plural(value: number): Intl.LDMLPluralRule;
  join(parts: readonly string[], by: 'and' | 'or'): string;
}

const locales = new Map<string, Locale>();

export function localeOf(tag: string): Locale {
  let locale = locales.get(tag);
  if (locale === undefined) {
    locale = create(tag);
    locales.set(tag, locale);
  }
  return locale;
}

function create(tag: string): Locale {
  const plurals = new Intl.PluralRules(tag);
  const lists = {
    and: new Intl.ListFormat(tag, { type: 'conjunction' }),
    or: new Intl.ListFormat(tag, { type: 'disjunction' }),
  };
  const dates = new Intl.DateTimeFormat(tag, {
    ...{ weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC', calendar: 'gregory' },
  });
  const name = (type: 'month' | 'weekday', date: number): string =>
    dates.formatToParts(date).find((part) => part.type === type)?.value ?? '';
  return {
    months: Array.from({ length: 12 }, (_, month) => name('month', Date.UTC(2026, month, 1))),
    // The first of February 2026 was a Sunday.
    weekdays: Array.from({ length: 7 }, (_, day) => name('weekday', Date.UTC(2026, 1, 1 + day))),
    plural: (value) => plurals.select(value),
    join: (parts, by) => lists[by].format(parts),
  };
}
