import { assign, createMachine, fromCallback, fromPromise, setup } from 'xstate';
import { callActors, callTypes, choices } from 'callchart';
import { settle } from '../../runtime/core/virtual-clock';
import { expectOver, runFakeCall } from '../support/run-fake-call';

const flow = setup({ actors: callActors });

const playThenEnd = flow.createMachine({
  id: 'short',
  initial: 'hello',
  states: {
    hello: { invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'done' } },
    done: { type: 'final' },
  },
});

describe('a flow that comes to its end', () => {
  test('the first actor that needs media answers, and a final state hangs up', async () => {
    const run = runFakeCall(playThenEnd);
    await run.clock.run(1_000);
    expect(run.call.log).toEqual(['answer', 'play welcome', 'hangup']);
    expect(run.path).toEqual(['hello', 'done']);
    expect(run.result).toEqual({ type: 'final', state: 'done', settled: true });
    expectOver(run);
  });

  test('a final state before the answer ends the call, too', async () => {
    const run = runFakeCall(
      flow.createMachine({ initial: 'done', states: { done: { type: 'final' } } }),
    );
    await settle();
    expect(run.call.log).toEqual(['hangup']);
    expect(run.result).toEqual({ type: 'final', state: 'done', settled: true });
    expectOver(run);
  });

  test('the machine knows its call from the start', async () => {
    const seen: unknown[] = [];
    const machine = setup({
      types: callTypes<{ caller: string }>(),
      actors: callActors,
    }).createMachine({
      context: ({ input }) => ({ caller: input.call.from.user }),
      initial: 'done',
      states: { done: { type: 'final', entry: ({ context }) => seen.push(context.caller) } },
    });
    runFakeCall(machine);
    await settle();
    expect(seen).toEqual(['alice']);
  });

  test('the path names nested and parallel states', async () => {
    const run = runFakeCall(
      createMachine({
        initial: 'ask',
        states: {
          ask: {
            initial: 'name',
            states: { name: { after: { 10: 'number' } }, number: { after: { 10: '#both' } } },
          },
          both: {
            id: 'both',
            type: 'parallel',
            states: { left: { initial: 'a', states: { a: {} } }, right: {} },
          },
        },
      }),
    );
    await run.clock.run(20);
    expect(run.path).toEqual(['ask.name', 'ask.number', 'both.(left.a | right)']);
    run.call.hangUp();
    await settle();
    expectOver(run);
  });
});

describe('leaving a state', () => {
  test('stops its media at once', async () => {
    const run = runFakeCall(
      flow.createMachine({
        initial: 'music',
        states: {
          music: {
            invoke: { src: 'play', input: { prompt: 'music', loop: 0 } },
            after: { 2_500: 'next' },
          },
          next: { invoke: { src: 'pause', input: { duration: 1 } } },
        },
      }),
    );
    await run.clock.run(2_499);
    expect(run.call.playing).toBe(1);
    run.clock.advance(1);
    expect(run.call.playing).toBe(0);
    expect(run.call.log).toEqual(['answer', 'play music xInfinity', 'stop music']);
    run.call.hangUp();
    await settle();
    expectOver(run);
  });
});

