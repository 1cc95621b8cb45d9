import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { pages, readPage, root } from './support/pages';

/** The text of a page without its code. */
function prose(page: string): string {
  return readPage(page).replace(/^```.*?^```$/gms, '');
}

/** A heading's anchor, as GitHub makes it. */
function anchors(page: string): string[] {
  return Array.from(prose(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('%s', (page) => {
  const links = Array.from(
    prose(page).matchAll(/\]\(([^)\s]+)\)/g),
    ([, link = '']) => link,
  ).filter((link) => !/^https?:/.test(link));

  it('links to files and headings that are there', () => {
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchors(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

it('every guide page is linked from the README', () => {
  const readme = readPage('README.md');
  const guide = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page));
  expect(guide.filter((page) => !readme.includes(`(${page})`))).toEqual([]);
});
