import fc from 'fast-check';
import { isLanguageTag, widerTags } from '../../runtime/core/language';
import { intendedTag, languageChain } from '../../runtime/prompt/languages';

const tag = fc.constantFrom(
  'de',
  'de-AT',
  'en',
  'en-GB',
  'pt',
  'pt-BR',
  'zh',
  'zh-Hant',
  'zh-Hant-TW',
);
const order = fc.record({ language: tag, fallback: fc.array(tag, { maxLength: 4 }) });

describe('the languages in which a prompt is looked for', () => {
  it('are the call’s, what it narrows down, the fall-backs and the default', () => {
    expect(languageChain('pt-BR', { language: 'en-GB', fallback: ['es', 'de-AT'] })).toEqual([
      ...['pt-BR', 'pt', 'es', 'de-AT', 'de', 'en-GB', 'en'],
    ]);
  });

  it('begin with the default where a call has none, or none that is a tag', () => {
    const settings = { language: 'de', fallback: ['en'] };
    expect(languageChain(undefined, settings)).toEqual(['de', 'en']);
    expect(languageChain('../..', settings)).toEqual(['de', 'en']);
  });

  it('are each there once, the call’s first, each tag before what it narrows down, and all of them', () => {
    fc.assert(
      fc.property(fc.option(tag, { nil: undefined }), order, (language, settings) => {
        const first = language ?? settings.language;
        const chain = languageChain(language, settings);
        expect(new Set(chain).size).toBe(chain.length);
        expect(chain[0]).toBe(first);
        const named = [first, ...settings.fallback, settings.language];
        for (const each of named) {
          for (const wider of widerTags(each)) expect(chain).toContain(wider);
        }
        for (const each of chain) {
          expect(isLanguageTag(each)).toBe(true);
          expect(named.some((source) => widerTags(source).includes(each))).toBe(true);
        }
        // What was named first is looked through first.
        const firsts = named.map((each) => chain.indexOf(each));
        for (const [at, position] of firsts.entries()) {
          const earlier = named.slice(0, at).flatMap(widerTags);
          if (earlier.includes(named[at]!)) continue;
          expect(firsts.slice(0, at).every((before) => before < position)).toBe(true);
        }
      }),
    );
  });
});

describe('a name that is nearly the tag of a language', () => {
  it.each([
    ['en_US', 'en-US'],
    ['pt-br', 'pt-BR'],
    ['ZH-hant-tw', 'zh-Hant-TW'],
    ['de', undefined],
    ['pt-BR', undefined],
    ['music', undefined],
    ['old-prompts', undefined],
    ['MOH', undefined],
  ])('%s means %s', (name, meant) => expect(intendedTag(name)).toBe(meant));
});