describe('events', () => {
  const listening = setup({ types: callTypes(), actors: callActors }).createMachine({
    initial: 'music',
    states: {
      music: {
        invoke: { src: 'play', input: { prompt: 'music', loop: 0 } },
        on: { dtmf: [{ guard: ({ event }) => event.digit === '0', target: 'menu' }] },
      },
      menu: {
        invoke: {
          src: 'gather',
          input: { prompt: 'menu', maxDigits: 1 },
          onDone: choices({ digits: 'done', otherwise: 'done' }),
        },
        on: { 'call.held': 'held' },
      },
      held: { on: { 'call.resumed': 'menu' } },
      done: { type: 'final' },
    },
  });

  test('a key that no actor takes is the machine’s, if it has a use for it, and then nobody else’s', async () => {
    const run = runFakeCall(listening);
    await settle();
    run.call.press('0');
    await run.clock.run(100);
    expect(run.path).toEqual(['music', 'menu']);
    expect(run.call.playing).toBe(1);
    run.call.hangUp();
    await settle();
    expectOver(run);
  });

  test('a key that it has no use for waits for the next gather', async () => {
    const run = runFakeCall(listening);
    await settle();
    run.call.press('7');
    run.call.press('0');
    await settle();
    expect(run.path).toEqual(['music', 'menu', 'done']);
    expectOver(run);
  });

  test('hold and resume reach the machine', async () => {
    const run = runFakeCall(listening);
    await settle();
    run.call.press('0');
    await run.clock.run(10);
    run.call.emit({ type: 'call.held' });
    expect(run.call.playing).toBe(0);
    run.call.emit({ type: 'call.resumed' });
    await run.clock.run(10);
    expect(run.path).toEqual(['music', 'menu', 'held', 'menu']);
    run.call.hangUp();
    await settle();
    expectOver(run);
  });
});

describe('the caller hangs up', () => {
  test('the machine gets call.ended with who ended it and why', async () => {
    const seen: unknown[] = [];
    const machine = setup({ types: callTypes(), actors: callActors }).createMachine({
      initial: 'hello',
      states: {
        hello: {
          invoke: { src: 'play', input: { prompt: 'welcome' } },
          on: { 'call.ended': { target: 'done', actions: ({ event }) => seen.push(event) } },
        },
        done: { type: 'final' },
      },
    });
    const run = runFakeCall(machine);
    await run.clock.run(500);
    run.call.hangUp();
    await settle();
    expect(seen).toEqual([{ type: 'call.ended', by: 'caller', cause: 'bye' }]);
    expect(run.result).toEqual({ type: 'final', state: 'done', settled: true });
    expect(run.call.log).not.toContain('hangup');
    expectOver(run);
  });

  test('an actor whose state is not left resolves with hangup', async () => {
    const outcomes: unknown[] = [];
    const machine = flow.createMachine({
      initial: 'menu',
      states: {
        menu: {
          invoke: {
            src: 'gather',
            input: { prompt: 'menu' },
            onDone: choices({
              hangup: { target: 'gone', actions: ({ event }) => outcomes.push(event.output) },
              otherwise: 'menu',
            }),
          },
        },
        gone: {},
      },
    });
    const run = runFakeCall(machine);
    await run.clock.run(500);
    run.call.hangUp();
    await settle();
    expect(outcomes).toEqual([{ type: 'hangup' }]);
    expect(run.result).toEqual({ type: 'left', state: 'gone', settled: true });
    expectOver(run);
  });

  test('a flow that names no hang-up is stopped where it is', async () => {
    const run = runFakeCall(
      flow.createMachine({
        initial: 'menu',
        states: {
          menu: {
            invoke: {
              src: 'gather',
              input: {},
              onDone: choices({ '1': 'menu', otherwise: 'menu' }),
            },
          },
        },
      }),
    );
    await run.clock.run(500);
    run.call.hangUp();
    await settle();
    expect(run.result).toEqual({ type: 'left', state: 'menu', settled: true });
    expectOver(run);
  });

  test('call actors that the flow invokes afterwards never settle, and do not keep it', async () => {
    const run = runFakeCall(
      flow.createMachine({
        initial: 'hello',
        states: {
          hello: { invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'bye' } },
          bye: {
            invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' },
          },
          done: { type: 'final' },
        },
      }),
    );
    await run.clock.run(500);
    run.call.hangUp();
    await settle();
    expect(run.path).toEqual(['hello', 'bye']);
    expect(run.call.log).toEqual(['answer', 'play welcome', 'stop welcome']);
    expect(run.result).toEqual({ type: 'left', state: 'bye', settled: true });
    expectOver(run);
  });

  const saving = (duration: number) => {
    let resolve: () => void = () => undefined;
    const machine = setup({
      types: callTypes(),
      actors: {
        ...callActors,
        save: fromPromise(
          () =>
            new Promise<void>((done) => {
              resolve = done;
            }),
        ),
      },
    }).createMachine({
      initial: 'menu',
      states: {
        menu: {
          invoke: { src: 'gather', input: {}, onDone: 'menu' },
          on: { 'call.ended': 'saving' },
        },
        saving: { invoke: { src: 'save', onDone: 'thanks' } },
        thanks: { invoke: { src: 'play', input: { prompt: 'thanks' } } },
      },
    });
    const run = runFakeCall(machine);
    run.clock.setTimeout(() => resolve(), duration);
    return run;
  };

  test('what the flow does of its own is waited for', async () => {
    const run = saving(4_000);
    await run.clock.run(1_000);
    run.call.hangUp();
    await run.clock.run(2_999);
    expect(run.result).toBeUndefined();
    await run.clock.run(1);
    expect(run.result).toEqual({ type: 'left', state: 'thanks', settled: true });
    expectOver(run);
  });

  test('but not longer than settleTimeout', async () => {
    const run = saving(60_000);
    await run.clock.run(1_000);
    run.call.hangUp();
    await run.clock.run(5_000);
    expect(run.result).toEqual({ type: 'left', state: 'saving', settled: false });
    expect(run.logged).toContain('the flow was stopped: it went on after its call had ended');
  });

  test('a recording that it ends is kept', async () => {
    let path = '';
    const machine = flow.createMachine({
      initial: 'record',
      states: {
        record: {
          invoke: {
            src: 'record',
            onDone: choices({
              hangup: { actions: ({ event }) => (path = event.output.recording?.path ?? '') },
              otherwise: 'record',
            }),
          },
        },
      },
    });
    const run = runFakeCall(machine);
    await run.clock.run(3_000);
    run.call.hangUp();
    await settle();
    expect(path).toBe('/recordings/1.wav');
    expectOver(run);
  });

  test('before the flow has begun', async () => {
    const run = runFakeCall(playThenEnd);
    run.call.hangUp('cancel');
    await settle();
    expect(run.call.log).toEqual(['answer']);
    // Its onDone leads to the end whatever the outcome, and a hang-up is one.
    expect(run.result).toEqual({ type: 'final', state: 'done', settled: true });
    expectOver(run);
  });
});

