import { callActors, choices } from 'callchart';
import {
  hangsUp,
  hears,
  presses,
  reaches,
  says,
  simulate,
  SimulationError,
  waits,
} from 'callchart/testing';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { assign, fromCallback, fromPromise, setup, type AnyStateMachine } from 'xstate';

const own = { ...callActors, save: fromPromise<unknown, string>(() => Promise.resolve()) };

const menu = setup({ actors: callActors }).createMachine({
  id: 'menu',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', valid: ['1'] },
        onDone: choices({ '1': 'done', otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});

async function problemOf(
  flow: AnyStateMachine,
  options: Parameters<typeof simulate>[1] = {},
): Promise<string> {
  const error: unknown = await simulate(flow, { prompts: false, ...options }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SimulationError);
  expect(error).toMatchObject({ code: 'CALLCHART_SIMULATION' });
  return (error as SimulationError).message.split('\n')[0] ?? '';
}

describe('a simulation that cannot go on', () => {
  it.each([
    [
      'a prompt that never comes',
      [hears('sales', { timeout: 1_000 })],
      "hears('sales'): that did not come within 1 s. The caller heard: menu.",
    ],
    [
      'a prompt behind the end of the call',
      [hears('menu'), presses('1'), hears('goodbye')],
      "hears('goodbye'): the call was over before that. The caller heard: menu.",
    ],
    [
      'a state that does not come',
      [reaches('sales', { timeout: 1_000 })],
      "reaches('sales'): that did not come within 1 s. The flow was in: menu.",
    ],
    [
      'a key that no telephone has',
      [hears('menu'), presses('1x')],
      `presses('1x'): there is no key "x", only 0123456789*#ABCD`,
    ],
    [
      'a key in a call that is over',
      [hears('menu'), presses('1'), presses('2')],
      "presses('2'): the call was over before that. The caller heard: menu.",
    ],
  ])('says what was waited for and what came instead: %s', async (_, caller, message) => {
    expect(await problemOf(menu, { caller })).toBe(message);
  });

  it('says that nobody can press a key, or speak, before the answer', async () => {
    const ringing = setup({ actors: callActors }).createMachine({
      initial: 'ring',
      states: {
        ring: { invoke: { src: 'ring', input: { duration: 5_000 }, onDone: 'done' } },
        done: { type: 'final' },
      },
    });
    const late = 'the call has not been answered yet: let the caller hear a prompt first';
    expect(await problemOf(ringing, { caller: [presses('1')] })).toBe(`presses('1'): ${late}`);
    expect(await problemOf(ringing, { caller: [says('Hello?')] })).toBe(`says('Hello?'): ${late}`);
  });

  it('says which script goes on behind hanging up', async () => {
    expect(await problemOf(menu, { caller: [hangsUp(), waits(1)] })).toBe(
      'waits(1): the caller has hung up before that',
    );
  });

  it('lets a test fail with what a flow throws, and keeps the call when it is told to', async () => {
    const thrower = setup({
      actors: callActors,
      actions: {
        explode: () => {
          throw new Error('no such customer');
        },
      },
    }).createMachine({
      id: 'thrower',
      initial: 'first',
      states: {
        first: { invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'second' } },
        second: { entry: 'explode' },
      },
    });
    expect(await problemOf(thrower)).toBe("the flow failed in 'first': no such customer");
    const call = await simulate(thrower, { prompts: false, keepFailures: true });
    expect(call.result).toMatchObject({ type: 'failed', state: 'first' });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls thrower
        0.0  flow      first
        0.0  call      answered
        0.0  prompt    welcome
        2.0  problem   no such customer
        2.0  end       flow-error: Flow error (failed in first)"
    `);
  });

  it('ends a flow that turns in circles, at once or by actors that take no time', async () => {
    const always = setup({}).createMachine({
      initial: 'a',
      states: { a: { always: 'b' }, b: { always: 'a' } },
    });
    const circles = /^the flow failed in '.*': the flow turns in circles: 2000 steps at one moment/;
    expect(await problemOf(always)).toMatch(circles);
    const promises = setup({ actors: own }).createMachine({
      initial: 'a',
      states: {
        a: { invoke: { src: 'save', input: '', onDone: 'b' } },
        b: { invoke: { src: 'save', input: '', onDone: 'a' } },
      },
    });
    expect(await problemOf(promises)).toMatch(circles);
  });

  it('names an actor that never settles, and how to answer it', async () => {
    const stuck = setup({
      actors: { ...callActors, fetchOrder: fromPromise(() => new Promise<never>(() => undefined)) },
    }).createMachine({
      initial: 'fetch',
      states: { fetch: { invoke: { src: 'fetchOrder', onDone: 'done' } }, done: { type: 'final' } },
    });
    expect(await problemOf(stuck, { actorTimeout: 20 })).toBe(
      "the flow's own actor 'fetchOrder' has not settled within 0.02 s of real time. Give it an answer in the test: simulate(flow, { actors: { fetchOrder: () => … } })",
    );
  });

  it('says which actors there are when one is answered that is not', async () => {
    const saving = setup({ actors: own }).createMachine({
      initial: 'save',
      states: {
        save: { invoke: { src: 'save', input: '', onDone: 'done' } },
        done: { type: 'final' },
      },
    });
    expect(await problemOf(saving, { actors: { sav: () => 1 } })).toBe(
      "actors: the flow has no actor 'sav'. It has 'save'; one that is written into a state can only be answered once it is named in setup({ actors })",
    );
  });

  it('says that a time is none', async () => {
    expect(await problemOf(menu, { at: 'Sonntag 03:00' })).toBe(
      "at: 'Sonntag 03:00' is no time: write '2026-11-22T03:00' or 'Sunday 03:00', and a zone as 'Europe/Berlin'",
    );
    expect(await problemOf(menu, { at: '2026-11-22T03:00', zone: 'Mars/Base' })).toMatch(
      /in Mars\/Base is no time/,
    );
  });

  it('lets the caller of a flow that never ends give up', async () => {
    const endless = setup({ actors: callActors }).createMachine({
      id: 'endless',
      initial: 'music',
      states: { music: { invoke: { src: 'play', input: { prompt: 'music', loop: 0 } } } },
    });
    const call = await simulate(endless, { prompts: false, limit: 90_000 });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls endless
        0.0  flow      music
        0.0  call      answered
        0.0  prompt    music
       90.0  caller    gives up after 90 s
       90.0  end       the caller hung up (left in music)"
    `);
    expect(call.end.by).toBe('caller');
  });
});

