import { decimalsTogether, type Language, noun as anyNoun, type Noun } from './language';
import { numberWords } from './number-words';
import type { Gender } from './port';

/** "um milhão de euros". */
function noun(gender: Gender, one: string, other = `${one}s`): Noun {
  return anyNoun(gender, one, other, `de ${other}`);
}

interface Scale {
  readonly size: number;
  readonly one: string;
  readonly many: string;
}

const THOUSAND: Scale = { size: 1e3, one: 'mil', many: 'mil' };
const MILLION: Scale = { size: 1e6, one: 'um milhão', many: 'milhões' };
const LONG: readonly Scale[] = [
  { size: 1e12, one: 'um bilião', many: 'biliões' },
  MILLION,
  THOUSAND,
];
const SHORT: readonly Scale[] = [
  { size: 1e15, one: 'um quatrilhão', many: 'quatrilhões' },
  { size: 1e12, one: 'um trilhão', many: 'trilhões' },
  { size: 1e9, one: 'um bilhão', many: 'bilhões' },
  MILLION,
  THOUSAND,
];

const centavo = noun('masculine', 'centavo');
const krona = { unit: noun('feminine', 'coroa'), part: noun('masculine', 'öre', 'öre') };

export function portuguese(region: string | undefined): Language {
  // As in Intl, "pt" is that of Brazil; the other countries follow Portugal.
  const brazilian = region === undefined || region === 'BR';
  const words = numberWords('pt-PT');
  const scales = brazilian ? SHORT : LONG;

  /** Up to 999. */
  const small = (value: number, gender: Gender | undefined): string => {
    let text = words.toCardinal(value);
    if (brazilian) text = text.replace(/deza(?=[sn])/, 'deze').replace('catorze', 'quatorze');
    if (gender !== 'feminine') return text;
    return text
      .replace(/\bum$/, 'uma')
      .replace(/\bdois$/, 'duas')
      .replace('entos', 'entas');
  };
  /** "e" stands before the last part only if that is one word, or less than a hundred: "mil e duzentos". */
  const joint = (rest: number): string => {
    const part = rest >= 1e3 && rest % 1e3 === 0 ? rest / 1e3 : rest;
    return part <= 100 || (part < 1e3 && part % 100 === 0) ? ' e ' : ' ';
  };
  const cardinal = (value: number, gender?: Gender): string => {
    for (const { size, one, many } of scales) {
      if (value < size) continue;
      const [count, rest] = [Math.trunc(value / size), value % size];
      const agreed = size === 1e3 ? gender : undefined;
      const head = count === 1 ? one : `${cardinal(count, agreed)} ${many}`;
      return rest === 0 ? head : head + joint(rest) + cardinal(rest, gender);
    }
    return small(value, gender);
  };
  const digit = (value: string): string =>
    // On the telephone Brazilians say "half (a dozen)", which cannot be taken for "três".
    brazilian && value === '6' ? 'meia' : cardinal(Number(value));

  const cent = brazilian ? centavo : noun('masculine', 'cêntimo');
  const dollar = { unit: noun('masculine', 'dólar', 'dólares'), part: cent };
  return {
    ...{ minus: 'menos', point: 'vírgula', plus: 'mais', star: 'asterisco', and: ' e ' },
    hash: brazilian ? 'jogo da velha' : 'cardinal',
    units: {
      day: noun('masculine', 'dia'),
      hour: noun('feminine', 'hora'),
      minute: noun('masculine', 'minuto'),
      second: noun('masculine', 'segundo'),
    },
    currencies: {
      EUR: { unit: noun('masculine', 'euro'), part: cent },
      GBP: { unit: noun('feminine', 'libra'), part: noun('masculine', 'penny', 'pence') },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: { unit: noun('masculine', 'franco suíço', 'francos suíços'), part: cent },
      PLN: { unit: noun('masculine', 'zlóti'), part: noun('masculine', 'grosz', 'groszy') },
      BRL: { unit: noun('masculine', 'real', 'reais'), part: centavo },
      JPY: { unit: noun('masculine', 'iene') },
      ...{ SEK: krona, NOK: krona, DKK: krona },
      CZK: { unit: krona.unit, part: noun('masculine', 'heller') },
    },
    cardinal,
    ordinal(value, gender) {
      const text = words.toOrdinal(value);
      return gender === 'feminine' ? text.replace(/o(?= |$)/g, 'a') : text;
    },
    decimals: (digits) => decimalsTogether(digits, cardinal),
    time(hour, minute) {
      const one = hour === 1 || (hour === 0 && brazilian);
      const hours = `${cardinal(hour, 'feminine')} ${one ? 'hora' : 'horas'}`;
      if (minute === 0) return hours;
      return `${hours} e ${cardinal(minute)} ${minute === 1 ? 'minuto' : 'minutos'}`;
    },
    date({ day, month, weekday, year }) {
      const before = weekday === undefined ? '' : `${weekday}, `;
      const first = day === 1 && brazilian ? 'primeiro' : cardinal(day);
      const tail = year === undefined ? '' : ` de ${cardinal(year)}`;
      return `${before}${first} de ${month}${tail}`;
    },
    phoneGroup: (digits) =>
      /^\d+$/.test(digits) ? Array.from(digits, digit).join(' ') : undefined,
  };
}
