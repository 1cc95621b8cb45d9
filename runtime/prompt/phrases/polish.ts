import { decimalsTogether, invariable, type Language, type Noun } from './language';
import { numberWords } from './number-words';
import type { Gender } from './port';

/** One, two to four, and the genitive of all else: "minuta", "minuty", "minut". */
function noun(gender: Gender, one: string, few: string, many: string): Noun {
  return { gender, forms: { one, few, many, other: many } };
}

/** The round thousands of years: "dwutysięczny". */
const THOUSANDS = ['', '', 'dwu', 'trzy', 'cztero', 'pięcio', 'sześcio', 'siedmio', 'ośmio'];

const cent = noun('masculine', 'cent', 'centy', 'centów');
const dollar = { unit: noun('masculine', 'dolar', 'dolary', 'dolarów'), part: cent };
const krona = {
  unit: noun('feminine', 'korona', 'korony', 'koron'),
  part: invariable('neuter', 'öre'),
};

export function polish(): Language {
  const words = numberWords('pl-PL');

  /** Of all that end in 1, only 1 has genders: "jedna godzina", "dwadzieścia jeden godzin", "dwadzieścia dwie". */
  const cardinal = (value: number, gender?: Gender): string => {
    if (value === 1 && gender === 'neuter') return 'jedno';
    if (gender !== 'feminine') return words.toCardinal(value);
    return value === 1 ? 'jedna' : words.toCardinal(value).replace(/(?<= |^)dwa$/, 'dwie');
  };

  /** The last word, and the tens before it, in another form: for those on "-y", and for "drugi" and "trzeci". */
  const declined = (value: number, y: string, i: string): string =>
    words
      .toOrdinal(value)
      .replace(/(?<=dziest|dziesiąt)y(?= )/, y)
      .replace(/y$/, y)
      .replace(/i$/, i)
      .replace('drugia', 'druga');

  /** The genitive, as in a date: "dwa tysiące dwudziestego szóstego". */
  const yearOf = (value: number): string => {
    const thousand = Math.trunc(value / 1_000);
    if (value % 1_000 === 0) return `${THOUSANDS[thousand] ?? 'dziewięcio'}tysięcznego`;
    return `${cardinal(thousand * 1_000)} ${declined(value % 1_000, 'ego', 'iego')}`;
  };

  return {
    ...{ minus: 'minus', point: 'przecinek', plus: 'plus', star: 'gwiazdka', hash: 'krzyżyk' },
    and: ' ',
    units: {
      day: noun('masculine', 'dzień', 'dni', 'dni'),
      hour: noun('feminine', 'godzina', 'godziny', 'godzin'),
      minute: noun('feminine', 'minuta', 'minuty', 'minut'),
      second: noun('feminine', 'sekunda', 'sekundy', 'sekund'),
    },
    currencies: {
      EUR: { unit: invariable('neuter', 'euro'), part: cent },
      GBP: {
        unit: noun('masculine', 'funt', 'funty', 'funtów'),
        part: noun('masculine', 'pens', 'pensy', 'pensów'),
      },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: {
        unit: noun('masculine', 'frank', 'franki', 'franków'),
        part: noun('masculine', 'centym', 'centymy', 'centymów'),
      },
      PLN: {
        unit: noun('masculine', 'złoty', 'złote', 'złotych'),
        part: noun('masculine', 'grosz', 'grosze', 'groszy'),
      },
      BRL: {
        unit: noun('masculine', 'real', 'reale', 'reali'),
        part: invariable('neuter', 'centavo'),
      },
      JPY: { unit: noun('masculine', 'jen', 'jeny', 'jenów') },
      ...{ SEK: krona, NOK: krona, DKK: krona },
      CZK: { unit: krona.unit, part: noun('masculine', 'halerz', 'halerze', 'halerzy') },
    },
    cardinal,
    ordinal(value, gender) {
      if (gender === 'feminine') return declined(value, 'a', 'ia');
      return gender === 'neuter' ? declined(value, 'e', 'ie') : words.toOrdinal(value);
    },
    decimals: (digits) => decimalsTogether(digits, cardinal),
    /** The hour is the fourteenth, "czternasta"; the first of the day has no such name. */
    time(hour, minute) {
      if (hour === 0 && minute === 0) return 'północ';
      const hours = hour === 0 ? cardinal(0) : declined(hour, 'a', 'ia');
      if (minute === 0) return hours;
      return `${hours} ${minute < 10 ? `${cardinal(0)} ` : ''}${cardinal(minute)}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday}, `;
      const tail = year === undefined ? '' : ` ${yearOf(year)} roku`;
      return `${before}${words.toOrdinal(day)} ${month}${tail}`;
    },
  };
}
