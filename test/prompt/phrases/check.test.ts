import fc from 'fast-check';
import { isPhrase, phraseProblem } from '../../../runtime/prompt/phrases/check';
import { phraseLanguages } from '../../../runtime/prompt/phrases/languages';
import { phraseText } from '../../../runtime/prompt/phrases/phrase-text';
import type { Phrase } from '../../../runtime/prompt/phrases/port';

const cyclic: { list: unknown[] } = { list: ['a'] };
cyclic.list.push(cyclic);

describe('phraseProblem', () => {
  it.each<[unknown, RegExp]>([
    [{ number: Number.NaN }, /^\{ number: NaN \} cannot be said: give a number from/],
    [{ number: Number.POSITIVE_INFINITY }, /Infinity/],
    [{ number: 1.1e15 }, /-10\^15 to 10\^15/],
    [{ number: '5' }, /^\{ number: "5" \} cannot be said/],
    [{ number: 10n }, /^\{ number: 10 \} cannot be said/],
    [{ number: 1, gender: 'male' }, /no gender "male": use 'masculine'/],
    [{ number: 1, gendre: 'feminine' }, /no member "gendre": did you mean "gender"\?$/],
    [{ ordinal: 0 }, /whole number from 1 to 1000/],
    [{ ordinal: 1.5 }, /whole number/],
    [{ ordinal: 1_001 }, /1 to 1000/],
    [{ digits: '12a' }, /0 to 9, \* and #/],
    [{ digits: '' }, /0 to 9, \* and #/],
    [{ digits: '1'.repeat(101) }, /at most 100/],
    [{ phone: '+' }, /such as '\+49 30 1234567'/],
    [{ phone: '+49+30' }, /cannot be read/],
    [{ money: 1 }, /no currency undefined: give its three letters/],
    [{ money: 1, currency: 'eur' }, /no currency "eur"/],
    [{ money: 1, currency: 'XXZ' }, /no currency "XXZ"/],
    [{ money: Number.NaN, currency: 'EUR' }, /\{ money: NaN \}/],
    [{ date: '2026-02-29' }, /is no day: give one of the years 1000 to 9999 that exists/],
    [{ date: '2026-2-3' }, /is no day/],
    [{ date: '0999-01-01' }, /is no day/],
    [{ date: 9e15 }, /is no day/],
    [{ date: 0, zone: 'Europe/Berlim' }, /no time zone "Europe\/Berlim": give an IANA name/],
    [{ date: 0, weekday: 'no' }, /"weekday" of a \{ date \} is "no": give true or false/],
    [{ time: '24:00' }, /is no time of day: give '00:00' to '23:59'/],
    [{ time: Number.NaN }, /is no time of day/],
    [{ duration: -1 }, /give milliseconds, 0 or more/],
    [{ list: [] }, /array of 1 to 100/],
    [{ list: 'a' }, /array of 1 to 100/],
    [{ list: ['a', 5] }, /^5 is not a phrase/],
    [{ list: ['a', { number: Number.NaN }] }, /\{ number: NaN \}/],
    [{ list: ['a'], join: 'xor' }, /use 'and' or 'or'/],
    [cyclic, /more than 4 deep/],
    [{ say: 'a' }, /is not a phrase: use \{ number \}, \{ ordinal \}/],
    [undefined, /^undefined is not a phrase/],
    [() => 1, /is not a phrase/],
  ])('tells what is wrong with %j, in one sentence', (phrase, message) => {
    const problem = phraseProblem(phrase);
    expect(problem).toMatch(message);
    expect(problem).toMatch(/^[^\n]+[.?]$/);
  });

  it('tells that a language has no phrases, and which have', () => {
    const message =
      'Phrases cannot be said in "zh", only in de, en, es, fr, it, nl, pl, pt and their regions: add one of these to the fall-back languages, or use { say }.';
    expect(phraseProblem({ number: 1 }, 'zh')).toBe(message);
    expect(phraseProblem({ number: 1 }, 'de_DE')).toMatch(/^Phrases cannot be said in "de_DE"/);
    expect(phraseProblem({ number: 1 }, 'constructor')).toBeDefined();
    let thrown: unknown;
    try {
      phraseText({ number: 1 }, 'zh');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'CALLCHART_PHRASE', message });
  });

  it('finds nothing where all is well, in each language and its regions', () => {
    expect(phraseLanguages).toEqual(['de', 'en', 'es', 'fr', 'it', 'nl', 'pl', 'pt']);
    for (const language of [...phraseLanguages, 'de-CH', 'en-GB', 'es-419', 'pt-PT']) {
      expect(phraseProblem({ money: -1e15, currency: 'EUR' }, language)).toBeUndefined();
    }
  });

  it('is what phraseText throws, and for its options too', () => {
    expect(() => phraseText({ number: Number.NaN }, 'en')).toThrow(/\{ number: NaN \}/);
    const time = { time: 0 } as const;
    expect(() => phraseText(time, 'en', { zone: 'Mars' })).toThrow(/no time zone "Mars"/);
    expect(() => phraseText(time, 'en', { now: Number.NaN })).toThrow(/"now" of a phrase is NaN/);
  });

  it('takes anything, and finds a problem in all that cannot be said', () => {
    const members = ['number', 'ordinal', 'digits', 'money', 'date', 'time', 'duration', 'phone'];
    const anything = fc.oneof(fc.anything(), fc.double(), fc.string());
    const meant = fc.dictionary(
      fc.constantFrom(...members, 'list', 'currency', 'zone', 'gender', 'join'),
      fc.oneof(anything, fc.constantFrom('EUR', 'UTC', 'and'), fc.array(anything)),
    );
    fc.assert(
      fc.property(fc.oneof(anything, meant), (value) => {
        const problem = phraseProblem(value, 'pl');
        if (problem === undefined) expect(phraseText(value as Phrase, 'pl')).not.toBe('');
        else expect(problem).toMatch(/^[^]+[.?]$/);
      }),
      { numRuns: 5_000, seed: 5 },
    );
  });
});

describe('isPhrase', () => {
  it('is true for what is meant as one, though it be wrong', () => {
    for (const phrase of [{ number: 1 }, { money: 'much' }, { duration: 5 }, { list: [] }]) {
      expect(isPhrase(phrase)).toBe(true);
    }
  });

  it('is false for other prompts, and for what is none', () => {
    const others = [{ tone: 'beep', duration: 5 }, { say: '1' }, 'welcome', [{ number: 1 }], null];
    for (const other of others) expect(isPhrase(other)).toBe(false);
  });
});
