import { assign, fromCallback, fromPromise, setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { checkFlow } from '../../runtime/explore/check-flow';
import type { CheckOptions } from '../../runtime/explore/check-flow';
import { callActors, callTypes, choices } from '../../runtime/index';

function check(machine: AnyStateMachine, options: CheckOptions = {}) {
  const { findings } = checkFlow(
    { name: 'hostile', file: '/nowhere/hostile.flow.ts', machine },
    options,
  );
  return findings.map(({ id, state, message }) => ({ id, state, message }));
}

const play = { src: 'play', input: { prompt: { say: 'Hello.' } } } as const;

describe('a flow that means harm', () => {
  it('turns in circles without waiting: it is told so, and does not hold the check', () => {
    const machine = setup({ actors: callActors }).createMachine({
      id: 'circle',
      initial: 'a',
      states: { a: { always: 'b' }, b: { always: 'a' } },
    });
    machine.options.maxIterations = 1_000;
    expect(check(machine)).toEqual([
      { id: 'flow-throws', state: '', message: expect.stringContaining('Infinite loop') as string },
    ]);
  });

  it('has a guard that throws: the guard is told, with its state', () => {
    const machine = setup({
      types: callTypes(),
      actors: callActors,
      guards: {
        broken: () => {
          throw new Error('no such luck');
        },
      },
    }).createMachine({
      id: 'guard',
      initial: 'a',
      states: {
        a: { invoke: { ...play, onDone: { guard: 'broken', target: 'done' }, onError: 'done' } },
        done: { type: 'final' },
      },
    });
    expect(check(machine)).toEqual([
      { id: 'flow-throws', state: 'a', message: expect.stringContaining('no such luck') as string },
    ]);
  });

  it('has a context for each moment: the limit is told', () => {
    const machine = setup({
      types: callTypes<{ readonly heard: string }>(),
      actors: callActors,
    }).createMachine({
      id: 'contexts',
      context: { heard: '' },
      initial: 'menu',
      states: {
        menu: {
          invoke: {
            src: 'gather',
            input: { valid: ['1', '2'] },
            onDone: choices({
              digits: {
                target: 'menu',
                actions: assign({
                  heard: ({ context, event }) => context.heard + event.output.digits,
                }),
              },
              otherwise: 'done',
            }),
            onError: 'done',
          },
        },
        done: { type: 'final' },
      },
    });
    const findings = check(machine);
    expect(new Set(findings.map(({ id }) => id))).toEqual(new Set(['exploration-capped']));
    expect(findings[0]?.message).toContain('200 different contexts');
  });

  it('has a context that contains itself: the place is told', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    const machine = setup({
      types: callTypes<Record<string, unknown>>(),
      actors: callActors,
    }).createMachine({
      id: 'cycle',
      context: { circle },
      initial: 'a',
      states: {
        a: { invoke: { ...play, onDone: 'done', onError: 'done' } },
        done: { type: 'final' },
      },
    });
    expect(check(machine)).toEqual([
      {
        id: 'context-not-serialisable',
        state: '',
        message: 'context.circle.self is a circle, which cannot be stored.',
      },
    ]);
  });
});

describe('a flow that is right', () => {
  it('has a counter with a bound: it is no endless loop, however far the bound is', () => {
    const retrying = (most: number) =>
      setup({
        types: callTypes<{ readonly tries: number }>(),
        actors: callActors,
        guards: { mayTry: ({ context }) => context.tries < most },
      }).createMachine({
        id: 'retry',
        context: { tries: 0 },
        initial: 'dial',
        states: {
          dial: {
            entry: assign({ tries: ({ context }) => context.tries + 1 }),
            invoke: {
              src: 'dial',
              input: { to: 'alice' },
              onDone: choices({ answered: 'done', otherwise: 'again' }),
              onError: 'done',
            },
          },
          again: { always: [{ guard: 'mayTry', target: 'dial' }, { target: 'done' }] },
          done: { type: 'final' },
        },
      });
    expect(check(retrying(3))).toEqual([]);
    expect(check(retrying(500))).toEqual([]);
    expect(check(retrying(Infinity)).map(({ id }) => id)).toEqual(['endless-loop']);
  });

  it('asks its own actor, whose outputs nobody knows: both ways are taken, and nothing is wrong', () => {
    const machine = setup({
      types: callTypes(),
      actors: { ...callActors, lookUp: fromPromise(() => Promise.resolve({ known: true })) },
      guards: {
        isKnown: ({ event }) => (event as never as { output: { known: boolean } }).output.known,
      },
    }).createMachine({
      id: 'lookup',
      initial: 'lookingUp',
      states: {
        lookingUp: {
          invoke: {
            src: 'lookUp',
            onDone: [{ guard: 'isKnown', target: 'greeting' }, { target: 'done' }],
            onError: 'done',
          },
        },
        greeting: { invoke: { ...play, onDone: 'done', onError: 'done' } },
        done: { type: 'final' },
      },
    });
    expect(check(machine)).toEqual([]);
  });

  it('leaves its callback when the call is over; one that stays is told of', () => {
    const ticking = (leaves: boolean) =>
      setup({
        types: callTypes(),
        actors: { ...callActors, ticks: fromCallback(() => undefined) },
        guards: { isThere: ({ event }) => !JSON.stringify(event).includes('hangup') },
      }).createMachine({
        id: 'ticks',
        initial: 'talking',
        states: {
          talking: {
            ...(leaves ? { on: { 'call.ended': 'done' } } : {}),
            invoke: [
              { src: 'ticks', onError: 'done' },
              {
                ...play,
                onDone: { guard: 'isThere', target: 'done' },
                onError: 'done',
              },
            ],
          },
          done: { type: 'final' },
        },
      });
    expect(check(ticking(true))).toEqual([]);
    expect(check(ticking(false)).map(({ id, state }) => ({ id, state }))).toEqual([
      { id: 'hangup-unsettled', state: 'talking' },
    ]);
  });

  it('says that a finding is meant: it is reported as allowed, and an allowance for nothing as a note', () => {
    const machine = setup({ actors: callActors }).createMachine({
      id: 'music',
      initial: 'music',
      states: {
        music: {
          meta: { allow: { 'dead-end': 'an agent takes the call over', 'endless-loop': 'old' } },
          invoke: { src: 'play', input: { prompt: { say: 'La.' }, loop: 0 }, onError: 'done' },
        },
        done: { type: 'final' },
      },
    });
    const { findings } = checkFlow({ name: 'music', file: '/nowhere/music.flow.ts', machine });
    expect(findings.map(({ id, allowed }) => ({ id, allowed }))).toEqual([
      { id: 'dead-end', allowed: 'an agent takes the call over' },
      { id: 'allow-unused', allowed: undefined },
    ]);
  });
});
