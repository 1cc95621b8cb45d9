import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, rowsBelow } from './support/pages';

const page = 'docs/operations.md';

const sources = readdirSync(join(root, 'runtime'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(root, 'runtime', name), 'utf8') }));

/** Where a layer's drops come from. */
const rooms: Readonly<Record<string, RegExp>> = {
  transport: /^sip\/transport\//,
  service: /^service\//,
  transaction: /^sip\/transaction\//,
  dialog: /^sip\/(?:ua|server)\//,
  media: /^media\//,
};

function words(cell = ''): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, word = '']) => word);
}

describe('docs/operations.md', () => {
  const reasons = rowsBelow(page, 'Who is shut out, what is dropped').flatMap(([cell]) =>
    words(cell),
  );

  it('lists reasons for drops', () => {
    expect(reasons.length).toBeGreaterThan(10);
  });

  it.each(reasons)('names %s as its room gives it', (name) => {
    const [layer = '', reason = ''] = name.split('.');
    const room = rooms[layer];
    const from = sources.filter((file) => room?.test(file.name.replaceAll('\\', '/')) === true);
    expect(from.filter(({ text }) => text.includes(`'${reason}'`))).not.toEqual([]);
  });

  it('names the files that are in the data directory', () => {
    const files = rowsBelow(page, 'The data directory').flatMap(([cell]) => words(cell));
    const named = files.filter((name) => !name.startsWith('-'));
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) {
      expect(sources.some(({ text }) => text.includes(`'${name}'`))).toBe(true);
    }
  });
});
