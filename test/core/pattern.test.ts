import fc from 'fast-check';
import { compilePattern, PatternError } from '../../runtime/core/pattern';

function match(pattern: string | RegExp, text: string): readonly string[] | undefined {
  return compilePattern(pattern).match(text);
}

describe('a pattern', () => {
  it.each<[string | RegExp, string, readonly string[] | undefined]>([
    ['reception', 'Reception', []],
    ['reception', 'receptions', undefined],
    ['0*', '0301234', ['301234']],
    ['0*', '0', ['']],
    ['*', '', ['']],
    ['+49*', '+4930', ['30']],
    ['?23', '123', ['1']],
    ['?23', '23', undefined],
    ['1##', '123', []],
    ['1##', '12a', undefined],
    ['[a-c]*', 'Bob', ['ob']],
    ['[a-c]*', 'dave', undefined],
    ['[!0]#', '12', []],
    ['[!0]#', '02', undefined],
    ['[0-24]x', '4x', []],
    ['*@*.example.com', 'bob@pbx.example.com', ['bob', 'pbx']],
    ['a*b*c', 'a1b2bc', ['1', '2b']],
    ['a*b*c', 'a1c', undefined],
    ['ab*ba', 'aba', undefined],
    ['a.c', 'abc', undefined],
    ['(x)', '(x)', []],
    ['100-199', '150', []],
    ['100-199', '200', undefined],
    ['100-199', '1500', undefined],
    ['001-010', '010', []],
    [/(\d)(\d)/, '12', ['1', '2']],
    [/1|2/, '21', undefined],
    [/abc/g, 'ABC', []],
    [/(a)|(b)/, 'b', ['', 'b']],
  ])('%s fits %s as %j', (pattern, text, expected) => {
    expect(match(pattern, text)).toEqual(expected);
  });

  it('gives the same answer twice, whatever flags a regular expression has', () => {
    const pattern = compilePattern(/1+/gy);
    expect([pattern.match('11'), pattern.match('11')]).toEqual([[], []]);
  });

  it.each(['', '[', '[]', '[z-a]', '200-100', '1-10'])('%j is refused', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
  });

  it('decides in a time that grows with the text alone, however many * it has', () => {
    const pattern = compilePattern('*a*a*a*a*a*a*a*a*a*a*b');
    const text = 'a'.repeat(512);
    let looks = 0;
    for (let i = 0; i < 200; i += 1) if (pattern.match(text) === undefined) looks += 1;
    expect(looks).toBe(200);
  });

  it('fits no text longer than a URI may sensibly be', () => {
    expect(match('*', 'a'.repeat(513))).toBeUndefined();
  });

  it('agrees with the regular expression of the same meaning', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '#', '1'), minLength: 1 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '2') });
    fc.assert(
      fc.property(glob, text, (source, candidate) => {
        const expression = source.replace(
          /[*?#]/g,
          (one) => ({ '*': '.*', '?': '.' })[one] ?? '\\d',
        );
        expect(match(source, candidate) !== undefined).toBe(
          new RegExp(`^(?:${expression})$`).test(candidate),
        );
      }),
    );
  });
});
