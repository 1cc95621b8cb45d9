import { spawn, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../runtime/prompt/wav';
import { Command } from '../cli/support/project';

// Packing compiles, and installing fetches what the package depends on.
jest.setTimeout(180_000);

const root = join(__dirname, '..', '..');

/** An empty folder of a user's own, into which the package was installed. */
let project: string;
let temporary: string;
let packed: {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly string[];
};

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  command: string,
  args: readonly string[],
  directory = project,
  timeout = 60_000,
): Result {
  return spawnSync(command, args, { cwd: directory, encoding: 'utf8', timeout });
}

function write(name: string, content: string): void {
  writeFileSync(join(project, name), content);
}

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'callchart-pack-'));
  project = join(temporary, 'my-calls');
  mkdirSync(join(project, 'flows'), { recursive: true });
  const pack = run('npm', ['pack', '--json', '--pack-destination', temporary], root, 120_000);
  if (pack.status !== 0) throw new Error(`npm pack failed: ${pack.stdout}${pack.stderr}`);
  const [{ filename, size, unpackedSize, files }] = JSON.parse(
    pack.stdout.slice(pack.stdout.indexOf('[')),
  ) as [{ filename: string; size: number; unpackedSize: number; files: { path: string }[] }];
  packed = { size, unpackedSize, files: files.map(({ path }) => path) };
  write('package.json', JSON.stringify({ name: 'my-calls', private: true }));
  install(join(temporary, filename));
});

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Installs the tarball; where no registry can be reached, unpacks it beside our own dependencies. */
function install(tarball: string): void {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = run('npm', ['install', ...quiet, tarball]);
  if (installed.status === 0) return;
  if (
    !/ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET/.test(installed.stderr) &&
    installed.status !== null
  ) {
    throw new Error(`npm install failed: ${installed.stderr}`);
  }
  console.info('no registry in reach: the dependencies are those of this checkout');
  const modules = join(project, 'node_modules');
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(join(modules, '.bin'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  run('tar', ['-xzf', tarball, '-C', modules]);
  run('mv', ['package', 'callchart'], modules);
  symlinkSync('../callchart/bin/callchart.js', join(modules, '.bin', 'callchart'));
}

const flow = `
import { callActors, callTypes, choices, type CallInfo, type GatherOutcome, type Prompt } from 'callchart';
import { setup } from 'xstate';

const greeting: Prompt = [{ say: 'Welcome to the test.' }, { silence: 100 }];

interface Context {
  readonly who: CallInfo['from']['uri'];
  readonly last?: GatherOutcome['type'];
}

export default setup({ types: callTypes<Context>(), actors: callActors }).createMachine({
  id: 'hello',
  context: ({ input }) => ({ who: input.call.from.uri }),
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: greeting, maxDigits: 1 },
        onDone: choices({ '1': 'thanks', otherwise: 'done' }),
        onError: 'done',
      },
    },
    thanks: {
      invoke: { src: 'play', input: { prompt: { tone: 'beep' } }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
`;

const config = `
import { defineConfig } from 'callchart';

export default defineConfig({
  sip: { listen: ['udp:127.0.0.1:0'] },
  flows: { default: 'hello' },
});
`;

test('the tarball holds the program, its types, the example flows, their prompts and the guide, and no more', () => {
  const { files, size, unpackedSize } = packed;
  const kilobytes = (bytes: number): string => `${Math.round(bytes / 1_000)} kB`;
  console.info(
    `callchart.tgz: ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}, ${files.length} files`,
  );
  const meant = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^bin\/callchart\.js$/,
    /^dist\/.*\.(js|d\.ts)$/,
    /^flows\/[a-z-]+\.flow\.ts$/,
    /^prompts\/(README\.md|[a-z]+\.yaml|.*\.wav)$/,
    /^docs\/(.*\.md|pictures\/[a-z-]+\.svg)$/,
  ];
  expect(files.filter((file) => !meant.some((pattern) => pattern.test(file)))).toEqual([]);
  const flows = readdirSync(join(root, 'flows')).filter((name) => name.endsWith('.flow.ts'));
  expect(files).toEqual(
    expect.arrayContaining([
      ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'bin/callchart.js'],
      ...['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'prompts/en/welcome.wav'],
      ...flows.map((name) => `flows/${name}`),
    ]),
  );
  // Where the README, and so `callchart --help`, sends whoever has installed the package.
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const pages = Array.from(readme.matchAll(/\]\((docs\/[^)#]+\.md)/g), ([, page]) => page);
  expect(pages.length).toBeGreaterThan(5);
  expect(files).toEqual(expect.arrayContaining(pages));
  expect(size).toBeLessThan(3_000_000);
});

describe('a flow and a configuration of a user’s own are checked against our types', () => {
  const check = (moduleResolution: string, files: readonly string[]): Result => {
    const module = moduleResolution === 'bundler' ? 'esnext' : moduleResolution;
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2022', strict: true, noEmit: true },
      // No types of Node's, and no mistake of anybody's declarations is passed over.
      ...{ types: [], skipLibCheck: false },
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    return run(process.execPath, [compiler, '-p', '.']);
  };

  test.each(['node16', 'bundler'])('with moduleResolution %s', (resolution) => {
    write('flows/hello.flow.ts', flow);
    write('callchart.config.ts', config);
    expect(check(resolution, ['flows/hello.flow.ts', 'callchart.config.ts'])).toMatchObject({
      stdout: '',
      status: 0,
    });
  });

  test('and mistakes in them are found', () => {
    write('outcome.flow.ts', flow.replace("otherwise: 'done'", "noInptu: 'done'"));
    write('actor.flow.ts', flow.replace("src: 'gather'", "src: 'gahter'"));
    write('input.flow.ts', flow.replace('maxDigits: 1', "maxDigits: 'one'"));
    write('wrong.config.ts', config.replace('listen:', 'listn:'));
    const files = ['outcome.flow.ts', 'actor.flow.ts', 'input.flow.ts', 'wrong.config.ts'];
    const { status, stdout } = check('node16', files);
    for (const file of files) expect(stdout).toMatch(new RegExp(`^${file}.*error`, 'm'));
    expect(stdout).toMatch(/noInptu/);
    expect(stdout).toMatch(/gahter/);
    expect(stdout).toMatch(/listn/);
    expect(status).not.toBe(0);
  });

  test('and misspelt names, once the project has a file that registers them', () => {
    write(
      'callchart-env.d.ts',
      `export {};
declare module 'callchart' {
  interface Register {
    readonly prompt: 'welcome';
  }
}
`,
    );
    const files = ['prompt.flow.ts', 'callchart-env.d.ts'];
    write('prompt.flow.ts', flow.replace("{ tone: 'beep' }", "'welcome'"));
    expect(check('node16', files)).toMatchObject({ stdout: '', status: 0 });
    write('prompt.flow.ts', flow.replace("{ tone: 'beep' }", "'welcom'"));
    expect(check('node16', files).stdout).toMatch(/^prompt\.flow\.ts.*"welcome"'\?$/ms);
  });
});

test('a program finds the client of the API', () => {
  write(
    'client.js',
    `const { CallchartClient } = require('callchart/client');
const client = new CallchartClient({ baseUrl: 'http://127.0.0.1:1', key: 'none', retries: 0 });
client.calls.get('a').catch((error) => console.log(error.name, error.code));
`,
  );
  expect(run(process.execPath, ['client.js'])).toMatchObject({
    status: 0,
    stdout: 'CallchartApiError CALLCHART_API_UNREACHABLE\n',
  });
});

test('an ECMAScript module can import it by name', () => {
  const names = 'callActors, callTypes, choices, defineConfig';
  write(
    'names.mjs',
    `import { ${names} } from 'callchart'; console.log([${names}].map((x) => typeof x).join());`,
  );
  expect(run(process.execPath, ['names.mjs']).stdout).toBe('object,function,function,function\n');
});

const running = new Set<Command>();

// A test that has failed leaves no server behind that holds what the next one needs.
afterEach(async () => {
  for (const command of running) {
    command.signal('SIGKILL');
    await command.done;
  }
});

function start(args: readonly string[]): Command {
  const program = join(project, 'node_modules', '.bin', 'callchart');
  const command = new Command(
    spawn(process.execPath, [program, ...args], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  running.add(command);
  void command.done.then(() => running.delete(command));
  return command;
}

test('a test of a project’s own finds the simulator', () => {
  write(
    'simulate.js',
    `const { callActors } = require('callchart');
const { setup } = require('xstate');
const { simulate, hears } = require('callchart/testing');
const flow = setup({ actors: callActors }).createMachine({
  id: 'hello',
  initial: 'hello',
  states: {
    hello: { invoke: { src: 'play', input: { prompt: 'hello' }, onDone: 'done' } },
    done: { type: 'final' },
  },
});
simulate(flow, { prompts: false, caller: [hears('hello')] }).then((call) => console.log(call.transcript));
console.log(require.resolve('callchart/testing/matchers'));
`,
  );
  const { status, stdout, stderr } = run(process.execPath, ['simulate.js']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/extend-expect\.js\n/);
  expect(stdout).toMatch(/2\.0 {2}end {7}the flow hung up \(final: done\)/);
});

test('without a flow it says in one line what is missing', async () => {
  rmSync(join(project, 'flows'), { recursive: true, force: true });
  rmSync(join(project, 'callchart.config.ts'), { force: true });
  expect(await start(['serve']).done).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'callchart: flows: the folder of the flows cannot be read. Create it, or name another with `flows.directory` in callchart.config.ts.\n',
  });
  mkdirSync(join(project, 'flows'));
});

test.each(['commonjs', 'module'])(
  'npx callchart serve answers a call with the flow, in a package of type %s',
  async (type) => {
    const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as object;
    write('package.json', JSON.stringify({ ...manifest, type }));
    write('flows/hello.flow.ts', flow);
    write('callchart.config.ts', config);
    const server = start(['serve']);
    await server.said(/to call/);
    expect(server.stderr).toBe('');
    const port = /udp:127\.0\.0\.1:(\d+)/.exec(server.stdout)?.[1] ?? '';
    const phone = start([
      'call',
      `sip:127.0.0.1:${port}`,
      '--press',
      'wait:2500,1',
      '--record',
      'heard.wav',
    ]);
    const { status, stderr } = await phone.done;
    expect(stderr).toMatch(/answered \(PCMU\)\npressed 1\nended by the other end/);
    expect(status).toBe(0);
    // The built-in voice has spoken.
    const { samples } = readWav(readFileSync(join(project, 'heard.wav')));
    expect(samples.filter((sample) => Math.abs(sample) > 2_000).length).toBeGreaterThan(800);
    server.signal('SIGTERM');
    expect((await server.done).status).toBe(0);
  },
);

test('npx finds the command', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(run('npx', ['--no-install', 'callchart', '--version']).stdout).toBe(`${version}\n`);
});
