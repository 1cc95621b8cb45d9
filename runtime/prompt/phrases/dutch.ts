import { invariable, type Language, noun } from './language';
import { numberWords } from './number-words';

const cent = invariable('masculine', 'cent');
const dollar = { unit: invariable('masculine', 'dollar'), part: cent };
const krona = { unit: noun('masculine', 'kroon', 'kronen'), part: invariable('masculine', 'öre') };

export function dutch(): Language {
  const words = numberWords('nl-NL');
  /** Behind hundreds no blank is written, as the library does above a thousand: "elfhonderdvijf". */
  const together = (text: string): string =>
    text.replace(/honderd (?!mil|bil)(?=\p{L})/u, 'honderd').replace(/(?<=\p{L})één/gu, 'een');
  const cardinal = (value: number): string => together(words.toCardinal(value));
  return {
    ...{ minus: 'min', point: 'komma', plus: 'plus', star: 'sterretje', hash: 'hekje' },
    and: ' en ',
    units: {
      day: noun('masculine', 'dag', 'dagen'),
      hour: invariable('neuter', 'uur'),
      minute: noun('feminine', 'minuut', 'minuten'),
      second: noun('feminine', 'seconde', 'seconden'),
    },
    currencies: {
      EUR: { unit: invariable('masculine', 'euro'), part: cent },
      GBP: { unit: invariable('neuter', 'pond'), part: noun('masculine', 'penny', 'pence') },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: {
        unit: invariable('masculine', 'Zwitserse frank'),
        part: invariable('masculine', 'rappen'),
      },
      PLN: { unit: invariable('masculine', 'zloty'), part: noun('masculine', 'grosz', 'groszy') },
      BRL: {
        unit: invariable('masculine', 'real'),
        part: noun('masculine', 'centavo', 'centavos'),
      },
      JPY: { unit: invariable('masculine', 'yen') },
      ...{ SEK: krona, NOK: krona, DKK: krona },
      CZK: { unit: krona.unit, part: invariable('masculine', 'heller') },
    },
    cardinal,
    ordinal: (value) => together(words.toOrdinal(value)),
    time(hour, minute) {
      const full = `${cardinal(hour)} uur`;
      return minute === 0 ? full : `${full} ${cardinal(minute)}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday} `;
      return `${before}${cardinal(day)} ${month}${year === undefined ? '' : ` ${cardinal(year)}`}`;
    },
  };
}
