import { invariable, type Language, noun } from './language';
import { numberWords } from './number-words';
import type { Gender } from './port';

const cent = invariable('masculine', 'Cent');
const dollar = { unit: invariable('masculine', 'Dollar'), part: cent };
const krone = {
  unit: noun('feminine', 'Krone', 'Kronen'),
  part: invariable('neuter', 'Öre'),
};

export function german(): Language {
  const words = numberWords('de-DE');
  /** Before a noun "eins" is "ein" or "eine", behind hundreds too: "einhunderteine Minuten". */
  const cardinal = (value: number, gender?: Gender): string => {
    const text = words.toCardinal(value);
    if (gender === undefined || !text.endsWith('eins')) return text;
    return text.slice(0, -1) + (gender === 'feminine' ? 'e' : '');
  };
  /** Hundreds up to 1999, as years are said: "neunzehnhundertneunundneunzig". */
  const yearOf = (value: number): string => {
    if (value < 1100 || value > 1999) return cardinal(value);
    const rest = value % 100;
    return `${cardinal(Math.trunc(value / 100))}hundert${rest === 0 ? '' : cardinal(rest)}`;
  };
  return {
    ...{ minus: 'minus', point: 'Komma', plus: 'plus', star: 'Stern', hash: 'Raute' },
    and: ' und ',
    units: {
      day: noun('masculine', 'Tag', 'Tage'),
      hour: noun('feminine', 'Stunde', 'Stunden'),
      minute: noun('feminine', 'Minute', 'Minuten'),
      second: noun('feminine', 'Sekunde', 'Sekunden'),
    },
    currencies: {
      EUR: { unit: invariable('masculine', 'Euro'), part: cent },
      GBP: { unit: invariable('neuter', 'Pfund'), part: noun('masculine', 'Penny', 'Pence') },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: {
        unit: invariable('masculine', 'Franken'),
        part: invariable('masculine', 'Rappen'),
      },
      PLN: {
        unit: invariable('masculine', 'Złoty'),
        part: noun('masculine', 'Grosz', 'Groszy'),
      },
      BRL: {
        unit: noun('masculine', 'Real', 'Reais'),
        part: noun('masculine', 'Centavo', 'Centavos'),
      },
      JPY: { unit: invariable('masculine', 'Yen') },
      ...{ SEK: krone, NOK: krone, DKK: krone },
      CZK: { unit: krone.unit, part: invariable('masculine', 'Heller') },
    },
    cardinal,
    ordinal: (value) => words.toOrdinal(value),
    time(hour, minute) {
      const full = `${cardinal(hour, 'neuter')} Uhr`;
      return minute === 0 ? full : `${full} ${cardinal(minute)}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday}, `;
      const tail = year === undefined ? '' : ` ${yearOf(year)}`;
      return `${before}der ${words.toOrdinal(day)} ${month}${tail}`;
    },
  };
}