describe('a flow that fails', () => {
  const apology = { apology: 'apology', lengths: { apology: 2_000 } };

  async function failing(run: ReturnType<typeof runFakeCall>, message: RegExp, state: string) {
    await run.clock.run(0);
    expect(run.call.log.at(-1)).toBe('play apology');
    await run.clock.run(2_000);
    expect(run.call.log.at(-1)).toBe('terminate flow-error');
    expect(run.call.end).toMatchObject({ by: 'system', cause: 'flow-error' });
    expect(run.result).toMatchObject({ type: 'failed', state });
    const errors = run.call.notes.filter(({ type }) => type === 'error');
    expect(errors).toMatchObject([{ state }]);
    expect(errors[0]?.['message']).toMatch(message);
    expectOver(run);
  }

  test('the apology is that of the language that the call is in by then; without one the call ends', async () => {
    const asked: (string | undefined)[] = [];
    const machine = flow.createMachine({
      initial: 'german',
      states: {
        german: { after: { 100: 'broken' } },
        broken: {
          entry: () => {
            throw new Error('no such table');
          },
        },
      },
    });
    const own = (language: string | undefined): string | undefined => {
      asked.push(language);
      return asked.length === 1 ? 'apology' : undefined;
    };
    const inGerman = async () => {
      const run = runFakeCall(machine, { ...apology, apology: own });
      Object.assign(run.call, { language: 'de' });
      await run.clock.run(100);
      return run;
    };
    await failing(await inGerman(), /no such table/, 'german');
    const silent = await inGerman();
    expect(silent.call.log.at(-1)).toBe('terminate flow-error');
    expect(asked).toEqual(['de', 'de']);
    expectOver(silent);
  });

  test('an action that throws: the caller hears the apology, then a BYE', async () => {
    const machine = flow.createMachine({
      initial: 'menu',
      states: {
        menu: { invoke: { src: 'gather', input: {}, onDone: 'broken' } },
        broken: {
          entry: () => {
            throw new Error('no such table');
          },
        },
      },
    });
    const run = runFakeCall(machine, apology);
    await settle();
    run.call.press('1#');
    await failing(run, /no such table/, 'menu');
  });

  test('an action that throws at the start', async () => {
    const machine = flow.createMachine({
      entry: () => {
        throw new Error('no such table');
      },
    });
    await failing(runFakeCall(machine, apology), /no such table/, '');
  });

  test('a context that throws', async () => {
    const machine = flow.createMachine({
      context: () => {
        throw new Error('no context');
      },
    });
    await failing(runFakeCall(machine, apology), /no context/, '');
  });

  test('an actor that fails without onError', async () => {
    const run = runFakeCall(playThenEnd, { ...apology, broken: ['welcome'] });
    await failing(run, /cannot say welcome/, 'hello');
  });

  test('an outcome without a choice', async () => {
    const machine = flow.createMachine({
      initial: 'menu',
      states: {
        menu: { invoke: { src: 'gather', input: {}, onDone: choices({ '1': 'menu' }) } },
      },
    });
    const run = runFakeCall(machine, apology);
    await settle();
    run.call.press('2#');
    await failing(run, /state 'menu' has no choice for the outcome 'digits'/, 'menu');
    expect(run.call.notes).toContainEqual(
      expect.objectContaining({ code: 'CALLCHART_FLOW_UNMATCHED_OUTCOME' }),
    );
  });

  test('stops what its other actors do', async () => {
    const machine = flow.createMachine({
      type: 'parallel',
      states: {
        music: { invoke: { src: 'echo' } },
        clock: {
          initial: 'wait',
          states: {
            wait: { after: { 1_000: 'broken' } },
            broken: {
              entry: () => {
                throw new Error('broken');
              },
            },
          },
        },
      },
    });
    const run = runFakeCall(machine, apology);
    await run.clock.run(999);
    expect(run.call.echoing).toBe(true);
    run.clock.advance(1);
    await settle();
    expect(run.call.echoing).toBe(false);
    await run.clock.run(2_000);
    expectOver(run);
  });

  test('an apology that cannot be had, or takes too long, does not keep the call', async () => {
    const broken = runFakeCall(playThenEnd, { apology: 'apology', broken: ['welcome', 'apology'] });
    await broken.clock.run(0);
    expect(broken.call.end?.cause).toBe('flow-error');
    expectOver(broken);
    const endless = runFakeCall(playThenEnd, {
      apology: 'apology',
      broken: ['welcome'],
      lengths: { apology: 100_000 },
    });
    await endless.clock.run(15_000);
    expect(endless.call.end?.cause).toBe('flow-error');
    expectOver(endless);
  });

  test('a caller who hangs up in the apology', async () => {
    const run = runFakeCall(playThenEnd, { ...apology, broken: ['welcome'] });
    await run.clock.run(500);
    run.call.hangUp();
    await settle();
    expect(run.call.end?.by).toBe('caller');
    expect(run.call.log).not.toContain('terminate flow-error');
    expectOver(run);
  });

  test('after the end of its call: the record has it, nobody hears it', async () => {
    const machine = setup({ types: callTypes(), actors: callActors }).createMachine({
      initial: 'menu',
      states: {
        menu: {
          invoke: { src: 'gather', input: {} },
          on: {
            'call.ended': {
              actions: () => {
                throw new Error('disk full');
              },
            },
          },
        },
      },
    });
    const run = runFakeCall(machine, apology);
    await settle();
    run.call.hangUp();
    await settle();
    expect(run.result).toMatchObject({ type: 'failed', state: 'menu' });
    expect(run.call.notes).toContainEqual(expect.objectContaining({ message: 'disk full' }));
    expect(run.call.log).toEqual(['answer']);
    expectOver(run);
  });

  test('with onError it goes on, and the call lives', async () => {
    const machine = flow.createMachine({
      initial: 'hello',
      states: {
        hello: { invoke: { src: 'play', input: { prompt: 'welcome' }, onError: 'else' } },
        else: { invoke: { src: 'play', input: { prompt: 'plain' }, onDone: 'done' } },
        done: { type: 'final' },
      },
    });
    const run = runFakeCall(machine, { ...apology, broken: ['welcome'] });
    await run.clock.run(1_000);
    expect(run.call.log).toEqual(['answer', 'play plain', 'hangup']);
    expectOver(run);
  });

  test('an input that cannot be is named', async () => {
    const machine = flow.createMachine({
      initial: 'menu',
      states: { menu: { invoke: { src: 'gather', input: { maxDigits: 0 } } } },
    });
    await failing(
      runFakeCall(machine, apology),
      /gather: maxDigits is 0 and must be a whole number, 1 or more/,
      'menu',
    );
  });
});

