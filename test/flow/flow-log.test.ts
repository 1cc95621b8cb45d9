import { assign, fromPromise, setup } from 'xstate';
import { callActors, callTypes, choices, now } from 'callchart';
import { type FlowLog, writeFlowLog } from '../../runtime/flow/flow-log';
import { settle } from '../../runtime/core/virtual-clock';
import { expectOver, runFakeCall, type FakeRun } from '../support/run-fake-call';

const flow = { name: 'menu', version: '123456789abc' };

function run(machine: Parameters<typeof runFakeCall>[0]): FakeRun & { readonly logs: FlowLog[] } {
  const logs: FlowLog[] = [];
  const started = runFakeCall(machine, { log: { flow, onLog: (log) => logs.push(log) } });
  return Object.assign(started, { logs });
}

const menu = setup({
  types: callTypes<{ readonly asked: number }>(),
  actors: {
    ...callActors,
    lookUp: fromPromise(({ input }: { input: string }) => Promise.resolve({ name: input })),
    fail: fromPromise(() => Promise.reject(Object.assign(new Error('no'), { code: 'E_NO' }))),
  },
}).createMachine({
  id: 'menu',
  context: { asked: 0 },
  initial: 'ask',
  states: {
    ask: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', maxDigits: 1 },
        onDone: choices({ '1': 'wait', otherwise: 'done' }),
      },
    },
    wait: { after: { 2_000: { target: 'look', actions: assign({ asked: () => now() }) } } },
    look: { invoke: { src: 'lookUp', input: 'bob', onDone: 'fail' } },
    fail: { invoke: { src: 'fail', onError: 'done' } },
    done: { type: 'final' },
  },
});

describe('the log of a flow', () => {
  it('has each thing that the machine was given, with its time and the state after it', async () => {
    const fake = run(menu);
    await fake.clock.run(500);
    fake.call.press('1');
    await fake.clock.run(3_000);
    await settle();
    expectOver(fake);
    const [log] = fake.logs;
    expect(fake.logs).toHaveLength(1);
    expect(log).toMatchObject({
      call: 'call-1',
      flow,
      initial: 'ask',
      omitted: 0,
      result: { type: 'final', state: 'done' },
    });
    const started = log?.started ?? 0;
    expect(log?.entries).toEqual([
      {
        type: 'event',
        at: 500,
        src: 'gather',
        event: {
          type: 'xstate.done.actor.0.menu.ask',
          actorId: '0.menu.ask',
          output: { type: 'digits', digits: '1' },
        },
        state: 'wait',
      },
      {
        type: 'event',
        at: 2_500,
        event: { type: 'xstate.after.2000.menu.wait' },
        state: 'look',
      },
      { type: 'time', at: 2_500, now: started + 2_500 },
      expect.objectContaining({
        src: 'lookUp',
        event: expect.objectContaining({ output: { name: 'bob' } }) as unknown,
        state: 'fail',
      }),
      expect.objectContaining({
        src: 'fail',
        event: expect.objectContaining({ type: 'xstate.error.actor.0.menu.fail' }) as unknown,
        state: 'done',
      }),
    ]);
  });

  it('has the hang-up, and what came of the actor that it ended', async () => {
    const fake = run(menu);
    await fake.clock.run(500);
    fake.call.hangUp();
    await settle();
    expectOver(fake);
    expect(fake.logs[0]?.result).toEqual({ type: 'left', state: 'ask' });
    expect(fake.logs[0]?.entries.map((entry) => entry.type === 'event' && entry.event)).toEqual([
      { type: 'call.ended', by: 'caller', cause: 'bye' },
      expect.objectContaining({ output: { type: 'hangup' } }),
    ]);
  });

  it('never shows digits of a sensitive gather, nor any in a state that is tagged sensitive', async () => {
    const fake = run(
      setup({ types: callTypes(), actors: callActors }).createMachine({
        id: 'pin',
        initial: 'pin',
        states: {
          pin: {
            invoke: {
              src: 'gather',
              input: () => ({ prompt: 'pin', maxDigits: 4, sensitive: true }),
              onDone: 'card',
            },
          },
          card: {
            tags: 'sensitive',
            on: { dtmf: 'again' },
          },
          again: {
            tags: 'sensitive',
            invoke: { src: 'gather', input: { maxDigits: 1 }, onDone: 'open' },
          },
          open: { invoke: { src: 'gather', input: { maxDigits: 1 }, onDone: 'done' } },
          done: { type: 'final' },
        },
      }),
    );
    for (const digits of ['4711', '8', '9', '5']) {
      await fake.clock.run(200);
      fake.call.press(digits);
    }
    await fake.clock.run(1_000);
    expectOver(fake);
    const text = writeFlowLog(fake.logs[0] as FlowLog);
    expect(text).not.toMatch(/4711|"8"|"9"/);
    const entries = (JSON.parse(text) as FlowLog).entries.filter((entry) => entry.type === 'event');
    expect(entries.map(({ redacted }) => redacted)).toEqual([true, true, true, undefined]);
    expect(entries[3]?.event['output']).toEqual({ type: 'digits', digits: '5' });
  });
});

describe('a log as a line', () => {
  const log = (output: unknown): FlowLog => ({
    ...{ call: 'c', ended: '2026-01-05T00:00:00.000Z', flow, started: 0, input: {} },
    ...{ initial: 'a', omitted: 0, result: { type: 'final', state: 'b' } },
    entries: [{ type: 'event', at: 1, event: { type: 'x', output } }],
  });
  const readBack = (output: unknown): unknown => {
    const [entry] = (JSON.parse(writeFlowLog(log(output))) as FlowLog).entries;
    return entry?.type === 'event' ? entry.event['output'] : entry;
  };

  it('writes errors with their name, message and code', () => {
    const error = Object.assign(new RangeError('far'), { code: 'E_FAR' });
    expect(readBack(error)).toEqual({ name: 'RangeError', message: 'far', code: 'E_FAR' });
  });

  it('is readable whatever an actor gave', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(readBack(12n)).toBe('12');
    expect(readBack(() => 1)).toBeUndefined();
    expect(JSON.parse(writeFlowLog(log(circle)))).toMatchObject({
      entries: [{ unreadable: true }],
    });
  });

  it('leaves the body of a long answer out, and says how long it was', () => {
    expect(readBack('x'.repeat(20_000))).toEqual({
      omitted: expect.stringMatching(/^20\d\d\d characters$/) as unknown,
    });
  });
});
