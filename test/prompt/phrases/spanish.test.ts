import { DAY, HOUR, itSays, MINUTE, SECOND } from './support/said';

describe('Spanish', () => {
  itSays('es', [
    [{ number: 0 }, 'cero'],
    [{ number: 1 }, 'uno'],
    [{ number: 1, gender: 'masculine' }, 'un'],
    [{ number: 1, gender: 'feminine' }, 'una'],
    // n2words leaves out the accent: "dieciseis".
    [{ number: 16 }, 'dieciséis'],
    [{ number: 21 }, 'veintiuno'],
    [{ number: 21, gender: 'masculine' }, 'veintiún'],
    [{ number: 21, gender: 'feminine' }, 'veintiuna'],
    [{ number: 26 }, 'veintiséis'],
    [{ number: 31, gender: 'masculine' }, 'treinta y un'],
    [{ number: 100 }, 'cien'],
    // n2words has "cienta una" for some of these.
    [{ number: 101, gender: 'feminine' }, 'ciento una'],
    [{ number: 500, gender: 'feminine' }, 'quinientas'],
    [{ number: 700 }, 'setecientos'],
    [{ number: 1_000 }, 'mil'],
    // n2words: "veintiuno mil".
    [{ number: 21_000 }, 'veintiún mil'],
    [{ number: 200_200, gender: 'feminine' }, 'doscientas mil doscientas'],
    [{ number: 1_000_000 }, 'un millón'],
    [{ number: 21_000_000, gender: 'feminine' }, 'veintiún millones'],
    [{ number: 1e9 }, 'mil millones'],
    // n2words: "mil millones un millón".
    [{ number: 1_001_000_000 }, 'mil un millones'],
    [{ number: 1e12 }, 'un billón'],
    [{ number: 1.5 }, 'uno coma cinco'],
    [{ number: -3.05 }, 'menos tres coma cero cinco'],
    [{ ordinal: 1 }, 'primero'],
    [{ ordinal: 3, gender: 'feminine' }, 'tercera'],
    [{ ordinal: 11 }, 'undécimo'],
    [{ ordinal: 12, gender: 'feminine' }, 'duodécima'],
    [{ ordinal: 13, gender: 'feminine' }, 'decimotercera'],
    [{ ordinal: 18 }, 'decimoctavo'],
    [{ ordinal: 21, gender: 'feminine' }, 'vigésima primera'],
    [{ ordinal: 500 }, 'quingentésimo'],
    [{ digits: '09*#' }, 'cero nueve asterisco almohadilla'],
    [{ money: 1.01, currency: 'EUR' }, 'un euro con un céntimo'],
    [{ money: 21, currency: 'EUR' }, 'veintiún euros'],
    [{ money: 21.21, currency: 'GBP' }, 'veintiuna libras con veintiún peniques'],
    [{ money: 200, currency: 'GBP' }, 'doscientas libras'],
    [{ money: 1e6, currency: 'EUR' }, 'un millón de euros'],
    [{ money: 1_000_001, currency: 'EUR' }, 'un millón un euros'],
    [{ money: 2.5, currency: 'USD' }, 'dos dólares con cincuenta centavos'],
    [{ date: '2026-11-22' }, 'domingo, veintidós de noviembre de dos mil veintiséis'],
    [{ date: '2026-05-01', weekday: false, year: false }, 'uno de mayo'],
    [
      { date: '1999-12-31', weekday: false },
      'treinta y uno de diciembre de mil novecientos noventa y nueve',
    ],
    [{ time: '14:30' }, 'las catorce treinta'],
    [{ time: '01:00' }, 'la una'],
    [{ time: '01:15' }, 'la una quince'],
    [{ time: '21:00' }, 'las veintiuna horas'],
    [{ time: '00:00' }, 'las cero horas'],
    [{ time: '08:05' }, 'las ocho cero cinco'],
    [{ duration: 0 }, 'cero segundos'],
    [{ duration: 21 * HOUR + 21 * MINUTE }, 'veintiuna horas y veintiún minutos'],
    [{ duration: DAY + HOUR + SECOND }, 'un día, una hora y un segundo'],
    [
      { phone: '+34 912 345 678' },
      'más tres cuatro, nueve uno dos, tres cuatro cinco, seis siete ocho',
    ],
    // Before the sound of "i" "y" is "e", before that of "o" "o" is "u".
    [{ list: ['padre', 'hijo'] }, 'padre e hijo'],
    [{ list: ['siete', 'ocho'], join: 'or' }, 'siete u ocho'],
    [{ list: ['a', 'b', { number: 3 }] }, 'a, b y tres'],
  ]);
});

describe('Spanish of America', () => {
  itSays('es-MX', [
    [{ number: 1.5 }, 'uno punto cinco'],
    [{ date: '2026-05-01', weekday: false, year: false }, 'primero de mayo'],
    [{ money: 21.5, currency: 'MXN' }, 'veintiún pesos con cincuenta centavos'],
    [{ digits: '#' }, 'numeral'],
  ]);
  itSays('es-AR', [[{ number: 1.5 }, 'uno coma cinco']]);
});