describe('after every simulation', () => {
  it('nothing is left: no timer, no actor, no listener', async () => {
    let listening = 0;
    let stopped = 0;
    const busy = setup({
      types: { context: {} as { readonly told: number } },
      actors: {
        ...callActors,
        ticks: fromCallback(({ sendBack }) => {
          listening += 1;
          sendBack({ type: 'tick' });
          return () => {
            listening -= 1;
            stopped += 1;
          };
        }),
      },
    }).createMachine({
      type: 'parallel',
      context: { told: 0 },
      on: { tick: { actions: assign({ told: ({ context }) => context.told + 1 }) } },
      invoke: [{ src: 'ticks' }, { src: 'listen', input: { speech: true, tones: true } }],
      states: {
        talk: {
          initial: 'menu',
          states: {
            menu: {
              after: { 120_000: 'late' },
              invoke: { src: 'gather', input: { prompt: 'menu', firstDigitTimeout: 300_000 } },
            },
            late: {},
          },
        },
        music: { invoke: { src: 'recordCall' } },
      },
    });
    const scripts = [
      { caller: [hears('menu'), waits(5_000), hangsUp()] },
      { caller: [hears('menu'), says('Hello?', 500), presses('12')], limit: 10_000 },
      { caller: [hears('nothing', { timeout: 1_000 })] },
    ];
    for (const options of scripts) {
      const timers = jest.spyOn(VirtualClock.prototype, 'setTimeout');
      await simulate(busy, { prompts: false, ...options }).catch((error: unknown) =>
        expect(error).toBeInstanceOf(SimulationError),
      );
      const [clock] = timers.mock.contexts as VirtualClock[];
      expect(clock?.pending).toBe(0);
      timers.mockRestore();
      expect(listening).toBe(0);
    }
    expect(stopped).toBe(scripts.length);
  });
});
