import { fromPromise, type AnyActorLogic, type AnyStateMachine } from 'xstate';
import { callActorName } from '../flow/actors';
import { SimulationError } from './simulation-error';

export type ActorFakes = Readonly<Record<string, (input: never) => unknown>>;

/** What the test answers, by the running flow: one machine serves all simulations that answer the same actors. */
const answers = new WeakMap<object, ActorFakes>();

/** Makes `fakes` answer in a running flow, whose machine comes from {@link provideActors}. */
export function answerActors(system: object, fakes: ActorFakes): void {
  answers.set(system, fakes);
}

/** By the names that are answered; to provide costs as much as half a call (test/bench/simulate.ts). */
const machines = new WeakMap<AnyStateMachine, Map<string, AnyStateMachine>>();

/**
 * The flow with some of its own actors answered by the test: also those of machines that it invokes. Throws when there
 * is none of a name.
 */
export function provideActors(flow: AnyStateMachine, fakes: ActorFakes): AnyStateMachine {
  let provided = machines.get(flow);
  if (provided === undefined) machines.set(flow, (provided = new Map<string, AnyStateMachine>()));
  const named = Object.keys(fakes).filter((name) => fakes[name] !== undefined);
  const key = JSON.stringify(named);
  let machine = provided.get(key);
  if (machine === undefined) provided.set(key, (machine = provideNamed(flow, new Set(named))));
  return machine;
}

function provideNamed(flow: AnyStateMachine, names: ReadonlySet<string>): AnyStateMachine {
  const known = new Set<string>();
  const provided = provide(flow, names, known);
  const unknown = [...names].find((name) => !known.has(name));
  if (unknown === undefined) return provided;
  const list = [...known].map((name) => `'${name}'`).join(', ');
  throw new SimulationError(
    `actors: the flow has no actor '${unknown}'. ${list === '' ? 'It has none of its own' : `It has ${list}`}; one that is written into a state can only be answered once it is named in setup({ actors })`,
    '',
  );
}

function provide(
  machine: AnyStateMachine,
  names: ReadonlySet<string>,
  known: Set<string>,
): AnyStateMachine {
  const actors: Record<string, AnyActorLogic> = {};
  const own = machine.implementations.actors as Readonly<Record<string, unknown>>;
  for (const [name, logic] of Object.entries(own)) {
    const fake = names.has(name);
    if (fake || callActorName(logic) === undefined) known.add(name);
    if (fake) {
      actors[name] = answered(name);
    } else if (isMachine(logic)) {
      const inner = provide(logic, names, known);
      if (inner !== logic) actors[name] = inner;
    }
  }
  return Object.keys(actors).length === 0 ? machine : machine.provide({ actors });
}

function answered(name: string): AnyActorLogic {
  return fromPromise(
    ({ input, system }) =>
      // Anything may come in: which input it is knows the test.
      new Promise((give) => give(answers.get(system)?.[name]?.(input as never))),
  );
}

/** A flow may have another copy of XState than we. */
export function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'provide' in logic;
}
