import { writeFlowLog } from '../../runtime/flow/flow-log';
import type { FlowLog } from '../../runtime/flow/flow-log';
import { loadFlows } from '../../runtime/flow/load';
import { settle } from '../../runtime/core/virtual-clock';
import { runFakeCall } from '../support/run-fake-call';
import { Project } from './support/project';

// The first command of a checkout compiles it; the machine may be busy.
jest.setTimeout(120_000);

const source = (target: string): string => `
import { callActors, choices } from 'callchart';
import { setup } from 'xstate';
export default setup({ actors: callActors }).createMachine({
  id: 'desk',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { valid: ['1', '2'] },
        onDone: choices({ '1': '${target}', otherwise: 'done' }),
        onError: 'done',
      },
    },
    wait: { after: { 1000: 'done' } },
    done: { type: 'final' },
  },
});
`;

let project: Project;

beforeAll(async () => {
  project = Project.create({
    'flows/desk.flow.ts': source('wait'),
    'other/desk.flow.ts': source('done'),
    'callchart.config.js': 'module.exports = {};',
  });
  const [flow] = loadFlows([project.path('flows/desk.flow.ts')]).flows;
  if (flow === undefined) throw new Error('the flow does not load');
  const lines: string[] = [];
  for (const [id, version] of [
    ['cafe01', flow.version],
    ['cafe02', 'ffffffffffff'],
  ] as const) {
    const logs: FlowLog[] = [];
    const { clock, call } = runFakeCall(flow.machine, {
      info: { id },
      log: { flow: { name: 'desk', version }, onLog: (log) => logs.push(log) },
    });
    await clock.run(700);
    call.press('1');
    await clock.run(2_000);
    await settle();
    lines.push(writeFlowLog(logs[0] as FlowLog));
  }
  project.write('records/flows-2026-01-05.jsonl', `${lines.join('\n')}\n{"call":"broken"}\n`);
});

afterAll(() => project.remove());

describe('callchart replay', () => {
  test('shows a call step by step, and that the flow does what it did', async () => {
    const { status, stdout, stderr } = await project.run(['replay', 'cafe01']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^call cafe01 {2}2026-01-05 09:00:00 {2}from sip:alice@caller.example\n/,
    );
    expect(stdout).toContain('0.7  gather: 1        → wait');
    expect(stdout).toContain('1.7  1 s are over     → done');
    expect(stdout).toMatch(/The flow does what it did then: 2 steps, ended in 'done'.\n$/);
    expect(status).toBe(0);
  });

  test('shows where a changed flow parts from what happened, and ends with 1', async () => {
    const { status, stdout } = await project.run([
      ...['replay', 'cafe01', '--flow', 'other/desk.flow.ts'],
    ]);
    expect(stdout).toMatch(
      /At 0.7 s it parts from what happened: the flow goes to 'done', and then went to 'wait'.\n$/,
    );
    expect(status).toBe(1);
  });

  test('prints each step as JSON', async () => {
    const { status, stdout } = await project.run(['replay', 'cafe01', '--json']);
    const lines = stdout.trim().split('\n');
    const [first, , last] = lines.map((line) => JSON.parse(line) as unknown);
    expect(first).toEqual({ at: 700, what: 'gather: 1', then: 'wait', now: 'wait' });
    expect(last).toMatchObject({ call: 'cafe01', parting: null });
    expect(status).toBe(0);
  });

  test('writes a test, and never over a file that is there', async () => {
    const args = ['replay', 'cafe01', '--to-test', 'test/cafe01.test.ts'];
    const { status, stdout } = await project.run(args);
    expect(stdout).toBe('wrote test/cafe01.test.ts\n');
    expect(status).toBe(0);
    expect(project.read('test/cafe01.test.ts').toString()).toContain("from '../flows/desk.flow';");
    const again = await project.run(args);
    expect(again.stderr).toMatch(/test\/cafe01.test.ts is there already: name another file/);
    expect(again.status).toBe(1);
  });

  test.each([
    [
      'a version that is not there',
      'cafe02',
      /call cafe02 ran on desk ffffffffffff, and what is here is desk \w{12}: check that version out, or see what another one makes of the call with --flow flows\/desk.flow.ts/,
    ],
    [
      'a call that is not there',
      'beef',
      /no call "beef" has a flow log in .*records: callchart calls/,
    ],
    ['a beginning of several', 'cafe', /several calls begin with "cafe":\ncallchart: {3}cafe02\n/],
    [
      'a log of something else',
      'broken',
      /call broken cannot be read: another version of Callchart/,
    ],
  ])('says what to do about %s', async (_, id, message) => {
    const { status, stderr } = await project.run(['replay', id]);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });
});
