import { runInNewContext } from 'node:vm';
import { phraseLanguages } from '../../runtime/prompt/phrases/languages';
import { phraseText } from '../../runtime/prompt/phrases/phrase-text';
import type { Phrase } from '../../runtime/prompt/phrases/port';
import { rowsBelow } from './support/pages';

const page = 'docs/phrases.md';

describe(page, () => {
  it.each(rowsBelow(page, 'What there is'))('shows what %s says', (phrase, english, german) => {
    const value = runInNewContext(`(${phrase?.replaceAll('`', '')})`) as Phrase;
    expect(phraseText(value, 'en')).toBe(english);
    expect(phraseText(value, 'de')).toBe(german);
  });

  it('names every language that has phrases', () => {
    const cells = rowsBelow(page, 'Languages').map(([language = '']) => language);
    const named = cells.flatMap((cell) => /^`(\w\w)`/.exec(cell)?.[1] ?? []);
    expect(named.sort()).toEqual(phraseLanguages);
  });
});
