import { decimalsTogether, type Language, noun as anyNoun, type Noun } from './language';
import { numberWords } from './number-words';
import type { Gender } from './port';

/** "un millón de euros". */
function noun(gender: Gender, one: string, other = `${one}s`): Noun {
  return anyNoun(gender, one, other, `de ${other}`);
}

const SCALES = [
  { size: 1e12, one: 'un billón', many: 'billones' },
  { size: 1e6, one: 'un millón', many: 'millones' },
  { size: 1e3, one: 'mil', many: 'mil' },
] as const;

/** Eleventh to nineteenth as they are written today; the library has "décimo primero". */
const TEENS: Readonly<Record<string, string>> = { primer: 'undécim', segund: 'duodécim' };

const centavo = noun('masculine', 'centavo');
const dollar = { unit: noun('masculine', 'dólar', 'dólares'), part: centavo };
const peso = { unit: noun('masculine', 'peso'), part: centavo };
const krona = { unit: noun('feminine', 'corona'), part: noun('masculine', 'öre', 'öre') };

export function spanish(region: string | undefined): Language {
  const words = numberWords('es-ES');
  const european = region === undefined || region === 'ES';

  /** Up to 999, without the library's slips; `one` is the word for the last 1, and "ún" in "veintiún". */
  const small = (value: number, gender: Gender | undefined, one: 'un' | 'una' | 'uno'): string => {
    const text = words.toCardinal(value).replace('dieciseis', 'dieciséis');
    const agreed = gender === 'feminine' ? text.replace('ientos', 'ientas') : text;
    if (one === 'un') return agreed.replace(/veintiuno$/, 'veintiún').replace(/uno$/, 'un');
    return agreed.replace(/uno$/, one);
  };

  /** Before a noun "uno" is "un" or "una", and hundreds are "-cientas"; before "mil" it is always "un". */
  const cardinal = (value: number, gender?: Gender): string => {
    for (const { size, one, many } of SCALES) {
      if (value < size) continue;
      const [count, rest] = [Math.trunc(value / size), value % size];
      const agreed = size === 1e3 ? gender : 'masculine';
      const head =
        count === 1
          ? one
          : `${count < 1e3 ? small(count, agreed, 'un') : cardinal(count, 'masculine')} ${many}`;
      return rest === 0 ? head : `${head} ${cardinal(rest, gender)}`;
    }
    if (gender === undefined) return small(value, undefined, 'uno');
    return small(value, gender, gender === 'feminine' ? 'una' : 'un');
  };

  const ordinal = (value: number, gender: Gender): string => {
    const end = gender === 'feminine' ? 'a' : 'o';
    return (
      words
        .toOrdinal(value)
        .replace(/(cuadri|qui|septi|octi|noni)n?centésim/, '$1ngentésim')
        .replace(/décimo (\S+)o$/, (_, unit: string) => `${TEENS[unit] ?? `decimo${unit}`}o`)
        .replace('decimooctavo', 'decimoctavo')
        // "decimotercera", but "vigésima primera".
        .replace(/o(?= |$)/g, end)
    );
  };

  return {
    ...{ minus: 'menos', plus: 'más', star: 'asterisco', and: ' con ' },
    hash: european ? 'almohadilla' : 'numeral',
    point: pointOf(region),
    units: {
      day: noun('masculine', 'día'),
      hour: noun('feminine', 'hora'),
      minute: noun('masculine', 'minuto'),
      second: noun('masculine', 'segundo'),
    },
    currencies: {
      EUR: { unit: noun('masculine', 'euro'), part: noun('masculine', 'céntimo') },
      GBP: { unit: noun('feminine', 'libra'), part: noun('masculine', 'penique') },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      ...{ MXN: peso, ARS: peso, COP: peso, CLP: { unit: peso.unit } },
      CHF: {
        unit: noun('masculine', 'franco suizo', 'francos suizos'),
        part: noun('masculine', 'céntimo'),
      },
      PLN: { unit: noun('masculine', 'zloty'), part: noun('masculine', 'grosz', 'groszy') },
      BRL: { unit: noun('masculine', 'real', 'reales'), part: centavo },
      JPY: { unit: noun('masculine', 'yen', 'yenes') },
      ...{ SEK: krona, NOK: krona, DKK: krona },
      CZK: { unit: krona.unit, part: noun('masculine', 'heller') },
    },
    cardinal,
    ordinal,
    decimals: (digits) => decimalsTogether(digits, cardinal),
    time(hour, minute) {
      const article = hour === 1 ? 'la' : 'las';
      const hours = `${article} ${cardinal(hour, 'feminine')}`;
      if (minute === 0) return hour === 1 ? hours : `${hours} horas`;
      return `${hours} ${minute < 10 ? `${cardinal(0)} ` : ''}${cardinal(minute)}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday}, `;
      const first = day === 1 && !european ? 'primero' : cardinal(day);
      const tail = year === undefined ? '' : ` de ${cardinal(year)}`;
      return `${before}${first} de ${month}${tail}`;
    },
  };
}

/** "punto" where numbers are written with one, as in Mexico. */
function pointOf(region: string | undefined): string {
  const format = new Intl.NumberFormat(region === undefined ? 'es' : `es-${region}`);
  return format.format(0.5).includes('.') ? 'punto' : 'coma';
}
