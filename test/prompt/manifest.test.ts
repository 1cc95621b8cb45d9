import fc from 'fast-check';
import { parseManifest } from '../../runtime/prompt/manifest';

const texts = (source: string): Record<string, string> =>
  Object.fromEntries(
    [...parseManifest(source, 'en.yaml').texts].map(([name, { text }]) => [name, text]),
  );
const problems = (source: string): readonly string[] => parseManifest(source, 'en.yaml').problems;

describe('a manifest', () => {
  it('gives texts to names; maps in maps are names with slashes', () => {
    const source =
      'welcome: Good morning.\ndigits:\n  0: zero\n  star: star\nmenu/main: Press 1.\n';
    expect(texts(source)).toEqual({
      welcome: 'Good morning.',
      'digits/0': 'zero',
      'digits/star': 'star',
      'menu/main': 'Press 1.',
    });
    expect(problems(source)).toEqual([]);
    expect(parseManifest(source, 'en.yaml').texts.get('digits/star')!.line).toBe(4);
  });

  it('takes every value for text: no is no, and 007 keeps its zeros', () => {
    expect(texts('no: no\nagent: 007\nyes: true\n')).toEqual({
      no: 'no',
      agent: '007',
      yes: 'true',
    });
  });

  it('may say more than the text: SSML, and who speaks', () => {
    const source = 'a: { text: Hello, voice: rms }\nb:\n  ssml: One <break time="1s"/> &amp; two\n';
    const { texts: found, problems: wrong } = parseManifest(source, 'en.yaml');
    expect(wrong).toEqual([]);
    expect(found.get('a')).toMatchObject({ text: 'Hello', voice: 'rms', ssml: undefined });
    expect(found.get('b')).toMatchObject({
      text: 'One & two',
      ssml: 'One <break time="1s"/> &amp; two',
    });
  });

  it('may be empty, and may use an anchor for a text', () => {
    expect(texts('')).toEqual({});
    expect(texts('# only a remark\n')).toEqual({});
    expect(texts('a: &same Hello\nb: *same\n')).toEqual({ a: 'Hello', b: 'Hello' });
  });

  it.each([
    [
      'a name twice',
      'a: x\nb: y\na: z\n',
      'en.yaml:3: "a" has a text on line 1 already. Remove one of the two.',
    ],
    [
      'a name twice, written in two ways',
      'd/1: x\nd:\n  1: y\n',
      'en.yaml:3: "d/1" has a text on line 1 already. Remove one of the two.',
    ],
    [
      'a list for a text',
      'a: x\nb: [y]\n',
      'en.yaml:2: "b" is a list. Give it one text, in quotes if it begins with a bracket.',
    ],
    [
      'no text',
      'a:\n',
      'en.yaml:1: "a" has no text. Write what is said behind the colon, or remove the line.',
    ],
    ['an empty text', 'a: "  "\n', 'en.yaml:1: "a" has no text.'],
    ['null', 'a: ~\n', 'en.yaml:1: "a" has no text.'],
    ['a name that is none', '../x: y\n', 'en.yaml:1: "../x" cannot be the name of a prompt.'],
    [
      'a key that is a list',
      'a: b\n? [x]\n: y\n',
      'en.yaml:2: this cannot be the name of a prompt.',
    ],
    ['a list of texts', '- x\n', 'en.yaml:1: a manifest is a list of names with their texts.'],
    ['one text', 'x\n', 'en.yaml:1: a manifest is a list of names with their texts.'],
    ['a colon in a text', 'a: x\nb: c: d\n', 'en.yaml:2: this is not YAML:'],
    ['an open bracket', 'a: [x', 'en.yaml:1: this is not YAML:'],
    ['two documents', 'a: x\n---\nb: y\n', 'en.yaml:2: this is not YAML:'],
    [
      'a misspelt member',
      'a:\n  text: x\n  vioce: y\n',
      'en.yaml:3: "a" has a member "vioce". Did you mean "voice"?',
    ],
    ['broken SSML', 'a:\n  ssml: One <break> two\n', 'en.yaml:2: "a": The SSML is not well-formed'],
    ['an anchor that is not there', 'a: *x\n', 'en.yaml:1: "a" has no text.'],
    ['a map that holds itself', 'a: &x\n  b: *x\n', 'en.yaml:2: "a/b" is nested too deep.'],
    [
      'maps without an end',
      `${Array.from({ length: 20 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')} x\n`,
      'is nested too deep.',
    ],
  ])('with %s says so with the line and the remedy', (_what, source, message) => {
    const found = problems(source);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    expect(found[0]).toMatch(/^en\.yaml:\d+: .+\. .+[".]$/);
  });

  it('keeps the texts beside a wrong one', () => {
    expect(texts('a: x\nb: []\nc: y\n')).toEqual({ a: 'x', c: 'y' });
  });

  it('never throws, whatever it holds', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        '{',
        '&x ',
        '*x',
        '"',
        '#',
        '|',
        '? ',
        '\t',
        '!!set ',
        '<<',
        'text',
        ',',
        '}',
        '\u0000',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { problems: found } = parseManifest(pieces.join(''), 'en.yaml');
        for (const each of found) expect(each).toMatch(/^en\.yaml:\d+: /);
      }),
      { numRuns: 500 },
    );
  });
});
