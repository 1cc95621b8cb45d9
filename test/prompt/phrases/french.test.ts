import { DAY, HOUR, itSays, MINUTE, SECOND } from './support/said';

describe('French', () => {
  itSays('fr', [
    [{ number: 0 }, 'zéro'],
    [{ number: 1 }, 'un'],
    [{ number: 1, gender: 'feminine' }, 'une'],
    [{ number: 21, gender: 'feminine' }, 'vingt et une'],
    [{ number: 61 }, 'soixante et un'],
    [{ number: 71, gender: 'feminine' }, 'soixante et onze'],
    [{ number: 80 }, 'quatre-vingts'],
    [{ number: 81, gender: 'feminine' }, 'quatre-vingt-une'],
    [{ number: 91 }, 'quatre-vingt-onze'],
    [{ number: 99 }, 'quatre-vingt-dix-neuf'],
    [{ number: 200 }, 'deux cents'],
    [{ number: 201 }, 'deux cent un'],
    [{ number: 1_000 }, 'mille'],
    [{ number: 80_000 }, 'quatre-vingt mille'],
    [{ number: 200_000 }, 'deux cent mille'],
    [{ number: 80_000_000 }, 'quatre-vingts millions'],
    [{ number: 1e9 }, 'un milliard'],
    [{ number: 3.14 }, 'trois virgule quatorze'],
    [{ number: 2.05 }, 'deux virgule zéro cinq'],
    [{ number: 3.142 }, 'trois virgule un quatre deux'],
    [{ number: -5 }, 'moins cinq'],
    [{ ordinal: 1 }, 'premier'],
    [{ ordinal: 1, gender: 'feminine' }, 'première'],
    [{ ordinal: 5 }, 'cinquième'],
    [{ ordinal: 9 }, 'neuvième'],
    [{ ordinal: 21, gender: 'feminine' }, 'vingt et unième'],
    [{ digits: '70*#' }, 'sept zéro étoile dièse'],
    [{ money: 1.01, currency: 'EUR' }, 'un euro et un centime'],
    [{ money: 0, currency: 'EUR' }, 'zéro euro'],
    [{ money: 80.8, currency: 'EUR' }, 'quatre-vingts euros et quatre-vingts centimes'],
    [{ money: 1e6, currency: 'EUR' }, "un million d'euros"],
    [{ money: 2e6, currency: 'USD' }, 'deux millions de dollars'],
    [{ money: 1_000_001, currency: 'EUR' }, 'un million un euros'],
    [{ money: 21, currency: 'GBP' }, 'vingt et une livres'],
    [{ money: 2, currency: 'CHF' }, 'deux francs suisses'],
    [{ date: '2026-11-22' }, 'dimanche vingt-deux novembre deux mille vingt-six'],
    [{ date: '2026-05-01', weekday: false, year: false }, 'le premier mai'],
    [
      { date: '1999-08-21', weekday: false },
      'le vingt et un août mille neuf cent quatre-vingt-dix-neuf',
    ],
    [{ time: '14:30' }, 'quatorze heures trente'],
    [{ time: '00:00' }, 'minuit'],
    [{ time: '12:00' }, 'midi'],
    [{ time: '00:10' }, 'zéro heure dix'],
    [{ time: '01:00' }, 'une heure'],
    [{ time: '21:21' }, 'vingt et une heures vingt et une'],
    [{ duration: 0 }, 'zéro seconde'],
    [{ duration: 21 * MINUTE + SECOND }, 'vingt et une minutes et une seconde'],
    [{ duration: DAY + 2 * HOUR + MINUTE }, 'un jour, deux heures et une minute'],
    [
      { phone: '01 23 45 67 89' },
      'zéro un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf',
    ],
    [
      { phone: '+33123456789' },
      'plus trente-trois, un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf',
    ],
    [{ phone: '3631' }, 'trois six trois un'],
    [{ list: ['Paris', 'Lyon', 'Nice'] }, 'Paris, Lyon et Nice'],
    [{ list: ['oui', 'non'], join: 'or' }, 'oui ou non'],
  ]);
});

describe('French of Belgium, Switzerland and Canada', () => {
  itSays('fr-BE', [
    [{ number: 71 }, 'septante et un'],
    [{ number: 80 }, 'quatre-vingts'],
    [{ number: 99 }, 'nonante-neuf'],
    [{ ordinal: 70 }, 'septantième'],
  ]);
  itSays('fr-CH', [
    [{ money: 95.05, currency: 'CHF' }, 'nonante-cinq francs et cinq centimes'],
    [{ number: 78 }, 'septante-huit'],
  ]);
  itSays('fr-CA', [
    [{ number: 71 }, 'soixante et onze'],
    [{ digits: '#' }, 'carré'],
  ]);
});
