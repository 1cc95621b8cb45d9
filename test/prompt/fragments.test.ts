import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { openCatalog } from '../../runtime/prompt/catalog';
import { coverWords, wordsKey, type Fragments } from '../../runtime/prompt/fragments';
import { temporaryFolder } from './sounds';

const folder = temporaryFolder();

function fragments(...texts: string[]): Fragments {
  return new Map(texts.map((text) => [wordsKey(text), { name: text, path: text, text }]));
}
const cover = (text: string, known: Fragments): string[] | undefined =>
  coverWords(text, known)?.map(({ name }) => name);

describe('recorded parts of a phrase', () => {
  it('say it word by word, whatever stands between the words', () => {
    expect(cover('Twenty-three, euros', fragments('twenty', 'three', 'euros'))).toEqual([
      'twenty',
      'three',
      'euros',
    ]);
  });

  it('are the longest that there are', () => {
    const known = fragments('one', 'hundred', 'one hundred', 'and', 'two');
    expect(cover('one hundred and two', known)).toEqual(['one hundred', 'and', 'two']);
  });

  it('are shorter ones where the longest lead to nothing', () => {
    expect(cover('a b c', fragments('a b', 'a', 'b c'))).toEqual(['a', 'b c']);
  });

  it('are none when a word is missing, and none for no words', () => {
    expect(cover('twenty three', fragments('twenty'))).toBeUndefined();
    expect(cover('twenty', fragments())).toBeUndefined();
    expect(cover(', .', fragments('twenty'))).toBeUndefined();
  });

  it('say all of the words in order and no other, if they say anything', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
    const parts = fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(text, parts, (phrase, known) => {
        const names = known.map((words) => words.join(' '));
        const found = cover(phrase, fragments(...names));
        if (found !== undefined) expect(found.join(' ')).toBe(phrase);
        const whole = new RegExp(`^(?:(?:${names.join('|') || '-'})(?: |$))+$`);
        expect(found !== undefined).toBe(whole.test(phrase));
      }),
    );
  });

  it('take no time worth mentioning where nothing fits', () => {
    const known = fragments('a', 'a a', 'a a a');
    expect(cover(`${'a '.repeat(400)}b`, known)).toBeUndefined();
    expect(cover('a '.repeat(100_000), known)).toBeUndefined();
  });
});

describe('a phrase in a prompt', () => {
  const directory = join(folder, 'prompts');
  for (const name of ['en/phrases/twenty', 'en/phrases/three', 'en/digits/1', 'de/phrases/drei']) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, `${name}.wav`), '');
  }
  writeFileSync(
    join(directory, 'en.yaml'),
    'phrases:\n  twenty: twenty\n  three: Three\ndigits:\n  1: one\n',
  );
  const catalog = openCatalog({ directories: [directory] });
  const kinds = (prompt: never, language?: string): string[] =>
    catalog.parser.pieces(prompt, language).map((piece) => {
      if (piece.type === 'file') return piece.name;
      return piece.type === 'say' ? `${piece.language}: ${piece.text}` : piece.type;
    });

  it('is played where all of it is recorded, and spoken otherwise', () => {
    expect(kinds({ number: 23 } as never)).toEqual(['phrases/twenty', 'phrases/three']);
    expect(kinds({ number: 23 } as never, 'en-GB')).toEqual(['phrases/twenty', 'phrases/three']);
    expect(kinds({ number: 24 } as never)).toEqual(['en: twenty-four']);
    expect(kinds({ number: 3 } as never, 'de')).toEqual(['de: drei']);
    expect(catalog.text({ number: 23 })).toBe('twenty Three');
  });

  it('is said in the first language of the chain that phrases are said in', () => {
    expect(kinds({ number: 24 } as never, 'xx')).toEqual(['en: twenty-four']);
    expect(kinds({ language: 'de', prompt: { number: 24 } } as never)).toEqual([
      'de: vierundzwanzig',
    ]);
  });

  it('has its digits from recordings where each is recorded, and otherwise in words', () => {
    expect(kinds({ digits: '11' } as never)).toEqual(['digits/1', 'item', 'digits/1']);
    expect(kinds({ digits: '12' } as never)).toEqual(['en: one', 'item', 'en: two']);
    expect(kinds({ digits: '1#' } as never, 'de')).toEqual([
      'de: eins',
      'item',
      expect.stringMatching(/^de: /),
    ]);
    expect(kinds({ digits: '' } as never)).toEqual([]);
  });

  it('says what is wrong with it', () => {
    expect(catalog.check({ number: NaN })).toEqual([
      { prompt: '{"number":null}', message: expect.stringContaining('cannot be said') as string },
    ]);
    expect(catalog.check({ money: 5, currency: 'XYZW' })[0]!.message).toContain('currency');
  });
});
