import type { AnyActorLogic, AnyActorRef, AnyStateMachine } from 'xstate';
import { mapMachine } from '../flow/machine-map';
import type { GivenOutcome } from './port';
import { SimulationError } from './simulation-error';

/** Actors that were told to wait: nothing real will come of them. */
const waiting = new WeakSet<AnyActorRef>();

/** Whether the test has the actor wait until its state is left. */
export function isGivenToWait(actor: AnyActorRef): boolean {
  return waiting.has(actor);
}

type Given = Readonly<Record<string, readonly GivenOutcome[]>>;

/** The flow with actors that come to what the test says, each time that their state is entered, in place of running. */
export function giveOutcomes(flow: AnyStateMachine, given: Given): AnyStateMachine {
  const stateOf = new Map<string, string>();
  for (const { name, invokes } of mapMachine(flow).states) {
    for (const { id } of invokes) stateOf.set(id, name);
  }
  const known = new Set([...stateOf].flat());
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new SimulationError(`outcomes: the flow has no state '${unknown}' with an actor`, '');
  }
  const times = new Map<string, number>();
  const next = ({ id }: AnyActorRef): GivenOutcome => {
    const time = times.get(id) ?? 0;
    times.set(id, time + 1);
    return (given[id] ?? given[stateOf.get(id) ?? ''])?.[time] ?? 'runs';
  };
  const own = flow.implementations.actors as Readonly<Record<string, AnyActorLogic>>;
  const actors = Object.entries(own).map(([name, logic]) => [name, obeying(logic, next)] as const);
  return flow.provide({ actors: Object.fromEntries(actors) });
}

function obeying(logic: AnyActorLogic, next: (actor: AnyActorRef) => GivenOutcome): AnyActorLogic {
  const start: AnyActorLogic['start'] = (snapshot, scope) => {
    const outcome = next(scope.self as AnyActorRef);
    if (outcome === 'waits') waiting.add(scope.self as AnyActorRef);
    if (outcome === 'runs') logic.start?.(snapshot, scope);
    if (typeof outcome === 'string') return;
    // As a promise of its own would: when the machine has taken its step.
    queueMicrotask(() => {
      const event =
        'fails' in outcome
          ? { type: 'xstate.promise.reject', data: new Error(outcome.fails) }
          : { type: 'xstate.promise.resolve', data: outcome.gives };
      (scope.self as AnyActorRef).send(event);
    });
  };
  return { ...logic, start };
}
