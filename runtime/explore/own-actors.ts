import type { AnyActorLogic, AnyActorRef } from 'xstate';
import { isMachine } from '../flow/check-machine';

/** How an actor of the flow's own can end. */
export type OwnActorKind =
  /** With a result, or an error. */
  | 'promise'
  /** Another machine: with its output, as its states allow. */
  | 'machine'
  /** Not by itself: a callback, an observable that may go on for ever, a transition function. */
  | 'lasting';

export function ownActorKind(actor: AnyActorRef): OwnActorKind {
  const logic: unknown = 'logic' in actor ? actor.logic : undefined;
  if (isMachine(logic)) return 'machine';
  return isPromise(logic, actor.getSnapshot()) ? 'promise' : 'lasting';
}

/** XState's actors do not say what they are; a promise's can be told by the event that its promise sends it. */
function isPromise(logic: unknown, snapshot: unknown): boolean {
  if (typeof logic !== 'object' || logic === null || !('transition' in logic)) return false;
  try {
    const next: unknown = (logic as AnyActorLogic).transition(
      snapshot,
      { type: 'xstate.promise.resolve', data: undefined },
      undefined as never,
    );
    return typeof next === 'object' && next !== null && 'status' in next && next.status === 'done';
  } catch {
    return false;
  }
}

/** What an actor was given, as its state's `input` has made it. */
export function inputOf(actor: AnyActorRef): unknown {
  const options: unknown = 'options' in actor ? actor.options : undefined;
  return typeof options === 'object' && options !== null && 'input' in options
    ? options.input
    : undefined;
}
