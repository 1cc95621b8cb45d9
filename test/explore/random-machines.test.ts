import fc from 'fast-check';
import { initialTransition, setup, transition } from 'xstate';
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { checkFlow, sampleCall } from '../../runtime/explore/check-flow';
import { wayTo } from '../../runtime/explore/graph';
import { callActors, choices } from '../../runtime/index';
import { stateName } from '../../runtime/flow/state-name';

/** Where each outcome of each state's gather leads, as numbers of states; -1 is the end. */
interface Plan {
  readonly one: number;
  readonly two: number;
  readonly noInput: number;
  readonly invalid: number;
  readonly error: number;
  readonly after: number | undefined;
}

const outcomes = ['one', 'two', 'noInput', 'invalid', 'error'] as const;

function plans(): fc.Arbitrary<Plan[]> {
  return fc.integer({ min: 1, max: 8 }).chain((size) => {
    const target = fc.integer({ min: -1, max: size - 1 });
    return fc.array(
      fc.record({
        one: target,
        two: target,
        noInput: target,
        invalid: target,
        error: target,
        after: fc.option(target, { nil: undefined }),
      }),
      { minLength: size, maxLength: size },
    );
  });
}

function machineOf(list: readonly Plan[]): AnyStateMachine {
  const name = (index: number): string => (index === -1 ? 'done' : `s${index}`);
  const states = list.map((plan, index) => [
    name(index),
    {
      invoke: {
        src: 'gather' as const,
        input: { valid: ['1', '2'] },
        onDone: choices({
          '1': name(plan.one),
          '2': name(plan.two),
          noInput: name(plan.noInput),
          invalid: name(plan.invalid),
        }),
        onError: { target: name(plan.error), reenter: true },
      },
      ...(plan.after === undefined
        ? {}
        : { after: { 1_000: { target: name(plan.after), reenter: true } } }),
    },
  ]);
  const config = {
    id: 'random',
    initial: 's0',
    states: { ...Object.fromEntries(states), done: { type: 'final' } } as object,
  };
  const machine: unknown = setup({ actors: callActors }).createMachine(config as never);
  return machine as AnyStateMachine;
}

function eventOf(kind: (typeof outcomes)[number] | 'after', state: string): AnyEventObject {
  const id = `0.random.${state}`;
  const done = (output: object) => ({ type: `xstate.done.actor.${id}`, output, actorId: id });
  switch (kind) {
    case 'one':
      return done({ type: 'digits', digits: '1' });
    case 'two':
      return done({ type: 'digits', digits: '2' });
    case 'noInput':
      return done({ type: 'noInput' });
    case 'invalid':
      return done({ type: 'invalid', digits: '9' });
    case 'error':
      return { type: `xstate.error.actor.${id}`, error: new Error('x'), actorId: id };
    case 'after':
      return { type: `xstate.after.1000.random.${state}` };
  }
}

describe('the explorer, with machines made at random', () => {
  it('reaches whatever a walk at random reaches, and its shortest ways lead where it says', () => {
    const steps = fc.array(fc.constantFrom(...outcomes, 'after' as const), { maxLength: 40 });
    fc.assert(
      fc.property(plans(), steps, (list, walk) => {
        const machine = machineOf(list);
        const { exploration, findings } = checkFlow({ name: 'random', file: '/nowhere', machine });
        const input = { call: sampleCall('random') };
        let [snapshot]: [AnyMachineSnapshot, unknown] = initialTransition(machine, input);
        const lost = findings
          .filter(({ id }) => id === 'unreachable-state')
          .map(({ state }) => state);
        for (const kind of walk) {
          expect(lost).not.toContain(stateName(snapshot));
          if (snapshot.status !== 'active') break;
          [snapshot] = transition(machine, snapshot, eventOf(kind, stateName(snapshot)));
        }
        // XState itself takes the steps of each way.
        for (const rest of exploration.rests) {
          let [at]: [AnyMachineSnapshot, unknown] = initialTransition(machine, input);
          for (const { happening } of wayTo(rest)) [at] = transition(machine, at, happening.event);
          expect(stateName(at)).toBe(rest.state);
        }
        // What is not said to be lost has a way.
        const known = new Set(exploration.rests.map(({ state }) => state));
        const names = [...list.map((_, index) => `s${index}`), 'done'];
        expect(names.filter((each) => !known.has(each)).sort()).toEqual([...lost].sort());
      }),
      { numRuns: 150 },
    );
  });
});
