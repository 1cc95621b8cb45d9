import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root } from './support/pages';

/** The tables of docs/gather.md: what is said, and the test that proves it. */
const rows = readPage('docs/gather.md')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('\\*', '*')))
  .filter(([, said = '', test = '']) => test !== 'test' && !/^-+$/.test(said));

describe('what docs/gather.md says of the timers', () => {
  const tests = ['gather.test.ts', 'gather-speech.test.ts']
    .map((file) => readFileSync(join(root, 'test/flow', file), 'utf8'))
    .join('\n');
  const named = tests.matchAll(/^\s*(?:test\(|it\(|name: )(['"])(.+?)\1,/gm);
  const names = Array.from(named, ([, , name]) => name);

  it.each(rows.map(([, said, test]) => [said, test] as const))('%s', (_, test) => {
    expect(names).toContain(test);
  });

  it('leaves no test of the gather out', () => {
    const named = new Set(rows.map(([, , test]) => test));
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });
});
