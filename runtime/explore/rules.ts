import { describeError } from '../core/errors';
import type { StateMap } from '../flow/machine-map';
import type { Exploration, Rest, Step } from './graph';
import type { FindingId, Severity } from './port';

/** Something wrong in a flow, before it has its place in a file. */
export interface RawFinding {
  readonly id: FindingId;
  readonly severity: Severity;
  readonly state: string;
  readonly message: string;
  readonly remedy: string;
  /** Where it is seen: the call that gets there is the way to it. */
  readonly at?: Rest | Step | undefined;
  /** That call, where it is not the shortest way. */
  readonly steps?: readonly Step[];
}

/** States that no call enters; of a state with children that are not either, only the state. */
export function unreachableStates({ map, rests, reached, caps }: Exploration): RawFinding[] {
  // What was not looked at may lead there.
  if (rests.length === 0 || caps.some(({ type }) => type !== 'state')) return [];
  const isLost = ({ name, type }: StateMap): boolean => type !== 'history' && !reached.has(name);
  const lost = new Set(map.states.filter(isLost).map(({ name }) => name));
  return map.states
    .filter(({ name, parent }) => lost.has(name) && (parent === undefined || !lost.has(parent)))
    .map(({ name }) => {
      const closed = map.transitions.find(
        ({ from, guard, targets }) =>
          guard !== undefined &&
          reached.has(from) &&
          targets.some((target) => target === name || target.startsWith(`${name}.`)),
      );
      return {
        id: 'unreachable-state',
        severity: 'error',
        state: name,
        message:
          closed === undefined
            ? 'no call gets here.'
            : `no call gets here: '${closed.id}' leads here, and its guard was true in no call.`,
        remedy:
          closed === undefined
            ? 'Lead a transition to it, or take it out.'
            : 'Give a sample (docs/checking.md, "Samples") with which it is true, or take the state out.',
      };
    });
}

/** Rests that only the caller's hang-up ends. */
export function deadEnds({ rests }: Exploration): RawFinding[] {
  return firstOfEach(
    rests.filter((rest) => !rest.over && rest.explored && isDeadEnd(rest)),
    ({ place }) => place,
  ).map((rest) => ({
    id: 'dead-end',
    severity: 'error',
    state: rest.place,
    message: 'a call that is here neither ends nor goes on: only the caller can hang up.',
    remedy:
      'Give it an actor with onDone, a key that leads on, or a time limit (`after`); or make it final.',
    at: rest,
  }));
}

function isDeadEnd(rest: Rest): boolean {
  if (rest.snapshot.status !== 'active') return false;
  const ways = rest.steps.filter(
    ({ happening }) => happening.kind !== 'hangup' && happening.kind !== 'failure',
  );
  // A flow that fails there is found as such.
  return ways.every(
    ({ to, failure, happening }) =>
      failure === undefined &&
      to !== undefined &&
      !to.over &&
      to.state === rest.state &&
      happening.kind === 'event',
  );
}

/** Outcomes that no transition takes. */
export function missingOutcomes(exploration: Exploration): RawFinding[] {
  const found = stepsOf(exploration).filter(
    ({ failure, happening }) => failure?.type === 'unmatched' && !happening.guessed,
  );
  return firstOfEach(found, (step) => `${stateOf(step)} ${outcomeName(step)}`).map((step) => ({
    id: 'missing-outcome',
    severity: 'error',
    state: stateOf(step),
    message: `'${step.happening.actor?.src ?? ''}' may give '${outcomeName(step)}' (${step.happening.words}), and nothing takes it.`,
    remedy: `Name '${outcomeName(step)}' in choices({ … }), or add 'otherwise'.`,
    at: step,
  }));
}

function outcomeName({ happening }: Step): string {
  const output: unknown = happening.event['output'];
  return typeof output === 'object' && output !== null && 'type' in output
    ? String(output.type)
    : JSON.stringify(output);
}

/** Actors whose failure nothing handles. */
export function missingOnError(exploration: Exploration): RawFinding[] {
  const found = stepsOf(exploration).filter(({ failure }) => failure?.type === 'unhandled');
  return firstOfEach(found, (step) => `${stateOf(step)} ${step.happening.actor?.id ?? ''}`).map(
    (step) => ({
      id: 'no-on-error',
      severity: 'error',
      state: stateOf(step),
      message: `'${step.happening.actor?.src ?? ''}' has no onError: when it fails, the call ends with an apology.`,
      remedy: "Say where the call goes then: onError: '…'.",
      at: step,
    }),
  );
}

/** Guards, inputs and assignments that throw. */
export function throwingFlows(exploration: Exploration): RawFinding[] {
  const { stillborn } = exploration;
  if (stillborn !== undefined) {
    return [
      {
        id: 'flow-throws',
        severity: 'error',
        state: '',
        message: `it throws before the call has begun: ${oneLine(stillborn)}`,
        remedy: 'A context, an entry action or an input must not throw for any call.',
      },
    ];
  }
  const found = stepsOf(exploration).flatMap((step) =>
    step.failure?.type === 'threw' ? [{ step, error: oneLine(step.failure.error) }] : [],
  );
  return firstOfEach(found, ({ step, error }) => `${stateOf(step)} ${error}`).map(
    ({ step, error }) =>
      isFirm(step)
        ? {
            id: 'flow-throws',
            severity: 'error',
            state: stateOf(step),
            message: `a guard, an input or an assignment throws when ${step.happening.words}: ${error}`,
            remedy: 'Let it cope with what it is given.',
            at: step,
          }
        : {
            id: 'sample-needed',
            severity: 'note',
            state: stateOf(step),
            message: `what follows was not looked at, because the flow throws on an outcome that was made up (${step.happening.words}): ${error}`,
            remedy: 'Say what the actor or the event may carry: see docs/checking.md, "Samples".',
            at: step,
          },
  );
}

/** Nothing on the way to it was made up. */
function isFirm(step: Step): boolean {
  for (let at: Step | undefined = step; at !== undefined; at = at.from.from) {
    if (at.happening.guessed) return false;
  }
  return true;
}

/** Actors that are written into a state. */
export function inlineActors({ map }: Exploration): RawFinding[] {
  return map.states.flatMap(({ name, invokes }) =>
    invokes
      .filter(({ inline }) => inline)
      .map((): RawFinding => ({
        id: 'inline-actor',
        severity: 'warning',
        state: name,
        message:
          'its actor is written into the state, so that no test and no replay can take its place.',
        remedy: 'Name it in setup({ actors: { … } }), and invoke it by that name.',
      })),
  );
}

export function stepsOf({ rests }: Exploration): Step[] {
  return rests.flatMap(({ steps }) => steps);
}

function stateOf({ failure, from }: Step): string {
  return failure?.state ?? from.place;
}

export function firstOfEach<T>(list: readonly T[], key: (item: T) => string): T[] {
  const seen = new Set<string>();
  return list.filter((item) => {
    const name = key(item);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

function oneLine(error: unknown): string {
  return describeError(error).replace(/\s*\n\s*/g, ' ');
}
