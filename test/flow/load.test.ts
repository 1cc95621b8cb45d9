import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFlows, loadFlows } from '../../runtime/flow/load';
import { settle } from '../../runtime/core/virtual-clock';
import { openCatalog } from '../../runtime/prompt/catalog';
import type { PromptLibrary } from '../../runtime/prompt/port';
import { promptName } from '../support/fake-call';
import { expectOver, runFakeCall } from '../support/run-fake-call';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flows-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const xstate = require.resolve('xstate');
const callchart = require.resolve('../../runtime/index');

/** Writes a flow whose machine has this configuration. */
function flow(name: string, config: string, more = ''): string {
  return file(
    name,
    `const { setup, createMachine } = require(${JSON.stringify(xstate)});
const { callActors, choices } = require(${JSON.stringify(callchart)});
${more}
module.exports = setup({ actors: callActors }).createMachine(${config});`,
  );
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Jest's own `require`, and its own registry of modules. */
const load = (file: string): unknown => {
  let exported: unknown;
  jest.isolateModules(() => {
    exported = jest.requireActual(file);
  });
  return exported;
};

function loading(files: readonly string[], prompts?: Pick<PromptLibrary, 'check' | 'catalog'>) {
  return loadFlows(files, {
    base: folder,
    require: load,
    ...(prompts === undefined ? {} : { prompts }),
  });
}

function problemOf(path: string, prompts?: Pick<PromptLibrary, 'check' | 'catalog'>) {
  const { flows, problems } = loading([path], prompts);
  expect(flows).toEqual([]);
  expect(problems).toHaveLength(1);
  const [problem] = problems;
  return { file: problem!.file, state: problem!.state, message: problem!.message };
}

test('a flow is named for its file, and its version is the hash of its text', () => {
  const path = flow('sales.flow.js', '{}');
  const { flows, problems } = loading([path]);
  expect(problems).toEqual([]);
  expect(flows).toMatchObject([{ name: 'sales', file: path }]);
  expect(flows[0]?.version).toMatch(/^[0-9a-f]{12}$/);
  const other = flow('other.flow.js', '{ id: "x" }');
  expect(loading([other]).flows[0]?.version).not.toBe(flows[0]?.version);
});

test('a version is of what the flow imports too, and the same in every folder', () => {
  const write = (text: string): string => {
    file('lib/menu.js', `exports.text = '${text}';`);
    return flow('sales.flow.js', '{}', "require('./lib/menu');");
  };
  const version = (path: string): string | undefined => loading([path]).flows[0]?.version;
  const path = write('one');
  expect(loading([path]).flows[0]?.sources).toEqual([path, join(folder, 'lib', 'menu.js')]);
  const one = version(path);
  expect(version(write('two'))).not.toBe(one);
  const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  try {
    cpSync(folder, elsewhere, { recursive: true });
    const two = version(path);
    expect(version(join(elsewhere, 'sales.flow.js'))).toBe(two);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});

test('a version is of what its prompts say, in all languages, and of no other prompt', () => {
  const path = flow(
    'sales.flow.js',
    "{ initial: 'a', states: { a: { invoke: { src: 'play', input: { prompt: 'welcome' } } } } }",
  );
  const version = (english: string, german: string, bye: string): string | undefined => {
    file('prompts/en.yaml', `welcome: ${english}\nbye: ${bye}\n`);
    file('prompts/de/welcome.wav', german);
    const catalog = openCatalog({ directories: [join(folder, 'prompts')] });
    return loading([path], { check: () => [], catalog }).flows[0]?.version;
  };
  const first = version('Welcome', 'Hallo', 'Bye');
  expect(version('Welcome', 'Hallo', 'Good bye')).toBe(first);
  expect(version('Hello', 'Hallo', 'Bye')).not.toBe(first);
  expect(version('Welcome', 'Servus', 'Bye')).not.toBe(first);
  expect(version('Welcome', 'Hallo', 'Bye')).toBe(first);
});

test('a folder’s flows are its *.flow.ts, *.flow.js and their module forms', () => {
  for (const name of [
    'b.flow.ts',
    'a.flow.js',
    'c.flow.mts',
    'd.flow.cjs',
    'helper.ts',
    'flow.ts',
  ]) {
    file(name, '');
  }
  expect(findFlows(folder).map((path) => path.slice(folder.length + 1))).toEqual([
    ...['a.flow.js', 'b.flow.ts', 'c.flow.mts', 'd.flow.cjs'],
  ]);
});

test('a folder that is not there is named, with the remedy', () => {
  expect(() => findFlows(join(folder, 'nowhere'), folder)).toThrow(
    'nowhere: the folder of the flows cannot be read. Create it, or name another with `flows.directory` in callchart.config.ts.',
  );
});

test('a TypeScript flow with a default export is loaded', () => {
  const path = file(
    'typed.flow.ts',
    `import { setup } from ${JSON.stringify(xstate)};
const initial: string = 'done';
export default setup({}).createMachine({ initial, states: { done: { type: 'final' } } });`,
  );
  expect(loading([path]).flows).toMatchObject([{ name: 'typed' }]);
});

test('the shipped flows have no problem', () => {
  const { flows, problems } = loadFlows(findFlows('flows'), { require: load });
  expect(problems).toEqual([]);
  expect(flows.map(({ name }) => name)).toEqual(['echo', 'reception', 'survey', 'voicemail']);
});

describe('what is wrong is said with file, state and remedy', () => {
  test('a file that is not there', () => {
    expect(problemOf('gone.flow.ts').message).toMatch(
      /^gone\.flow\.ts: the file cannot be read: (?:Error: )?ENOENT.* Check the path, and who may read it\.$/,
    );
  });

  test('a file with another name', () => {
    expect(problemOf(file('sales.ts', '')).message).toBe(
      'sales.ts: the name of a flow file ends in .flow.ts or .flow.js, and this does not. Rename it to sales.flow.ts.',
    );
  });

  test('a syntax error', () => {
    const { message } = problemOf(file('a.flow.ts', 'const x = ;\nexport default x;'));
    expect(message).toMatch(/^a\.flow\.ts: the file has a syntax error: /);
    expect(message).not.toContain('\u001b');
  });

  test('a file that throws', () => {
    const path = file('a.flow.js', "\nthrow new Error('DATABASE_URL is not set')");
    expect(problemOf(path).message).toBe(
      'a.flow.js: the file throws while it is loaded: DATABASE_URL is not set (a.flow.js:2:7). A flow file only defines its machine; what it does belongs into actors and actions.',
    );
  });

  test('a file that exports nothing', () => {
    const remedy = 'Write `export default setup({ actors: callActors }).createMachine({ … })`.';
    expect(problemOf(file('a.flow.ts', 'export const x = 1;')).message).toBe(
      `a.flow.ts: the file has no default export. ${remedy}`,
    );
    expect(problemOf(file('b.flow.ts', 'export default { id: 1 };')).message).toBe(
      `b.flow.ts: the default export is not an XState machine. ${remedy}`,
    );
  });

  test('a package that is not installed', () => {
    expect(problemOf(file('a.flow.js', "require('left-pad')")).message).toBe(
      "a.flow.js: imports 'left-pad', which is not installed. Install it, or correct the import: `npm install left-pad`.",
    );
  });

  test.each([
    ["{ initial: 'menu', states: { menu: { on: { dtmf: 'salse' } } } }", 'menu', 'salse'],
    [
      "{ initial: 'a', states: { a: { initial: 'b', states: { b: { invoke: { src: 'play', input: { prompt: 'x' }, onDone: choices({ played: 'c' }) } } } } } }",
      'a.b',
      'c',
    ],
    ["{ initial: 'a', states: { a: { after: { 10: '#far' } } } }", undefined, '#far'],
  ])('a target that does not exist: %s', (config, state, target) => {
    const problem = problemOf(flow('a.flow.js', config));
    expect(problem.state).toBe(state);
    expect(problem.message).toContain(
      `leads to '${target}', and there is no such state. Name a state`,
    );
  });

  test.each([
    ["{ initial: 'b', states: { a: {} } }", undefined, "begins with 'b'"],
    [
      "{ initial: 'a', states: { a: { initial: 'c', states: { b: {} } } } }",
      'a',
      "begins with 'c'",
    ],
    ['{ states: { a: {} } }', undefined, 'does not say which is the first'],
  ])('an initial state that does not exist: %s', (config, state, text) => {
    const problem = problemOf(flow('a.flow.js', config));
    expect(problem.state).toBe(state);
    expect(problem.message).toContain(text);
  });

  test('an actor that does not exist', () => {
    const path = flow(
      'a.flow.js',
      "{ initial: 'a', states: { a: { invoke: { src: 'gahter' } } } }",
    );
    expect(problemOf(path)).toEqual({
      file: 'a.flow.js',
      state: 'a',
      message:
        "a.flow.js, state 'a': invokes the actor 'gahter', which does not exist. Use one of callActors, or name it in setup({ actors: { ...callActors, gahter } }).",
    });
  });

  test('an input that cannot be', () => {
    const config =
      "{ initial: 'a', states: { a: { invoke: { src: 'pause', input: { duration: -1 } } } } }";
    expect(problemOf(flow('a.flow.js', config)).message).toBe(
      "a.flow.js, state 'a': 'pause' cannot run: duration is -1 and must be milliseconds, 0 to 2147483647. Correct the input of 'pause'.",
    );
  });

  test('prompts that are missing, wherever an input names them', () => {
    const config = `{ initial: 'a', states: { a: { initial: 'b', states: { b: { invoke: {
      src: 'gather', input: { prompt: ['welcome', 'menu'], invalidPrompt: 'wrong' },
    } } } } } }`;
    const prompts: Pick<PromptLibrary, 'check' | 'catalog'> = {
      check: (prompt) =>
        [prompt]
          .flat()
          .map(promptName)
          .filter((name) => name !== 'welcome')
          .map((name) => ({ prompt: name, message: `No ${name}.wav.` })),
    };
    const { flows, problems } = loading([flow('a.flow.js', config)], prompts);
    expect(flows).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual([
      "a.flow.js, state 'a.b': prompt: No menu.wav.",
      "a.flow.js, state 'a.b': invalidPrompt: No wrong.wav.",
    ]);
  });

  test('two flows with one name', () => {
    const files = [flow('a/x.flow.js', '{}'), flow('b/x.flow.js', '{}')];
    const { flows, problems } = loading(files);
    expect(flows).toHaveLength(1);
    expect(problems.map(({ message }) => message)).toEqual([
      "b/x.flow.js: the flow 'x' is in a/x.flow.js already. Rename one of the two files: a flow answers to the name of its file.",
    ]);
  });

  test('two flows whose machines have one id, with both files; machines without an id are fine', () => {
    const paths = [flow('a.flow.js', "{ id: 'sales' }"), flow('b.flow.js', "{ id: 'sales' }")];
    const { flows, problems, broken } = loading(paths);
    expect(flows.map(({ name }) => name)).toEqual(['a']);
    expect(problems.map(({ message }) => message)).toEqual([
      "b.flow.js: its machine has the id 'sales', as that of a.flow.js has. Give one of them another id: logs and pictures name a flow by it.",
    ]);
    expect(broken).toMatchObject([{ name: 'b', file: paths[1], problems }]);
    expect(loading([flow('c.flow.js', '{}'), flow('d.flow.js', '{}')]).problems).toEqual([]);
  });

  test('a circle of imports, with its files', () => {
    file(
      'menu.js',
      "// import './hours'\nconst { hours } = require('./hours'); exports.menu = hours;",
    );
    file('hours.js', "const { menu } = require('./menu'); exports.hours = 1; exports.menu = menu;");
    const path = flow('a.flow.js', '{}', "require('./menu');");
    expect(problemOf(path).message).toBe(
      'a.flow.js: imports in a circle: menu.js → hours.js → menu.js. Move what they share into a file that imports none of them, or take the import out of hours.js.',
    );
  });

  test('a circle that makes a file throw, and one of types alone, which is none', () => {
    file('menu.js', "exports.menu = require('./hours').hours.open;");
    file('hours.js', "require('./menu'); exports.hours = { open: 9 };");
    expect(problemOf(flow('a.flow.js', '{}', "require('./hours');")).message).toMatch(
      /^a\.flow\.js: imports in a circle: hours\.js → menu\.js → hours\.js\. Move /,
    );
    file('one.ts', "import type { Two } from './two';\nexport interface One { two: Two }");
    file(
      'two.ts',
      "/* import './one' */ import type { One } from './one';\nexport type Two = One[];",
    );
    const typed = file(
      'b.flow.ts',
      `import { setup } from ${JSON.stringify(xstate)};
import { type One } from './one';
export default setup({ types: { context: {} as { one?: One } } }).createMachine({ context: {} });`,
    );
    expect(loading([typed]).problems).toEqual([]);
  });

  test('a local file that is not there, with the file that imports it', () => {
    file('menu.js', "require('./nowhere');");
    expect(problemOf(flow('a.flow.js', '{}', "require('./menu');")).message).toMatch(
      /imports '\.\/nowhere', and there is no such file\. Correct the path, or create the file\.$/,
    );
  });

  test('an import that throws, with its file and line', () => {
    file('menu.js', "\n\nthrow new Error('MENU is not set');");
    expect(problemOf(flow('a.flow.js', '{}', "require('./menu');")).message).toBe(
      'a.flow.js: the file throws while it is loaded: MENU is not set (menu.js:3:7). A flow file only defines its machine; what it does belongs into actors and actions.',
    );
  });

  test('all problems of all files at once, and the good flows beside them', () => {
    const { flows, problems } = loading([
      flow('good.flow.js', '{}'),
      file('a.flow.js', 'throw new Error("one")'),
      flow('b.flow.js', "{ invoke: [{ src: 'x' }, { src: 'y' }] }"),
    ]);
    expect(flows.map(({ name }) => name)).toEqual(['good']);
    expect(problems.map(({ file }) => file)).toEqual(['a.flow.js', 'b.flow.js', 'b.flow.js']);
  });
});

test('a machine inside the machine is checked as well', () => {
  const more = "const inner = createMachine({ invoke: { src: 'nobody' } });";
  const path = file(
    'a.flow.js',
    `const { setup, createMachine } = require(${JSON.stringify(xstate)});
${more}
module.exports = setup({ actors: { inner } }).createMachine({ invoke: { src: 'inner' } });`,
  );
  expect(problemOf(path).message).toContain("invokes the actor 'nobody'");
});

test('a flow that imports what Node has built in is fine', () => {
  const path = flow('a.flow.js', '{}', "require('node:fs/promises');");
  expect(loading([path]).problems).toEqual([]);
});

test('call actors need not be set up to be invoked', async () => {
  const path = file(
    'a.flow.js',
    `const { createMachine } = require(${JSON.stringify(xstate)});
module.exports = createMachine({
  initial: 'a',
  states: { a: { invoke: { src: 'pause', input: { duration: 5 }, onDone: 'b' } }, b: { type: 'final' } },
});`,
  );
  const { flows, problems } = loading([path]);
  expect(problems).toEqual([]);
  const run = runFakeCall(flows[0]!.machine);
  await run.clock.run(5);
  expectOver(run);
});

test('a flow that turns in circles ends its own call and no other', async () => {
  const config = "{ initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } }";
  const { flows } = loading([flow('a.flow.js', config)]);
  const run = runFakeCall(flows[0]!.machine);
  await settle();
  expect(run.result?.type).toBe('failed');
  expectOver(run);
});
