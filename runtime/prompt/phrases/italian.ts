import { decimalsTogether, type Language, noun as anyNoun, type Noun } from './language';
import { numberWords } from './number-words';
import type { Gender } from './port';

/** "un milione di euro". */
function noun(gender: Gender, one: string, other = one): Noun {
  return anyNoun(gender, one, other, `di ${other}`);
}

const centesimo = noun('masculine', 'centesimo', 'centesimi');
const dollar = { unit: noun('masculine', 'dollaro', 'dollari'), part: centesimo };
const krona = {
  unit: noun('feminine', 'corona', 'corone'),
  part: { ...noun('masculine', 'öre'), single: 'un öre' },
};

export function italian(region: string | undefined): Language {
  const words = numberWords('it-IT');
  /** The library accents "ventitrémila", and not "milletré", and puts "e" behind thousands. */
  const cardinal = (value: number, gender?: Gender): string => {
    const text = words
      .toCardinal(value)
      .replace(/mila e /, 'mila')
      .replaceAll('trémila', 'tremila')
      .replace(/(?<=\w)tre$/, 'tré');
    if (gender === undefined) return text;
    return text.replace(/\buno$/, gender === 'feminine' ? 'una' : 'un');
  };
  const franco =
    region === 'CH'
      ? noun('masculine', 'franco', 'franchi')
      : noun('masculine', 'franco svizzero', 'franchi svizzeri');
  return {
    ...{ minus: 'meno', point: 'virgola', plus: 'più', star: 'asterisco', hash: 'cancelletto' },
    and: ' e ',
    units: {
      day: noun('masculine', 'giorno', 'giorni'),
      hour: { ...noun('feminine', 'ora', 'ore'), single: "un'ora" },
      minute: noun('masculine', 'minuto', 'minuti'),
      second: noun('masculine', 'secondo', 'secondi'),
    },
    currencies: {
      EUR: { unit: noun('masculine', 'euro'), part: centesimo },
      GBP: {
        unit: noun('feminine', 'sterlina', 'sterline'),
        part: noun('masculine', 'penny', 'pence'),
      },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: { unit: franco, part: centesimo },
      PLN: {
        unit: { ...noun('masculine', 'zloty'), single: 'uno zloty' },
        part: noun('masculine', 'grosz', 'groszy'),
      },
      BRL: { unit: noun('masculine', 'real'), part: noun('masculine', 'centavo', 'centavos') },
      JPY: { unit: { ...noun('masculine', 'yen'), single: 'uno yen' } },
      ...{ SEK: krona, NOK: krona, DKK: krona },
      CZK: { unit: krona.unit, part: noun('masculine', 'heller') },
    },
    cardinal,
    ordinal(value, gender) {
      const text = words.toOrdinal(value).replace('diecesimo', 'decimo');
      return gender === 'feminine' ? text.replace(/o$/, 'a') : text;
    },
    decimals: (digits) => decimalsTogether(digits, cardinal),
    /** Behind "sono le" and "alle" too, which an article would not be. */
    time(hour, minute) {
      const hours = `ore ${cardinal(hour, hour === 1 ? 'feminine' : undefined)}`;
      return minute === 0 ? hours : `${hours} e ${cardinal(minute)}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday} `;
      const first = day === 1 ? 'primo' : cardinal(day);
      return `${before}${first} ${month}${year === undefined ? '' : ` ${cardinal(year)}`}`;
    },
  };
}
