import type { MachineContext } from 'xstate';
import type { CallEvent } from '../call/port';
import type { FlowInput } from './run-flow';

/** What XState's `setup({ types })` wants to know of a flow. */
export interface CallTypes<Event = never> {
  readonly events: CallEvent | Event;
  readonly input: FlowInput;
}

/** The same of one that keeps something in its context. */
export interface CallTypesWithContext<Context, Event> extends CallTypes<Event> {
  readonly context: Context;
}

/**
 * The types of a flow, for `setup({ types: callTypes<Context>(), … })`: its input is `{ call }`, its events
 * are those of a call and, if any, the flow's own.
 */
export function callTypes(): CallTypes;
export function callTypes<
  Context extends MachineContext,
  Event extends { type: string } = never,
>(): CallTypesWithContext<Context, Event>;
export function callTypes(): object {
  // XState reads the types of this object and never its members, so it has none.
  return {};
}
