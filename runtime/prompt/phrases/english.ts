import { invariable, type Language, noun } from './language';
import { numberWords } from './number-words';

/** Where the month comes before the day, and "and" is left out of "one hundred five". */
const AMERICAN = [undefined, 'US', 'CA', 'PH'];

const penny = noun('neuter', 'penny', 'pence');
const cent = noun('neuter', 'cent', 'cents');
const dollar = { unit: noun('neuter', 'dollar', 'dollars'), part: cent };
const ore = invariable('neuter', 'øre');

export function english(region: string | undefined): Language {
  const american = AMERICAN.includes(region);
  const words = numberWords(american ? 'en-US' : 'en-GB');
  const cardinal = (value: number): string => words.toCardinal(value);
  // The library leaves the "and" out of British ordinals: "one hundred and first".
  const ordinal = (value: number): string =>
    words.toOrdinal(value).replace(/hundred (?=\w)/, american ? 'hundred ' : 'hundred and ');

  /** "twenty twenty-six", "nineteen oh five", "two thousand five". */
  const yearOf = (value: number): string => {
    const [century, rest] = [Math.trunc(value / 100), value % 100];
    if (century < 10 || (century % 10 === 0 && rest < 10)) return cardinal(value);
    if (rest === 0) return `${cardinal(century)} hundred`;
    return `${cardinal(century)} ${rest < 10 ? 'oh ' : ''}${cardinal(rest)}`;
  };

  return {
    ...{ minus: 'minus', point: 'point', plus: 'plus', star: 'star', and: ' and ' },
    hash: american ? 'pound' : 'hash',
    units: {
      day: noun('neuter', 'day', 'days'),
      hour: noun('neuter', 'hour', 'hours'),
      minute: noun('neuter', 'minute', 'minutes'),
      second: noun('neuter', 'second', 'seconds'),
    },
    currencies: {
      EUR: { unit: noun('neuter', 'euro', 'euros'), part: cent },
      GBP: { unit: noun('neuter', 'pound', 'pounds'), part: penny },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: {
        unit: noun('neuter', 'Swiss franc', 'Swiss francs'),
        part: noun('neuter', 'centime', 'centimes'),
      },
      PLN: {
        unit: noun('neuter', 'zloty', 'zlotys'),
        part: invariable('neuter', 'groszy'),
      },
      BRL: {
        unit: noun('neuter', 'real', 'reais'),
        part: noun('neuter', 'centavo', 'centavos'),
      },
      JPY: { unit: invariable('neuter', 'yen') },
      SEK: { unit: noun('neuter', 'krona', 'kronor'), part: ore },
      NOK: { unit: noun('neuter', 'krone', 'kroner'), part: ore },
      DKK: { unit: noun('neuter', 'krone', 'kroner'), part: ore },
      CZK: {
        unit: noun('neuter', 'koruna', 'korunas'),
        part: invariable('neuter', 'haléř'),
      },
    },
    cardinal,
    ordinal,
    time(hour, minute) {
      if (minute === 0 && hour % 12 === 0) return hour === 0 ? 'midnight' : 'noon';
      const minutes = minute === 0 ? '' : ` ${minute < 10 ? 'oh ' : ''}${cardinal(minute)}`;
      return `${cardinal(hour % 12 || 12)}${minutes} ${hour < 12 ? 'a.m.' : 'p.m.'}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday}, `;
      const said = american ? `${month} ${ordinal(day)}` : `the ${ordinal(day)} of ${month}`;
      const tail = year === undefined ? '' : `${american ? ',' : ''} ${yearOf(year)}`;
      return `${before}${said}${tail}`;
    },
  };
}
