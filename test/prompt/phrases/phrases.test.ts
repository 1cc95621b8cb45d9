import fc from 'fast-check';
import { phraseLanguages } from '../../../runtime/prompt/phrases/languages';
import { phraseText } from '../../../runtime/prompt/phrases/phrase-text';
import type { Gender, Phrase } from '../../../runtime/prompt/phrases/port';

const tags = [...phraseLanguages, 'en-GB', 'fr-BE', 'pt-PT', 'es-MX'];
const moment = fc.integer({ min: Date.UTC(1000, 0, 3), max: Date.UTC(9999, 11, 29) });
const gender = fc.constantFrom<Gender>('masculine', 'feminine', 'neuter');
const amount = fc.double({ min: -1e15, max: 1e15, noNaN: true });
const zone = fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/St_Johns');
const two = (value: number): string => String(value).padStart(2, '0');

const phrases: fc.Arbitrary<Phrase> = fc.oneof(
  amount.map((number) => ({ number })),
  fc.record({ number: fc.maxSafeInteger().map((n) => n % 1e15), gender }),
  fc.record({ ordinal: fc.integer({ min: 1, max: 1_000 }), gender }),
  fc.stringMatching(/^[0-9*#]{1,12}$/).map((digits) => ({ digits })),
  fc.record({
    money: amount,
    currency: fc.constantFrom(...Intl.supportedValuesOf('currency')),
  }),
  fc.record({ date: moment, zone, weekday: fc.boolean(), year: fc.boolean() }),
  fc.record({ time: moment, zone }),
  fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => ({ time: `${two(hour)}:${two(minute)}` })),
  fc.integer({ min: 0, max: 1e15 }).map((duration) => ({ duration })),
  fc.stringMatching(/^\+?[0-9]{1,3}([ -][0-9]{1,9}){0,4}$/).map((phone) => ({ phone })),
);
const lists: fc.Arbitrary<Phrase> = fc
  .array(phrases, { minLength: 1, maxLength: 5 })
  .map((list) => ({ list }));

describe.each(tags)('phrases in %s', (language) => {
  it('are words without digits, with single blanks, and the same each time', () => {
    fc.assert(
      fc.property(fc.oneof(phrases, lists), (phrase) => {
        const text = phraseText(phrase, language);
        expect(text).not.toMatch(/\d|undefined|NaN| {2}|^ | $|^$/);
        expect(phraseText(phrase, language)).toBe(text);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it('say each number from 0 to 99,999 in its own words', () => {
    const seen = new Set<string>();
    for (let number = 0; number < 100_000; number += 1) {
      seen.add(phraseText({ number }, language));
    }
    expect(seen.size).toBe(100_000);
  });

  it('say each ordinal, each minute of the day and each day of a year in its own words', () => {
    const seen = new Set<string>();
    for (let ordinal = 1; ordinal <= 1_000; ordinal += 1) {
      seen.add(phraseText({ ordinal }, language));
    }
    expect(seen.size).toBe(1_000);
    seen.clear();
    for (let minute = 0; minute < 1_440; minute += 1) {
      const time = `${two(Math.trunc(minute / 60))}:${two(minute % 60)}`;
      seen.add(phraseText({ time }, language));
    }
    expect(seen.size).toBe(1_440);
    seen.clear();
    for (let day = 0; day < 366; day += 1) {
      const date = new Date(Date.UTC(2028, 0, 1 + day)).toISOString().slice(0, 10);
      seen.add(phraseText({ date, weekday: false }, language));
    }
    expect(seen.size).toBe(366);
  });
});
