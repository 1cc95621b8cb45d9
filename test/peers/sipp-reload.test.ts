import { mkdirSync, renameSync } from 'node:fs';
import { writeWav } from '../../runtime/prompt/wav';
import { type Command, Project } from '../cli/support/project';
import { until } from './support/command';
import { callDesk, type DeskCaller } from './support/desk-callers';
import { promptSamples, writeSpeech } from './support/speech';

jest.setTimeout(240_000);

/** The flow of a generation, which the names of its states tell. */
const source = (n: number): string => `
import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

export default setup({ actors: callActors }).createMachine({
  id: 'desk',
  initial: 'menu${n}',
  states: {
    menu${n}: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', valid: ['1', '2'], firstDigitTimeout: 60_000 },
        onDone: choices({ '1': 'code${n}', '2': 'message${n}', otherwise: 'failed' }),
        onError: 'failed',
      },
    },
    code${n}: {
      invoke: {
        src: 'gather',
        input: { maxDigits: 2, firstDigitTimeout: 60_000, interDigitTimeout: 20_000 },
        onDone: choices({ otherwise: 'bye${n}' }),
        onError: 'failed',
      },
    },
    message${n}: {
      invoke: {
        src: 'record',
        input: { beep: true, finishOn: '#' },
        onDone: choices({ recorded: 'bye${n}', otherwise: 'failed' }),
        onError: 'failed',
      },
    },
    bye${n}: {
      invoke: { src: 'play', input: { prompt: 'bye' }, onDone: 'done', onError: 'failed' },
    },
    failed: { type: 'final' },
    done: { type: 'final' },
  },
});
`;

/** Milliseconds for which the calls stay where they are while files are saved. */
const stay = 30_000;

const callers: readonly (DeskCaller & {
  readonly state: string;
  readonly path: readonly string[];
})[] = [
  {
    ...{ name: 'listens', does: [stay], hangsUp: 'caller' },
    ...{ state: 'menu', path: ['menu'] },
  },
  {
    ...{ name: 'enters', does: [600, '1', stay, '3', 400, '4'], hangsUp: 'flow' },
    ...{ state: 'code', path: ['menu', 'code', 'bye', 'done'] },
  },
  {
    ...{ name: 'speaks', does: [600, '2', stay, '#'], hangsUp: 'flow' },
    ...{ state: 'message', path: ['menu', 'message', 'bye', 'done'] },
  },
];

interface DeskRecord {
  readonly from: { readonly user: string };
  readonly flow: { readonly name: string; readonly version: string };
  readonly path: readonly { readonly state: string }[];
  readonly digits: readonly { readonly digits: string }[];
  readonly recordings: readonly { readonly duration: number }[];
  readonly errors: readonly unknown[];
  readonly end: { readonly by: string; readonly cause: string };
}

let project: Project;

beforeEach(() => {
  project = Project.create();
  mkdirSync(project.path('prompts/en'), { recursive: true });
  mkdirSync(project.path('scenarios'));
  // Longer than the calls stay: who presses nothing hears it all the time.
  writeSpeech(project.path('prompts/en/menu.wav'));
  project.write('prompts/en.yaml', 'bye: Goodbye.\n');
  project.write('flows/desk.flow.ts', source(0));
});

afterEach(() => project.remove());