test('a flow that is stuck loses its call after maxCallDuration', async () => {
  const run = runFakeCall(flow.createMachine({ initial: 'stuck', states: { stuck: {} } }));
  await run.clock.run(4 * 3_600_000 - 1);
  expect(run.call.state).toBe('ringing');
  await run.clock.run(1);
  expect(run.call.end).toMatchObject({ by: 'system', cause: 'max-duration' });
  expect(run.result).toEqual({ type: 'left', state: 'stuck', settled: true });
  expectOver(run);
});

test('a flow whose inner machine rests after a hang-up is stopped at once, too', async () => {
  const inner = flow.createMachine({
    initial: 'ask',
    states: {
      ask: {
        invoke: { src: 'gather', input: { maxDigits: 1 }, onDone: choices({ '1': 'ask' }) },
      },
    },
  });
  const outer = setup({ actors: { inner } }).createMachine({
    initial: 'within',
    states: { within: { invoke: { src: 'inner' } } },
  });
  const run = runFakeCall(outer);
  await run.clock.run(500);
  run.call.hangUp();
  await settle();
  expect(run.result).toEqual({ type: 'left', state: 'within', settled: true });
  expectOver(run);
});

test('a callback actor ends with the flow', async () => {
  const events: string[] = [];
  const machine = setup({
    actors: {
      ...callActors,
      ticker: fromCallback(() => {
        events.push('start');
        return () => events.push('stop');
      }),
    },
  }).createMachine({
    initial: 'tick',
    states: {
      tick: { invoke: { src: 'ticker' }, after: { 1_000: 'done' } },
      done: { type: 'final' },
    },
  });
  const run = runFakeCall(machine);
  await run.clock.run(1_000);
  expect(events).toEqual(['start', 'stop']);
  expectOver(run);
});

