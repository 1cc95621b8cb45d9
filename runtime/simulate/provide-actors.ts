import { fromPromise, type AnyStateMachine } from 'xstate';
import { callActorName } from '../flow/actors';
import { SimulationError } from './simulation-error';

export type ActorFakes = Readonly<Record<string, (input: never) => unknown>>;

/**
 * The flow with some of its own actors answered by the test: also those of machines that it invokes. Throws when there
 * is none of a name.
 */
export function provideActors(flow: AnyStateMachine, fakes: ActorFakes): AnyStateMachine {
  const known = new Set<string>();
  const provided = provide(flow, fakes, known);
  const unknown = Object.keys(fakes).find((name) => !known.has(name));
  if (unknown === undefined) return provided;
  const names = [...known].map((name) => `'${name}'`).join(', ');
  throw new SimulationError(
    `actors: the flow has no actor '${unknown}'. ${names === '' ? 'It has none of its own' : `It has ${names}`}; one that is written into a state can only be answered once it is named in setup({ actors })`,
    '',
  );
}

function provide(machine: AnyStateMachine, fakes: ActorFakes, known: Set<string>): AnyStateMachine {
  const actors: Record<string, ReturnType<typeof fromPromise> | AnyStateMachine> = {};
  const own = machine.implementations.actors as Readonly<Record<string, unknown>>;
  for (const [name, logic] of Object.entries(own)) {
    const fake = Object.hasOwn(fakes, name) ? fakes[name] : undefined;
    if (fake !== undefined || callActorName(logic) === undefined) known.add(name);
    if (fake !== undefined) {
      // Anything may come in: which input it is knows the test.
      actors[name] = fromPromise(({ input }) => new Promise((give) => give(fake(input as never))));
    } else if (isMachine(logic)) {
      const inner = provide(logic, fakes, known);
      if (inner !== logic) actors[name] = inner;
    }
  }
  return Object.keys(actors).length === 0 ? machine : machine.provide({ actors });
}

/** A flow may have another copy of XState than we. */
export function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'provide' in logic;
}