async function lines<Line>(...args: readonly string[]): Promise<Line[]> {
  const { stdout } = await project.run(['calls', ...args, '--json']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Where it listens, as it says at its start. */
const portOf = (server: Command): number =>
  Number(/udp:127\.0\.0\.1:(\d+)/.exec(server.stdout)?.[1]);

/** The calls of all kinds at once; resolves when they are in their states, with when they are over. */
async function everybody(
  server: Command,
  calls: readonly number[],
): Promise<{ over: Promise<void> }> {
  const options = { server: portOf(server), folder: project.path('scenarios') };
  const going = callers.map((caller, index) =>
    callDesk(caller, { ...options, calls: calls[index] ?? 0 }),
  );
  const over = Promise.all(going).then(() => undefined);
  // Whoever waits for it sees what went wrong.
  over.catch(() => undefined);
  await until('all are in their states', async () => {
    const live = await lines<{ readonly flowState?: string }>('--live');
    return callers.every(
      ({ state }, index) =>
        live.filter(({ flowState }) => flowState === `${state}0`).length === calls[index],
    );
  });
  return { over };
}

/** A call that is over at once, and what it got. */
async function next(server: Command): Promise<{ version: string; state: string }> {
  const caller: DeskCaller = { name: 'tries', does: [200], hangsUp: 'caller' };
  await callDesk(caller, { server: portOf(server), calls: 1, folder: project.path('scenarios') });
  const [record] = await lines<DeskRecord>('--last', '1');
  return { version: record?.flow.version ?? '', state: record?.path[0]?.state ?? '' };
}

/** That the calls of all kinds ended as they should, in the version that they began with. */
async function expectAll(calls: readonly number[], version: string): Promise<void> {
  const records = (await lines<DeskRecord>('--last', '100')).filter(
    ({ from }) => from.user !== 'tries',
  );
  for (const [index, { name, hangsUp, path, state }] of callers.entries()) {
    const own = records.filter(({ from }) => from.user === name);
    expect(own).toHaveLength(calls[index] ?? 0);
    for (const record of own) {
      const states = record.path.map((each) => each.state);
      expect(states).toEqual(path.map((each) => (each === 'done' ? each : `${each}0`)));
      expect(record).toMatchObject({
        flow: { name: 'desk', version },
        end: { by: hangsUp, cause: 'bye' },
        errors: [],
      });
      if (state === 'code') expect(record.digits.map(({ digits }) => digits)).toEqual(['1', '34']);
      if (state === 'message') expect(record.recordings[0]?.duration).toBeGreaterThan(stay - 5_000);
    }
  }
}

test('callchart dev: fifty calls at once outlive saves of flow, prompt and manifest, one of them broken', async () => {
  const server = project.start(['dev'], { CALLCHART_LISTEN: 'udp:127.0.0.1:0' });
  await server.said(/Save a flow/);
  const first = await next(server);
  expect(first.state).toBe('menu0');
  const versions = [first.version];

  /** Saves, and waits until it is taken over. */
  async function saved(file: string, save: () => void): Promise<void> {
    const before = (versions.at(-1) ?? '').slice(0, 4);
    save();
    await server.said(new RegExp(`^desk ${before}… → .{4}… \\(${file}\\)$`, 'm'));
    const { version } = await next(server);
    expect(versions).not.toContain(version);
    versions.push(version);
  }

  const calls = [17, 17, 16];
  const { over } = await everybody(server, calls);
  let gone = false;
  void over.then(
    () => (gone = true),
    () => (gone = true),
  );
  const flow = project.path('flows/desk.flow.ts');
  await saved('desk.flow.ts', () => project.write('flows/desk.flow.ts', source(1)));
  await saved('menu.wav', () => {
    const samples = promptSamples('welcome');
    project.write('prompts/en/menu.wav', writeWav({ sampleRate: 8_000, samples }));
  });
  await saved('en.yaml', () => project.write('prompts/en.yaml', 'bye: Until next time.\n'));
  project.write('flows/desk.flow.ts', source(2).replace('states: {', 'states {'));
  await server.said(/desk\.flow\.ts: the file has a syntax error: .*line 8/);
  expect(await next(server)).toEqual({ version: versions.at(-1), state: 'menu1' });
  await saved('desk.flow.ts', () => {
    // As many editors do: another file takes the name.
    project.write('flows/.desk.flow.ts.swp', source(3));
    renameSync(project.path('flows/.desk.flow.ts.swp'), flow);
  });
  expect((await next(server)).state).toBe('menu3');
  // All of that was while the calls were where they were.
  expect(gone).toBe(false);
  await over;
  await expectAll(calls, first.version);

  server.signal('SIGTERM');
  const ended = await server.done;
  expect(ended.status).toBe(0);
  expect(ended.stdout + ended.stderr).not.toMatch(/"level":"(?:error|fatal)"|flow failed/);
});

test('callchart serve: twelve calls outlive SIGHUP with a new flow, and one with a broken flow', async () => {
  const { server } = await project.serve();
  const first = await next(server);
  const calls = [4, 4, 4];
  const { over } = await everybody(server, calls);
  project.write('flows/desk.flow.ts', source(1));
  project.write('prompts/en.yaml', 'bye: Until next time.\n');
  server.signal('SIGHUP');
  await server.said(/"flow":"desk","from":"[0-9a-f]{12}","to":"[0-9a-f]{12}","msg":"flow changed"/);
  const second = await next(server);
  expect(second).toMatchObject({ state: 'menu1' });
  expect(second.version).not.toBe(first.version);
  project.write('flows/desk.flow.ts', 'export const nothing = 1;');
  server.signal('SIGHUP');
  await server.said(/"problem":"flows\/desk\.flow\.ts: the file has no default export\./);
  expect(await next(server)).toEqual(second);
  await over;
  await expectAll(calls, first.version);
  server.signal('SIGTERM');
  expect((await server.done).status).toBe(0);
});