test('a callback actor ends with a flow that fails', async () => {
  const events: string[] = [];
  const machine = setup({
    actors: {
      ticker: fromCallback(() => {
        events.push('start');
        return () => events.push('stop');
      }),
    },
  }).createMachine({
    invoke: { src: 'ticker' },
    after: {
      1_000: {
        actions: () => {
          throw new Error('broken');
        },
      },
    },
  });
  const run = runFakeCall(machine);
  await run.clock.run(1_000);
  expect(events).toEqual(['start', 'stop']);
  expectOver(run);
});

test('a machine inside the machine has the same call', async () => {
  const inner = flow.createMachine({
    id: 'inner',
    initial: 'ask',
    states: {
      ask: { invoke: { src: 'gather', input: { maxDigits: 1 }, onDone: 'done' } },
      done: { type: 'final' },
    },
  });
  const machine = setup({ actors: { inner } }).createMachine({
    context: { count: 0 },
    initial: 'inside',
    states: {
      inside: {
        invoke: {
          src: 'inner',
          onDone: { target: 'done', actions: assign({ count: 1 }) },
        },
      },
      done: { type: 'final' },
    },
  });
  const run = runFakeCall(machine);
  await settle();
  run.call.press('1');
  await settle();
  expect(run.result?.type).toBe('final');
  expectOver(run);

  const left = runFakeCall(machine);
  await settle();
  left.call.hangUp();
  await settle();
  expect(left.result?.settled).toBe(true);
  expectOver(left);
});
