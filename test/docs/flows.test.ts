import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { callActors } from '../../runtime/flow/actors';
import { loadFlows } from '../../runtime/flow/load';
import { RealClock } from '../../runtime/core/clock';
import { silentLogger } from '../../runtime/core/logger';
import { createPromptLibrary } from '../../runtime/prompt/library';
import { createVoice } from '../../runtime/prompt/tts/create-voice';
import { blocksOf, root, rowsBelow } from './support/pages';

const page = 'docs/flows.md';

/** The members of the input interfaces, and the `type`s of the outcome unions, by their names. */
const inputs = new Map<string, string[]>();
const outcomes = new Map<string, string[]>();
const contracts = readdirSync(join(root, 'runtime/flow')).filter((name) =>
  /^outcomes\.ts$|-contract\.ts$/.test(name),
);
const statements = contracts.flatMap((name) => {
  const source = readFileSync(join(root, 'runtime/flow', name), 'utf8');
  return [...ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true).statements];
});
for (const node of statements) {
  if (ts.isInterfaceDeclaration(node)) {
    const members = node.members.filter(ts.isPropertySignature).map(({ name }) => name.getText());
    inputs.set(node.name.text, members);
  } else if (ts.isTypeAliasDeclaration(node)) {
    const types = node.type.getText().matchAll(/readonly type: '(\w+)'/g);
    outcomes.set(
      node.name.text,
      Array.from(types, ([, type = '']) => type),
    );
  }
}

/** The first code word of each row of an actor's tables; the tables in order. */
function tablesOf(actor: string): { readonly inputs: string[]; readonly outcomes: string[] } {
  const rows = rowsBelow(page, actor);
  const first = (cells: readonly string[]): string => /`(\w+)/.exec(cells[0] ?? '')?.[1] ?? '';
  return {
    inputs: rows.filter(({ length }) => length === 3).map(first),
    outcomes: rows.filter(({ length }) => length === 2).map(first),
  };
}

describe('the call actors on the page', () => {
  const names = Object.keys(callActors);

  it.each(names)('%s has each member of its input and each outcome, and no other', (name) => {
    const type = name.charAt(0).toUpperCase() + name.slice(1);
    const shown = tablesOf(name);
    expect(shown.inputs.sort()).toEqual([...(inputs.get(`${type}Input`) ?? [])].sort());
    const given = outcomes.get(`${type}Outcome`) ?? [];
    expect(shown.outcomes.sort()).toEqual([...given].sort());
  });
});

describe('the messages on the page', () => {
  const folder = join(root, '.cache', 'docs', 'broken');
  const head =
    "import { callActors, choices } from 'callchart';\nimport { setup } from 'xstate';\nexport default setup({ actors: callActors }).createMachine(";
  const states = (text: string): string =>
    `${head}{ initial: 'menu', states: { ${text}, done: { type: 'final' } } });`;
  const files: Readonly<Record<string, string>> = {
    'target.flow.ts': states(
      "menu: { invoke: { src: 'gather', input: {}, onDone: choices({ '1': 'sale', otherwise: 'done' }) } }",
    ),
    'actor.flow.ts': states("menu: { invoke: { src: 'gathr', onDone: 'done' } }"),
    'input.flow.ts': states(
      "menu: {}, ask: { invoke: { src: 'gather', input: { attempts: 0 }, onDone: 'done' } }",
    ),
    'prompt.flow.ts': states(
      "menu: {}, say: { invoke: { src: 'play', input: { prompt: 'wellcome' }, onDone: 'done' } }",
    ),
    'none.flow.ts': 'export const flow = 1;',
    'package.flow.ts': "import x from 'no-such-package';\nexport default x;",
  };

  it('are those that are given at the start', async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'flows'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, 'flows', name), text);
    }
    const clock = new RealClock();
    const prompts = await createPromptLibrary({
      directories: [join(root, 'prompts')],
      voice: createVoice(undefined, { clock, logger: silentLogger }),
      clock,
    });
    const { problems } = loadFlows(
      Object.keys(files).map((name) => join('flows', name)),
      {
        base: folder,
        prompts,
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- a flow is known by its path only
        require: (file) => require(file) as unknown,
      },
    );
    await prompts.close();
    const given = problems.map(({ message }) =>
      message.replaceAll(join(root, 'prompts'), '/srv/phone/prompts').replace(/ from '.*?'\./, '.'),
    );
    const block = blocksOf(page).find(({ text }) => text.startsWith('flows/target.flow.ts'));
    expect(given).toEqual(block?.text.trim().split('\n'));
  });
});
