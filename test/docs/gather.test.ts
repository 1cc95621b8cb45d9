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
  const tests = readFileSync(join(root, 'test/flow/gather.test.ts'), 'utf8');
  const names = Array.from(tests.matchAll(/^\s*test\((['"])(.+?)\1,/gm), ([, , name]) => name);

  it.each(rows.map(([, said, test]) => [said, test] as const))('%s', (_, test) => {
    expect(names).toContain(test);
  });

  it('leaves no test of the gather out', () => {
    const named = new Set(rows.map(([, , test]) => test));
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });
});
