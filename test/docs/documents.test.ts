import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { documentFlow } from 'callchart';
import {
  hears,
  presses,
  simulate,
  waits,
  type WebQuestion,
  type WebScene,
} from 'callchart/testing';
import { jsonVerbs } from '../../runtime/document/json-verbs';
import { blocksOf, root, rowsBelow, writeExamples } from './support/pages';

const page = 'docs/documents.md';

describe('the test that docs/documents.md shows', () => {
  const shown = writeExamples('documents').find(
    (example) => example.page === page && example.kind === 'test',
  );
  if (shown === undefined) throw new Error('there is no test');
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
  require(shown.file);
});

describe('the ten lines of docs/documents.md', () => {
  let app: Server;

  beforeAll(async () => {
    const source = blocksOf(page).find(({ language }) => language === 'js')?.text ?? '';
    const listening = "app.listen(3000, '127.0.0.1');";
    expect(source).toContain(listening);
    const file = join(root, '.cache', 'docs', 'app', 'app.js');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, source.replace(listening, 'module.exports = app;'));
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- known by its path only
    app = require(file) as Server;
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    app.closeAllConnections();
    app.close();
  });

  const origin = (): string => `http://127.0.0.1:${(app.address() as AddressInfo).port}`;

  async function ask({ url, method, headers, body }: WebQuestion): Promise<WebScene> {
    const answer = await fetch(url, { method, headers: { ...headers }, body });
    const type = answer.headers.get('content-type') ?? '';
    return { status: answer.status, headers: { 'content-type': type }, body: await answer.text() };
  }

  it('answer a call: the caller hears the menu, and which key he pressed', async () => {
    const call = await simulate(documentFlow, {
      input: { url: `${origin()}/voice`, format: 'json' },
      prompts: false,
      web: ask,
      caller: [hears({ say: 'Press 1 for sales.' }), waits(500), presses('1')],
    });
    expect(call.heard).toEqual(['Press 1 for sales.', 'You pressed 1.']);
    expect(call.end).toMatchObject({ by: 'flow', cause: 'bye' });
  });

  it('say good bye to who presses nothing, and go on when something else is asked', async () => {
    const answer = await fetch(`${origin()}/favicon.ico`, { method: 'POST', body: '{}' });
    expect(await answer.json()).toEqual([]);
    const call = await simulate(documentFlow, {
      input: { url: `${origin()}/voice`, format: 'json' },
      prompts: false,
      web: ask,
    });
    expect(call.heard).toEqual(['Press 1 for sales.', 'Good bye.']);
  });
});

describe('the tables of docs/documents.md', () => {
  const named = (heading: string): string[] =>
    rowsBelow(page, heading).map(([cell = '']) => cell.replaceAll('`', ''));

  it('have every verb and no other', () => {
    const verbs = named('What it answers').slice(0, Object.keys(jsonVerbs).length);
    expect([...verbs].sort()).toEqual(Object.keys(jsonVerbs).sort());
  });

  it('name the members that a verb has beyond those of its actor', () => {
    for (const [verb = '', members = ''] of rowsBelow(page, 'What it answers')) {
      const name = verb.replaceAll('`', '');
      // A `status` of theirs is that of SIP.
      if (!Object.hasOwn(jsonVerbs, name) || ['redirect', 'reject'].includes(name)) continue;
      // Of a dial each target has its own.
      const own = name === 'dial' ? ['status'] : [];
      const known = [...own, ...Object.keys(jsonVerbs[name as keyof typeof jsonVerbs])];
      for (const member of [
        'action',
        'reportEmpty',
        'status',
        'recordingStatus',
        'wait',
        'label',
      ]) {
        expect([name, member, members.includes(`\`${member}\``)]).toEqual([
          ...[name, member, known.includes(member)],
        ]);
      }
    }
  });
});
