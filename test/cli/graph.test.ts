import { execFileSync } from 'node:child_process';
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
import { diff } from '../../runtime/cli/diff';
import { graph } from '../../runtime/cli/graph';
import { parseSince } from '../../runtime/cli/since';

const flow = (to: string, said: string): string => `
import { callActors } from 'callchart';
import { setup } from 'xstate';
import { say } from './words';
export default setup({ actors: callActors }).createMachine({
  id: 'desk',
  initial: 'hello',
  states: {
    hello: { invoke: { src: 'play', input: { prompt: { say: say('${said}') } }, onDone: '${to}', onError: 'done' } },
    more: { invoke: { src: 'play', input: { prompt: { say: 'More.' } }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
`;

let folder: string;
let out: string;
let errors: string;
const home = process.cwd();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callchart-graph-'));
  symlinkSync(join(__dirname, '..', '..', 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'flows'));
  put('flows/desk.flow.ts', flow('more', 'Hello.'));
  put('flows/words.ts', 'export const say = (text: string): string => text;\n');
  process.chdir(folder);
  [out, errors] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function git(...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
    cwd: folder,
    stdio: 'pipe',
  });
}

describe('callchart graph', () => {
  it.each([
    ['svg', /^<svg /],
    ['png', /^.PNG/],
    ['dot', /^digraph /],
    ['mmd', /^stateDiagram-v2/],
  ])('writes .%s', async (format, begins) => {
    expect(await graph('flows/desk.flow.ts', { output: `x.${format}`, scale: '1' })).toBe(0);
    expect(readFileSync(join(folder, `x.${format}`), 'latin1')).toMatch(begins);
    expect(errors).toBe('');
  });

  it('writes to standard output in the format that is asked for', async () => {
    expect(await graph('flows/desk.flow.ts', { output: '-', format: 'mmd', scale: '1' })).toBe(0);
    expect(out).toContain('“Hello.”');
  });

  it.each([
    [{ output: 'x.pdf' }, 'its name must end in one of .svg, .png, .dot, .mmd'],
    [{ output: '-' }, 'give --format'],
    [{ output: 'x.svg', format: 'pdf' }, 'must be one of svg, png, dot, mmd'],
    [{}, 'give -o <file>'],
    [{ output: 'x.svg', scale: '99' }, '--scale 99'],
    [{ output: 'x.svg', since: '7d' }, 'give --calls'],
    [{ output: 'x.svg', calls: true, since: 'monday' }, '--since monday'],
    [{ output: 'x.svg', calls: true, coverage: true as const }, 'exclude each other'],
  ])('refuses %j', async (options, problem) => {
    expect(await graph('flows/desk.flow.ts', { scale: '1', ...options })).toBe(2);
    expect(errors).toContain(problem);
  });

  it('says what is wrong with a flow, with a file that cannot be written, and when there is nothing to show', async () => {
    expect(await graph('flows/none.flow.ts', { output: 'x.svg', scale: '1' })).toBe(1);
    expect(await graph('flows/desk.flow.ts', { output: 'no/x.svg', scale: '1' })).toBe(1);
    expect(await graph('flows/desk.flow.ts', { output: 'x.svg', scale: '1', coverage: true })).toBe(
      1,
    );
    expect(await graph('flows/desk.flow.ts', { output: 'x.svg', scale: '1', calls: true })).toBe(1);
    expect(errors).toMatch(
      /none\.flow\.ts.*\n.*no\/x\.svg cannot be written.*\n.*no coverage of desk: run callchart test\n.*no call of desk is recorded/,
    );
  });

  it('shows the calls of the records since a time', async () => {
    mkdirSync(join(folder, 'records'));
    const record = (day: number, name: string): string =>
      JSON.stringify({
        ...{ id: `${day}${name}`, callId: 'c', ended: `2026-01-0${day}T10:00:00.000Z` },
        ...{ duration: 5_000, flow: { name, version: 'v' }, end: { by: 'caller' }, omitted: 0 },
        path: [{ state: 'hello', at: 1 }],
      });
    for (const day of [1, 2, 3]) {
      put(
        `records/calls-2026-01-0${day}.jsonl`,
        `${record(day, 'desk')}\n${record(day, 'other')}\nbroken\n`,
      );
    }
    const options = { output: '-', format: 'mmd', scale: '1', calls: true };
    expect(await graph('flows/desk.flow.ts', { ...options, since: '2026-01-02' })).toBe(0);
    expect(out).toContain('2 calls');
    expect(out).toContain('2 hung up here');
  });
});

describe('callchart diff', () => {
  it('has status 0 for one flow twice, and 1 for two that differ', async () => {
    expect(await diff('flows/desk.flow.ts', 'flows/desk.flow.ts', options)).toBe(0);
    expect(out).toBe('desk: no difference\n');
    put('flows/desk2.flow.ts', flow('done', 'Hello.'));
    expect(await diff('flows/desk.flow.ts', 'flows/desk2.flow.ts', options)).toBe(1);
    expect(out).toContain('done leads to done, and led to more before');
  });

  it('writes words as Markdown and as JSON, and a picture', async () => {
    put('flows/desk2.flow.ts', flow('done', 'Hi.'));
    const files = ['flows/desk.flow.ts', 'flows/desk2.flow.ts'] as const;
    expect(await diff(...files, { ...options, output: 'x.svg', json: true })).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ title: 'desk', states: [{ state: 'hello' }] });
    expect(readFileSync(join(folder, 'x.svg'), 'utf8')).toContain('changed');
    out = '';
    expect(await diff(...files, { ...options, output: '-', format: 'md' })).toBe(1);
    expect(out).toMatch(/^## desk\n/);
  });

  it('compares a flow with what git has of it, and of what it imports from its folder; and leaves nothing behind', async () => {
    git('init', '-q');
    git('add', 'flows');
    git('commit', '-q', '-m', 'first');
    put('flows/words.ts', 'export const say = (text: string): string => text.toUpperCase();\n');
    expect(await diff('flows/desk.flow.ts', undefined, options)).toBe(1);
    expect(out).toContain('prompt is “HELLO.”, and was “Hello.”');
    expect(readdirSync(folder).filter((name) => name.startsWith('.callchart'))).toEqual([]);
  });

  it('finds no difference to what git has when nothing was changed', async () => {
    git('init', '-q');
    git('add', 'flows');
    git('commit', '-q', '-m', 'first');
    expect(await diff('flows/desk.flow.ts', undefined, options)).toBe(0);
  });

  it.each([
    ['without a repository', () => undefined, 'HEAD', 'git knows no such version'],
    [
      'of a flow that was never committed',
      () => git('init', '-q'),
      'HEAD',
      'git knows no such version',
    ],
    ['of a revision that is an option', () => undefined, '--output=x', 'is no revision'],
  ])('says that it cannot tell: %s', async (_, prepare, revision, problem) => {
    prepare();
    expect(await diff('flows/desk.flow.ts', undefined, { ...options, revision })).toBe(2);
    expect(errors).toContain(problem);
  });

  const options = { scale: '1', revision: 'HEAD' };
});

it.each([
  ['7d', -7 * 86_400_000],
  ['30m', -1_800_000],
  ['1970-01-01', -1e12],
])('--since %s is a time', (text, difference) => {
  expect(parseSince(text, 1e12)).toBe(1e12 + difference);
});

it.each(['', '7', 'd', '2026', '2026-13-01', 'now'])('--since %j is none', (text) => {
  expect(parseSince(text, 1e12)).toBeUndefined();
});
