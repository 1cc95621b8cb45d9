import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { registerDeclaration } from '../../runtime/core/register-declaration';
import { Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(180_000);

const root = join(__dirname, '..', '..');
/** Inside of the checkout, so that flows find xstate. */
const folder = join(root, '.cache', 'test', 'types');

const names = {
  prompts: ['welcome', 'digits/1', "it's"],
  trunks: ['carrier'],
  languages: ['de', 'pt-BR'],
  flows: ['sales'],
};

const flow = `
import { callActors, type OriginateRequest, type Prompt } from 'callchart';
import { setup } from 'xstate';

export const prompts: Prompt[] = ['digits/1', "it's", { language: 'de', prompt: 'welcome' }, { say: 'Hello' }];
export const request: OriginateRequest = { to: 'alice', flow: 'sales', trunk: 'carrier' };

export default setup({ actors: callActors }).createMachine({
  id: 'sales',
  initial: 'language',
  states: {
    language: { invoke: { src: 'setLanguage', input: { language: 'de-AT' }, onDone: 'play' } },
    play: { invoke: { src: 'play', input: { prompt: ['welcome', { silence: 100 }] }, onDone: 'dial' } },
    dial: { invoke: { src: 'dial', input: { to: '+4930', trunk: 'carrier' }, onDone: 'done' } },
    done: { type: 'final' },
  },
});
`;

/** What TypeScript says of the flow, with the declaration file if it is given. */
function errors(source: string, declaration?: string): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'sales.flow.ts');
  writeFileSync(file, source);
  const files = [file];
  if (declaration !== undefined) {
    files.push(join(folder, 'callchart-env.d.ts'));
    writeFileSync(join(folder, 'callchart-env.d.ts'), declaration);
  }
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (name) =>
    ts.sys.readFile(name),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files, { ...options, incremental: false });
  return files
    .flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)))
    .map(({ messageText, file: at, start = 0 }) => {
      const line = at === undefined ? 0 : at.getLineAndCharacterOfPosition(start).line + 1;
      const text = ts.flattenDiagnosticMessageText(messageText, '\n').trim();
      return `${line}: ${(text.split('\n').at(-1) ?? '').trim()}`;
    });
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const declaration = registerDeclaration(names);
const misspelt = flow
  .replace("prompt: 'welcome' }", "prompt: 'welcom' }")
  .replace("flow: 'sales'", "flow: 'sale'")
  .replace("language: 'de-AT'", "language: 'ed'")
  .replace("['welcome', {", "['wellcome', {")
  .replace("'+4930', trunk: 'carrier'", "'+4930', trunk: 'carier'");

describe('the declaration file', () => {
  test('lets a flow compile whose names are right', () => {
    expect(errors(flow, declaration)).toEqual([]);
  });

  test('makes exactly the misspelt names errors', () => {
    expect(errors(misspelt, declaration)).toEqual([
      expect.stringMatching(/^5: .*"welcom"/),
      expect.stringMatching(/^6: .*"sale"/),
      expect.stringMatching(/^12: .*"ed"/),
      expect.stringMatching(/^13: .*"wellcome"/),
      expect.stringMatching(/^14: .*"carier"/),
    ]);
  });

  test('is needed for that: without it every name compiles', () => {
    expect(errors(misspelt)).toEqual([]);
  });

  test('allows no trunk where the project has none, and is the same in whatever order names come', () => {
    const none = registerDeclaration({ ...names, trunks: [] });
    expect(errors(flow, none).map((line) => line.split(':')[0])).toEqual(['6', '14']);
    const reversed = Object.fromEntries(
      Object.entries(names).map(([kind, list]) => [kind, [...list].reverse()]),
    ) as unknown as typeof names;
    expect(registerDeclaration(reversed)).toBe(declaration);
  });
});

describe('callchart types', () => {
  let project: Project;

  beforeAll(() => {
    project = Project.create({
      'callchart.config.ts': `export default { trunks: { carrier: { servers: 'sip:carrier.example' } } };`,
      'flows/sales.flow.ts': flow,
      'prompts/de.yaml': 'welcome: Willkommen\n',
      'prompts/en/digits/1.wav': '',
    });
  });
  afterAll(() => project.remove());

  test('writes the names of prompts, manifests, trunks and flows, and says when they are out of date', async () => {
    const missing = await project.run(['types', '--check']);
    expect(missing).toEqual({
      status: 1,
      stdout: '',
      stderr: 'callchart: callchart-env.d.ts is not there: run `callchart types`\n',
    });

    const written = await project.run(['types']);
    expect(written).toEqual({
      status: 0,
      stdout: 'callchart-env.d.ts: written, 2 prompts, 1 trunk, 2 languages, 1 flow\n',
      stderr: '',
    });
    expect(project.read('callchart-env.d.ts').toString()).toBe(
      registerDeclaration({
        prompts: ['digits/1', 'welcome'],
        trunks: ['carrier'],
        languages: ['de', 'en'],
        flows: ['sales'],
      }),
    );
    expect(await project.run(['types', '--check'])).toMatchObject({ status: 0 });

    project.write('prompts/de.yaml', 'welcome: Willkommen\nbye: Bis bald\n');
    expect(await project.run(['types', '--check'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'callchart: callchart-env.d.ts is out of date: run `callchart types`\n',
    });
  });

  test('says why a file cannot be written', async () => {
    const { status, stderr } = await project.run(['types', '--out', 'no/such/folder.d.ts']);
    expect(stderr).toMatch(/^callchart: no\/such\/folder\.d\.ts cannot be written: /);
    expect(status).toBe(1);
  });
});
