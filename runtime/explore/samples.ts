import type { AnyEventObject, AnyMachineSnapshot, AnyStateNode } from 'xstate';
import type { CallInfo } from '../call/port';
import type { FlowInput } from '../flow/run-flow';
import type { HappeningActor } from './graph';

/** What the flow's own actors may give, and what its own events carry, where nobody can know. */
export interface Samples {
  /** By the name that the flow gave the actor: `{ lookUp: [{ name: 'Ann' }, null] }`. */
  readonly outcomes: Readonly<Record<string, readonly unknown[]>>;
  readonly events: readonly AnyEventObject[];
  /** Calls beside the usual one, which a guard may care for: `{ call: { user: 'alice' }, input: { order: 42 } }`. */
  readonly calls: readonly (Omit<FlowInput, 'call'> & { readonly call?: Partial<CallInfo> })[];
}

/** Those of the state, `meta: { outcomes: { save: […] } }`, before those of states above it, before all others. */
export function samplesFor(
  samples: Samples,
  snapshot: AnyMachineSnapshot,
  { src, id }: HappeningActor,
): readonly unknown[] {
  const nodes = [...(snapshot._nodes as readonly AnyStateNode[])].sort(
    (a, b) => b.path.length - a.path.length,
  );
  for (const node of nodes) {
    const given = outcomesIn(node.meta);
    const found = given?.[id] ?? given?.[src];
    if (Array.isArray(found)) return found;
  }
  return samples.outcomes[id] ?? samples.outcomes[src] ?? [];
}

function outcomesIn(meta: unknown): Readonly<Record<string, unknown>> | undefined {
  const outcomes: unknown =
    typeof meta === 'object' && meta !== null && 'outcomes' in meta ? meta.outcomes : undefined;
  return typeof outcomes === 'object' && outcomes !== null
    ? (outcomes as Readonly<Record<string, unknown>>)
    : undefined;
}

export const noSamples: Samples = { outcomes: {}, events: [], calls: [] };

/** Samples as a file has them; undefined for anything else. */
export function readSamples(value: unknown): Samples | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    outcomes = {},
    events = [],
    calls = [],
  } = value as Partial<Record<keyof Samples, unknown>>;
  if (typeof outcomes !== 'object' || outcomes === null) return undefined;
  if (!Array.isArray(events) || !Array.isArray(calls)) return undefined;
  if (!Object.values(outcomes).every((given) => Array.isArray(given))) return undefined;
  const isEvent = (event: unknown): event is AnyEventObject =>
    typeof event === 'object' &&
    event !== null &&
    'type' in event &&
    typeof event.type === 'string';
  return events.every(isEvent)
    ? { outcomes: outcomes as Samples['outcomes'], events, calls: calls as Samples['calls'] }
    : undefined;
}
