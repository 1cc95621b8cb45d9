import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root } from './support/pages';

const rows = readPage('docs/CONFORMANCE.md')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, section = '', what = '', file = '', test = '', status = '']) => {
    return { section, what, files: paths(file), tests: paths(test), status };
  });

function paths(cell: string): string[] {
  return Array.from(cell.matchAll(/\]\(\.\.\/([^)]+)\)/g), ([, path = '']) => path);
}

/** The RFCs of a cell: `3263, 2782`, `3261 §22, §23`. */
function rfcsIn(section: string): string[] {
  return Array.from(section.replace(/§[\d.]+/g, '').matchAll(/\d{4}/g), ([rfc]) => rfc);
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** What is cited in a room, each with a file that cites it. */
const cited = new Map<string, string>();
const citedSections = new Map<string, string>();
for (const file of sources('runtime')) {
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, rfc = '', section] of text.matchAll(/RFC\s?(\d{4})(?:\s§(\d+))?/g)) {
    cited.set(rfc, file);
    if (rfc === '3261' && section !== undefined) citedSections.set(section, file);
  }
}

describe('docs/CONFORMANCE.md', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it.each(rows)('RFC $section names files and tests that exist', ({ files, tests }) => {
    expect(files.filter((file) => !file.startsWith('runtime/'))).toEqual([]);
    expect(tests.filter((file) => !/^test\/.*\.test\.ts$/.test(file))).toEqual([]);
    expect([...files, ...tests].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names a file and a test for what it says is there, and what is missing where something is', () => {
    const wrong = rows.filter(({ status, files, tests }) => {
      if (!/^(?:yes|(?:partly|no) \(.+\))$/.test(status)) return true;
      // A proxy, third party call control: nothing to point to.
      return !status.startsWith('no') && (files.length === 0 || tests.length === 0);
    });
    expect(wrong.map(({ section }) => section)).toEqual([]);
  });

  it('has a row for each RFC that the sources cite', () => {
    const known = new Set(rows.flatMap(({ section }) => rfcsIn(section)));
    expect([...cited].filter(([rfc]) => !known.has(rfc))).toEqual([]);
  });

  it('has a row for each section of RFC 3261 that the sources cite', () => {
    const known = new Set(
      rows
        .filter(({ section }) => section.startsWith('3261'))
        .flatMap(({ section }) => Array.from(section.matchAll(/§(\d+)/g), ([, number]) => number)),
    );
    expect([...citedSections].filter(([section]) => !known.has(section))).toEqual([]);
  });

  it('points to files that cite the RFC', () => {
    const silent = rows.filter(({ section, files, status }) => {
      if (files.length === 0 || status.startsWith('no')) return false;
      const texts = files.map((file) => readFileSync(join(root, file), 'utf8'));
      return !rfcsIn(section).some((rfc) => texts.some((text) => text.includes(`RFC ${rfc}`)));
    });
    expect(silent.map(({ section }) => section)).toEqual(['4961']);
  });
});
