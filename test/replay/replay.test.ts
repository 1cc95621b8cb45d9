import { assign, createMachine, fromPromise, setup } from 'xstate';
import { callActors, callTypes, choices, now } from 'callchart';
import { settle } from '../../runtime/core/virtual-clock';
import { type FlowLog, writeFlowLog } from '../../runtime/flow/flow-log';
import { replay } from '../../runtime/replay/replay';
import { runFakeCall, type FakeRun } from '../support/run-fake-call';

const flow = { name: 'menu', version: '123456789abc' };
let saved = 0;

interface Changes {
  readonly valid?: readonly string[];
  readonly delay?: number;
  readonly two?: string;
  readonly records?: true;
  readonly initial?: string;
}

function machineOf({ valid = ['1', '2'], delay = 3_000, two = 'wait', ...rest }: Changes = {}) {
  return setup({
    types: callTypes<{ readonly asked: number; readonly name: string }>(),
    actors: {
      ...callActors,
      save: fromPromise(({ input }: { input: string }) => {
        saved += 1;
        return input === 'bad'
          ? Promise.reject(Object.assign(new Error('no'), { code: 'E_NO' }))
          : Promise.resolve({ name: input });
      }),
    },
    guards: { evening: () => now() % 86_400_000 > 18 * 3_600_000 },
  }).createMachine({
    id: 'menu',
    context: { asked: 0, name: '' },
    initial: rest.initial ?? 'ask',
    states: {
      ask: rest.records
        ? { invoke: { src: 'record', onDone: 'bye', onError: 'bye' } }
        : {
            invoke: {
              src: 'gather',
              input: { prompt: 'menu', valid, attempts: 2 },
              onDone: choices({ '1': 'look', '2': two, otherwise: 'bye' }),
              onError: 'bye',
            },
          },
      look: {
        invoke: {
          src: 'save',
          input: 'bob',
          onDone: { target: 'bad', actions: assign({ name: ({ event }) => event.output.name }) },
        },
      },
      bad: { invoke: { src: 'save', input: 'bad', onDone: 'bye', onError: 'wait' } },
      wait: {
        after: {
          [delay]: [
            { guard: 'evening', target: 'bye' },
            { target: 'ask', actions: assign({ asked: () => now() }) },
          ],
        },
      },
      bye: { invoke: { src: 'play', input: { prompt: 'bye' }, onDone: 'done', onError: 'done' } },
      done: { type: 'final' },
    },
  });
}

/** The log of a call, as it is read back from its file. */
async function logOf(
  act: (fake: FakeRun) => Promise<void>,
  machine = machineOf(),
): Promise<FlowLog> {
  const logs: FlowLog[] = [];
  const fake = runFakeCall(machine, { log: { flow, onLog: (log) => logs.push(log) } });
  await act(fake);
  await settle();
  return JSON.parse(writeFlowLog(logs[0] as FlowLog)) as FlowLog;
}

const pressOne = (): Promise<FlowLog> =>
  logOf(async ({ clock, call }) => {
    await clock.run(1_234);
    call.press('1');
    await clock.run(4_000);
    await clock.run(400);
    call.press('2');
    await clock.run(2_900);
    await clock.run(500);
    call.press('77');
    await clock.run(60_000);
  });

describe('a call from its log', () => {
  it('runs again event for event, with the same times and the same end', async () => {
    const log = await pressOne();
    const again = replay(machineOf(), log);
    expect(again.parting).toBeUndefined();
    expect(JSON.parse(writeFlowLog(again.log))).toEqual(log);
    expect(again.steps.map(({ at, what, now: state }) => `${at} ${what} > ${state}`)).toEqual([
      '1234 gather: 1 > look',
      '1234 save: {"name":"bob"} > bad',
      '1234 save failed: no > wait',
      '4234 3 s are over > ask',
      '5634 gather: 2 > wait',
      '8634 3 s are over > ask',
      expect.stringContaining('> bye'),
      expect.stringContaining('play: played > done'),
    ]);
  });

  it('touches nothing: actors of the flow’s own do not run again', async () => {
    const log = await pressOne();
    const before = saved;
    replay(machineOf(), log);
    expect(saved).toBe(before);
  });

  it('reads the clock as the call did', async () => {
    const log = await pressOne();
    expect(replay(machineOf(), log).context).toEqual({ asked: log.started + 8_634, name: 'bob' });
  });

  it('tells each step the times of that step, whoever else asked then', async () => {
    const log = await pressOne();
    // As a machine within the flow leaves it, which asked in a step of the flow's.
    const stray = { type: 'time', at: 0, now: 1 } as const;
    const [first, ...rest] = log.entries;
    const entries = [first, stray, ...rest].filter((entry) => entry !== undefined);
    const again = replay(machineOf(), { ...log, entries });
    expect(again.context).toEqual({ asked: log.started + 8_634, name: 'bob' });
  });

  it('ends where the caller hung up', async () => {
    const log = await logOf(async ({ clock, call }) => {
      await clock.run(300);
      call.hangUp();
    });
    const again = replay(machineOf(), log);
    expect(again.parting).toBeUndefined();
    expect(again.log.result).toEqual({ type: 'left', state: 'ask' });
    expect(again.steps.map(({ what }) => what)).toEqual(['the caller hung up', 'gather: hangup']);
  });
});

describe('a changed flow', () => {
  it.each<[string, Changes, number, RegExp]>([
    ['another target', { two: 'bye' }, 4, /goes to 'bye', and then went to 'wait'/],
    ['a key that it does not take', { valid: ['2'] }, 0, /goes to 'bye', and then went to 'look'/],
    ['a shorter time', { delay: 2_000 }, 3, /a time ran out that did not then/],
    ['a longer time', { delay: 4_000 }, 3, /no time runs out here/],
    ['another actor', { records: true }, 0, /does not wait for 'gather' here, but for 'record'/],
    ['another first state', { initial: 'wait' }, 0, /begins in another state/],
  ])('parts from what happened by %s, and says where', async (_, changes, step, reason) => {
    const { parting } = replay(machineOf(changes), await pressOne());
    expect(parting).toEqual({ step, reason: expect.stringMatching(reason) as unknown });
  });

  it('says what a gather of today makes of the keys of then', async () => {
    const { steps } = replay(machineOf({ valid: ['2'] }), await pressOne());
    expect(steps.at(-1)?.note).toBe("this flow takes '1' as invalid '1'");
  });

  it('refuses one whose actors have no names, because they would run', async () => {
    const inline = createMachine({
      initial: 'a',
      states: { a: { invoke: { src: fromPromise(() => Promise.resolve()) } } },
    });
    const log = await pressOne();
    expect(() => replay(inline, log)).toThrow(/state 'a' invokes an actor that is written into it/);
  });
});
