import type { MachineContext } from 'xstate';
import type { CallEvent } from '../call/port';
import type { FlowInput } from './run-flow';

/** What XState's `setup({ types })` wants to know of a flow. */
export interface CallTypes<Context, Event> {
  readonly context: Context;
  readonly events: CallEvent | Event;
  readonly input: FlowInput;
}

/**
 * The types of a flow that keeps something in its context, for `setup({ types: callTypes<Context>(), … })`:
 * its input is `{ call }`, its events are those of a call and, if any, the flow's own.
 */
export function callTypes<
  Context extends MachineContext = MachineContext,
  Event extends { type: string } = never,
>(): CallTypes<Context, Event> {
  // XState reads the types of this object and never its members, so it has none.
  return {} as CallTypes<Context, Event>;
}
