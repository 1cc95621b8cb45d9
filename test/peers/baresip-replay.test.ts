import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, type Outcome, Project } from '../cli/support/project';
import { Baresip, delay } from './support/baresip';
import { until } from './support/command';
import { writeSpeech } from './support/speech';

jest.setTimeout(240_000);

const modules = join(__dirname, '..', '..', 'node_modules');

const flow = `
import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

export default setup({ actors: callActors }).createMachine({
  id: 'desk',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', valid: ['1', '2'], attempts: 2, noInputPrompt: 'no-input' },
        onDone: choices({ '1': 'hours', '2': 'message', otherwise: 'bye' }),
        onError: 'bye',
      },
    },
    hours: {
      invoke: { src: 'play', input: { prompt: 'hours' }, onDone: 'menu', onError: 'bye' },
    },
    message: {
      invoke: {
        src: 'record',
        input: { prompt: 'leave-message', maxDuration: 60_000 },
        onDone: choices({ recorded: 'thanks', otherwise: 'bye' }),
        onError: 'bye',
      },
    },
    thanks: {
      invoke: { src: 'play', input: { prompt: 'thanks' }, onDone: 'bye', onError: 'bye' },
    },
    bye: { invoke: { src: 'play', input: { prompt: 'bye' }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
`;

const texts = `
menu: For our opening hours, press 1. To leave a message, press 2.
no-input: I did not hear anything.
hours: We are there from nine to five.
leave-message: Please leave a message.
thanks: Thank you for your message.
bye: Goodbye.
`;

let project: Project;
let server: Command;
let phone: Baresip;
let id: string;

/** What `callchart graph --json` prints, as far as this looks at it. */
interface Picture {
  readonly boxes: readonly { readonly name: string; readonly badges?: readonly string[] }[];
  readonly arrows: readonly {
    readonly count?: string;
    readonly outcomes: readonly { readonly transition: string }[];
  }[];
}

const lines = <Line>({ stdout }: Outcome): Line[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** Runs a command in the project; fails with what it says unless it ends as it should. */
async function callchart(args: readonly string[], status = 0): Promise<Outcome> {
  const outcome = await project.run(args);
  const said = outcome.status === status ? '' : outcome.stdout + outcome.stderr;
  expect([args[0], outcome.status, said]).toEqual([args[0], status, '']);
  return outcome;
}

beforeAll(async () => {
  project = Project.create({
    'flows/desk.flow.ts': flow,
    'prompts/en.yaml': texts,
    'package.json': JSON.stringify({
      jest: { transform: { '\\.ts$': ['@swc/jest', { module: { type: 'commonjs' } }] } },
    }),
  });
  for (const name of ['jest', '@swc']) {
    symlinkSync(join(modules, name), project.path(join('node_modules', name)), 'dir');
  }
  const serving = await project.serve();
  ({ server } = serving);
  const speaks = project.path('speech.wav');
  writeSpeech(speaks);
  phone = await Baresip.start({ user: 'caller', speaks });
  await phone.dial(`sip:desk@${serving.host}`);
  await phone.waitFor('CALL_ESTABLISHED');
  const inState = (state: string): Promise<void> =>
    until(`the flow is in ${state}`, async () => {
      const live = lines<{ flowState?: string }>(await project.run(['calls', '--live', '--json']));
      return live.some(({ flowState }) => flowState === state);
    });
  // The second key is pressed while the hours are told, and kept for the menu.
  await phone.press('12', 600);
  await inState('message');
  await delay(3_000);
  await phone.press('#');
  await phone.waitFor('CALL_CLOSED', 60_000);
  await until('the call is recorded', async () => {
    const [record] = lines<{ id: string }>(await project.run(['calls', '--json']));
    id = record?.id ?? '';
    return id !== '';
  });
});

afterAll(async () => {
  await phone.stop();
  server.signal('SIGTERM');
  expect((await server.done).status).toBe(0);
  await project.remove();
});

describe('a call that baresip has made', () => {
  it('is replayed as it was', async () => {
    const { stdout } = await callchart(['replay', id]);
    expect(stdout).toMatch(/gather: 1 +→ hours[^]*play: played +→ menu[^]*gather: 2 +→ message/);
    expect(stdout).toMatch(/record: recorded # +→ thanks/);
    expect(stdout).toMatch(/The flow does what it did then: .*ended in 'done'\./);
  });

  it('parts from a flow that leads the key elsewhere', async () => {
    project.write('other/desk.flow.ts', flow.replace("'2': 'message'", "'2': 'bye'"));
    const { stdout } = await callchart(['replay', id, '--flow', 'other/desk.flow.ts'], 1);
    expect(stdout).toMatch(
      /it parts from what happened: the flow goes to 'bye', and then went to 'message'\.$/m,
    );
  });

  it('becomes a test that passes under the Jest of the project', async () => {
    const file = `test/call-${id}.test.ts`;
    const written = await callchart(['replay', id, '--to-test', file]);
    expect(written.stdout).toContain(`wrote ${file}`);
    expect(written.stderr).toBe('');
    const { stdout, stderr } = await callchart(['test', '--json']);
    expect(stderr).toMatch(/Tests: +1 passed, 1 total/);
    const [coverage] = lines<{ flow: string; covered: number }>({ status: 0, stdout, stderr });
    expect(coverage).toMatchObject({ flow: 'desk', covered: 6 });
  });

  it('stands on the picture of its flow, with how often it went where', async () => {
    await callchart(['graph', 'flows/desk.flow.ts', '-o', 'desk.svg', '--calls']);
    expect(project.read('desk.svg').toString()).toMatch(/^<svg|^<\?xml/);
    const { stdout } = await callchart(['graph', 'flows/desk.flow.ts', '--calls', '--json']);
    const { boxes, arrows } = JSON.parse(stdout) as Picture;
    const badges = (name: string): unknown => boxes.find((box) => box.name === name)?.badges;
    expect(badges('menu')).toEqual(['1 call, 2 times']);
    expect(badges('message')).toEqual(['1 call']);
    expect(badges('done')).toEqual(['1 call', '1 ended here']);
    const count = (transition: string): unknown =>
      arrows.find(({ outcomes }) => outcomes.some((each) => each.transition === transition))?.count;
    expect(['menu: 1', 'menu: 2', 'menu: otherwise'].map(count)).toEqual(['1×', '1×', undefined]);
  });

  it('went through a flow in which nothing is wrong', async () => {
    const { stdout } = await callchart(['check']);
    expect(stdout).toBe('1 flow checked: nothing is wrong\n');
    expect((await callchart(['check', '--json'])).stdout).toBe('');
  });
});
