import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findingKinds } from '../../runtime/explore/findings';
import { root } from './support/pages';

describe('the findings on the page about checks', () => {
  it('are those of the checker, with their severities and meanings', () => {
    const page = readFileSync(join(root, 'docs/checking.md'), 'utf8');
    const rows = Array.from(
      page.matchAll(/^\| `([\w-]+)`\s*\| (\w+)\s*\| (.*?)\s*\|$/gm),
      ([, id, severity, meaning]) => ({ id, severity, meaning }),
    );
    expect(rows).toEqual(findingKinds);
  });
});
