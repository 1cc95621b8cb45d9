import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSummary } from '../../runtime/cli/prompts-build';
import { voicesReport } from '../../runtime/cli/prompts-voices';
import type { PreparedText } from '../../runtime/prompt/tts/prepare-all';
import { flow, Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(180_000);

const root = join(__dirname, '..', '..');
const echo = flow(`
    first: { invoke: { src: 'echo', input: { finishOn: '#', maxDuration: 60_000 }, onDone: 'done', onError: 'done' } },`);

let project: Project;

beforeEach(() => {
  project = Project.create({ 'flows/echo.flow.ts': echo });
});

afterEach(() => project.remove());

describe('callchart prompts voices', () => {
  test('asks the running server; one whose only voice speaks no English starts, and says that it cannot apologise', async () => {
    const none = await project.run(['prompts', 'voices']);
    expect(none.stderr).toMatch(/^callchart: no server answers at /);
    expect(none.status).toBe(1);
    project.write(
      'callchart.config.js',
      `module.exports = { prompts: { language: 'it', voice: { type: 'google', language: 'de-DE', endpoint: 'http://127.0.0.1:9' } } };`,
    );
    const { server } = await project.serve([], { CALLCHART_GOOGLE_API_KEY: 'none' });
    expect(server.stdout.match(/callers of a flow that fails hear no apology/g)).toHaveLength(1);
    const { status, stdout } = await project.run(['prompts', 'voices']);
    expect(stdout).toBe(`voice   language  state  spoken  kept  failed  refused  taken over
google  de-DE     works  0       0     0       0        0

spoken texts: 0.0 MB in memory
`);
    expect(status).toBe(0);
    const json = await project.run(['prompts', 'voices', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ voice: 'google', resting: false, memory: 0 });
    server.signal('SIGTERM');
    expect((await server.done).status).toBe(0);
  });

  test('shows which of them rests, and who has taken over', () => {
    const counts = { spoken: 2, kept: 30, failed: 3, refused: 0, takenOver: 0 };
    const first = { voice: 'google', language: 'en-US', resting: true, ...counts };
    const second = { ...first, voice: 'flite', language: undefined, resting: false, takenOver: 4 };
    expect(voicesReport({ voices: [first, second], memory: 1_250_000, disk: 90_000_000 }))
      .toBe(`voice   language  state    spoken  kept  failed  refused  taken over
google  en-US     resting  2       30    3       0        0
flite   -         works    2       30    3       0        4

spoken texts: 1.3 MB in memory, 90.0 MB on disk`);
  });
});

test('a language that nobody speaks is one line of callchart prompts build, however many texts it has', () => {
  const failed = (text: string, language: string, reason: string): PreparedText => ({
    request: { text, language },
    ...{ outcome: 'failed', voice: undefined, duration: 0, reason },
  });
  const nobody = 'No voice speaks German (de).';
  const lines = buildSummary([
    failed('Hallo … Welt', 'de', nobody),
    failed('Eins', 'de', nobody),
    failed('Zwei', 'de', nobody),
    failed('One', 'en', 'It was $& too late.'),
  ]).split('\n');
  expect(lines).toEqual([
    `failed, de, "Hallo … Welt" and 2 more: ${nobody}`,
    'failed, en, "One": It was $& too late.',
    '4 texts: 0 spoken now, 0 there already, 4 failed; 0.0 s of sound',
  ]);
});

test('a voice whose package is not installed: the server does not start, and says what to install', async () => {
  const installed = mkdtempSync(join(tmpdir(), 'callchart-installed-'));
  try {
    for (const name of ['bin', 'dist', 'package.json']) {
      cpSync(join(root, name), join(installed, name), { recursive: true });
    }
    mkdirSync(join(installed, 'node_modules', '@echogarden'), { recursive: true });
    const modules = (below = ''): string[] =>
      readdirSync(join(root, 'node_modules', below)).map((name) => join(below, name));
    for (const name of [...modules(), ...modules('@echogarden')]) {
      if (name === '@echogarden' || name.includes('espeak')) continue;
      symlinkSync(join(root, 'node_modules', name), join(installed, 'node_modules', name));
    }
    project.write(
      'callchart.config.js',
      `module.exports = { prompts: { voices: { de: { type: 'espeak' } } } };`,
    );
    const serving = promisify(execFile)(
      process.execPath,
      [join(installed, 'bin', 'callchart.js'), 'serve'],
      {
        cwd: project.directory,
        env: { ...process.env, CALLCHART_LISTEN: 'udp:127.0.0.1:0' },
        timeout: 60_000,
      },
    );
    await expect(serving).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^callchart: .*npm install @echogarden\/espeak-ng-emscripten.*\n$/,
      ) as unknown,
    });
  } finally {
    rmSync(installed, { recursive: true, force: true });
  }
});

test('of the flows and prompts that ship nothing is wrong, and the prompts that the server plays count as used', async () => {
  const run = async (...args: string[]): Promise<string> => {
    const program = join(root, 'bin', 'callchart.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
      cwd: root,
    });
    return stdout;
  };
  expect(await run('check', 'flows', '--json')).toBe('');
  const list = await run('prompts', 'list');
  expect(list).toMatch(/^apology +recorded +configuration: flows\.apology$/m);
  expect(list).toMatch(/ 0 missing, 0 unused$/m);
});
