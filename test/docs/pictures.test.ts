import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadFlows } from '../../runtime/flow/load';
import { mapMachine } from '../../runtime/flow/machine-map';
import { draw } from '../../runtime/graph/draw';
import { pictureOf } from '../../runtime/graph/picture-of';
import { openCatalog } from '../../runtime/prompt/catalog';
import { readPage, root } from './support/pages';

// They would stand on the pictures.
delete process.env['OPERATOR'];
delete process.env['TIME_ZONE'];

const catalog = openCatalog({ directories: [join(root, 'prompts')] });
const names = ['echo', 'reception', 'survey', 'voicemail'];

describe.each(names)('docs/pictures/%s.svg', (name) => {
  const path = join(root, 'docs/pictures', `${name}.svg`);

  it('shows the flow as it is; if not: node scripts/make-pictures.js', async () => {
    const [flow] = loadFlows([join(root, 'flows', `${name}.flow.ts`)]).flows;
    const picture = pictureOf(mapMachine(flow!.machine), (prompt) => catalog.text(prompt));
    const { data } = await draw(picture, 'svg');
    expect(readFileSync(path, 'utf8')).toBe(data);
  });

  it('is small, and shown on the page of flows or of pictures', () => {
    expect(readFileSync(path).length).toBeLessThan(100_000);
    const pages = ['docs/flows.md', 'docs/pictures.md'].map(readPage).join('\n');
    expect(pages).toContain(`(pictures/${name}.svg)`);
  });
});
