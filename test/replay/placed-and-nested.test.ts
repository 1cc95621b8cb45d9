import { callActors, callTypes, choices, now } from 'callchart';
import { assign, sendParent, setup } from 'xstate';
import { settle } from '../../runtime/core/virtual-clock';
import { type FlowLog, writeFlowLog } from '../../runtime/flow/flow-log';
import type { MachineResult } from '../../runtime/media/port';
import { replay } from '../../runtime/replay/replay';
import { scriptOf } from '../../runtime/replay/to-script';
import { simulate } from '../../runtime/simulate/simulate';
import { runFakeCall, type FakeRun } from '../support/run-fake-call';

const flow = { name: 'reminder', version: '123456789abc' };

/** Asks for a day until there is one: a machine of its own, with call actors of its own. */
const asking = setup({
  types: { output: {} as { readonly day: string } },
  actors: callActors,
}).createMachine({
  id: 'asking',
  initial: 'question',
  states: {
    question: {
      entry: sendParent({ type: 'asked' }),
      invoke: {
        src: 'gather',
        input: { prompt: 'which-day', maxDigits: 1, attempts: 1 },
        onDone: choices({ digits: 'done', otherwise: 'question' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
  output: { day: 'Monday' },
});

interface Reminder {
  readonly who: MachineResult['type'] | undefined;
  readonly day: string;
  readonly asked: number;
  readonly at: number;
}

const machine = setup({
  types: callTypes<Reminder>(),
  actors: { ...callActors, asking },
  actions: { count: assign({ asked: ({ context }) => context.asked + 1 }) },
  guards: {
    machine: ({ context }) => context.who === 'machine',
  },
}).createMachine({
  id: 'reminder',
  context: ({ input }) => ({ who: input.answeredBy?.type, day: '', asked: 0, at: 0 }),
  initial: 'who',
  on: {
    '*': { actions: 'count' },
  },
  states: {
    who: { always: [{ guard: 'machine', target: 'bye' }, 'asking'] },
    asking: {
      invoke: {
        src: 'asking',
        onDone: {
          target: 'bye',
          actions: assign({ day: ({ event }) => event.output.day, at: () => now() }),
        },
        onError: 'bye',
      },
    },
    bye: { invoke: { src: 'play', input: { prompt: 'bye' }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});

async function logOf(
  answeredBy: MachineResult,
  act: (fake: FakeRun) => Promise<void>,
): Promise<FlowLog> {
  const logs: FlowLog[] = [];
  const fake = runFakeCall(machine, {
    input: { order: 7 },
    answeredBy,
    log: { flow, onLog: (log) => logs.push(log) },
  });
  await act(fake);
  await settle();
  return JSON.parse(writeFlowLog(logs[0] as FlowLog)) as FlowLog;
}

const human: MachineResult = { type: 'human', reason: 'short-greeting', decidedAt: 1_500 };
const recorder: MachineResult = { type: 'machine', reason: 'long-greeting', decidedAt: 3_000 };

describe('a call that was placed, into a flow with a machine of its own', () => {
  it('is replayed with what it was given and who answered; what the inner machine did is its outcome', async () => {
    const log = await logOf(human, async ({ clock, call }) => {
      await clock.run(8_000);
      call.press('3');
      await clock.run(30_000);
    });
    expect(log.input).toMatchObject({ input: { order: 7 }, answeredBy: human });
    const again = replay(machine, log);
    expect(again.parting).toBeUndefined();
    expect(JSON.parse(writeFlowLog(again.log))).toEqual(log);
    expect(again.context).toMatchObject({ day: 'Monday', asked: 2, who: 'human' });
    expect((again.context as Reminder).at).toBe(log.started + 8_000);
  });

  it('is replayed as one that a machine has answered', async () => {
    const log = await logOf(recorder, ({ clock }) => clock.run(10_000));
    const again = replay(machine, log);
    expect(again.parting).toBeUndefined();
    expect(again.context).toMatchObject({ who: 'machine', asked: 0 });
  });

  it('is a test that begins as the call did', async () => {
    const log = await logOf(recorder, ({ clock }) => clock.run(10_000));
    const { options, path } = scriptOf(log, replay(machine, log));
    expect(options).toMatchObject({ input: { order: 7 }, answeredBy: recorder });
    const call = await simulate(machine, { ...options, prompts: false });
    expect(call.path).toEqual(path);
  });
});
