import { decimalsTogether, type Language, noun as anyNoun, type Noun } from './language';
import { numberWords } from './number-words';
import type { Gender } from './port';

/** "un million d'euros", "un million de dollars". */
function noun(gender: Gender, one: string, other = `${one}s`): Noun {
  return anyNoun(gender, one, other, (/^[aeéhiouö]/.test(other) ? "d'" : 'de ') + other);
}

const cent = noun('masculine', 'cent');
const dollar = { unit: noun('masculine', 'dollar'), part: cent };
const centime = noun('masculine', 'centime');
const krona = { unit: noun('feminine', 'couronne'), part: noun('masculine', 'öre', 'öre') };

export function french(region: string | undefined): Language {
  // "septante" and "nonante"; eighty is "quatre-vingts" in Belgium, and understood in all of Switzerland.
  const words = numberWords(region === 'BE' || region === 'CH' ? 'fr-BE' : 'fr-FR');
  const cardinal = (value: number, gender?: Gender): string => {
    const text = words.toCardinal(value);
    return gender === 'feminine' ? text.replace(/\bun$/, 'une') : text;
  };
  const franc = region === 'CH' ? noun('masculine', 'franc') : undefined;
  return {
    ...{ minus: 'moins', point: 'virgule', plus: 'plus', star: 'étoile', and: ' et ' },
    hash: region === 'CA' ? 'carré' : 'dièse',
    units: {
      day: noun('masculine', 'jour'),
      hour: noun('feminine', 'heure'),
      minute: noun('feminine', 'minute'),
      second: noun('feminine', 'seconde'),
    },
    currencies: {
      EUR: { unit: noun('masculine', 'euro'), part: centime },
      GBP: { unit: noun('feminine', 'livre'), part: noun('masculine', 'penny', 'pence') },
      ...{ USD: dollar, CAD: dollar, AUD: dollar, NZD: dollar },
      CHF: { unit: franc ?? noun('masculine', 'franc suisse', 'francs suisses'), part: centime },
      PLN: { unit: noun('masculine', 'zloty'), part: noun('masculine', 'grosz', 'groszy') },
      BRL: { unit: noun('masculine', 'réal'), part: noun('masculine', 'centavo') },
      JPY: { unit: noun('masculine', 'yen') },
      ...{ SEK: krona, NOK: krona, DKK: krona },
      CZK: { unit: krona.unit, part: noun('masculine', 'heller') },
    },
    cardinal,
    ordinal(value, gender) {
      if (value === 1 && gender === 'feminine') return 'première';
      return words.toOrdinal(value);
    },
    decimals: (digits) => decimalsTogether(digits, cardinal),
    time(hour, minute) {
      if (minute === 0 && hour % 12 === 0) return hour === 0 ? 'minuit' : 'midi';
      const hours = `${cardinal(hour, 'feminine')} ${hour < 2 ? 'heure' : 'heures'}`;
      return minute === 0 ? hours : `${hours} ${cardinal(minute, 'feminine')}`;
    },
    date({ day, month, weekday = 'le', year }) {
      const first = day === 1 ? 'premier' : cardinal(day);
      return `${weekday} ${first} ${month}${year === undefined ? '' : ` ${cardinal(year)}`}`;
    },
    /** In pairs: "zéro un, vingt-trois". */
    phoneGroup(digits) {
      if (!/^\d\d$/.test(digits)) return undefined;
      return digits.startsWith('0')
        ? `${cardinal(0)} ${cardinal(Number(digits))}`
        : cardinal(Number(digits));
    },
    phoneGroups(digits, international) {
      // The numbers of countries that speak French are two digits long.
      const country = international ? digits.slice(0, 2) : '';
      const pairs = digits.slice(country.length).match(/^\d(?=(?:\d\d)+$)|../g) ?? [];
      return country === '' ? pairs : [country, ...pairs];
    },
  };
}
