import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { RealClock } from '../core/clock';

type Reader = Map<'read', (() => number) | undefined>;

/**
 * The time of the call whose machine is at work. XState has no clock for guards and actions, so whoever runs a flow
 * puts its own here while the machine takes a step; a registered symbol, because a flow may resolve 'callchart' to
 * another copy of the package than the one that serves it. The global itself is set once, and has no
 * members: Jest keeps every value that one ever had.
 */
const global = globalThis as { [key: symbol]: Reader | undefined };
const reader: Reader = (global[Symbol.for('callchart.flow.clock')] ??= new Map() as Reader);
const machineClock = new RealClock();

/** Runs `step` with `read` as what {@link now} reads; steps may be nested. */
export function withFlowTime<T>(read: () => number, step: () => T): T {
  const before = reader.get('read');
  reader.set('read', read);
  try {
    return step();
  } finally {
    reader.set('read', before);
  }
}

/** The machine, each of whose steps goes through `step`, which knows the event and the state before it. */
export function steppedMachine(
  machine: AnyStateMachine,
  step: <T>(work: () => T, event: EventObject, before: AnyMachineSnapshot) => T,
): AnyStateMachine {
  const stepped = Object.create(machine) as AnyStateMachine;
  const transition: AnyStateMachine['transition'] = (before, event: EventObject, scope) =>
    step(() => machine.transition(before, event, scope), event, before);
  return Object.assign(stepped, { transition });
}

/**
 * The time as a flow should ask for it in guards, inputs and assignments, in milliseconds since the epoch: that of the
 * simulator in a test, that of the original call in a replay, else the machine's.
 */
export function now(): number {
  return reader.get('read')?.() ?? machineClock.now();
}
