import type { AnyStateMachine } from 'xstate';
import type { Simulate } from '../simulate/port';
import { canBePlayed, scriptOf } from './call-script';
import type { CallScript } from './call-script';
import type { Exploration, Rest, Step } from './graph';

/** A call that a test makes. */
export interface CoveringCall {
  readonly script: CallScript;
  /** The states that it goes through, as the simulator saw it. */
  readonly path: readonly string[];
  /** Ids of the transitions that no call before it takes. */
  readonly covers: readonly string[];
}

export interface Covering {
  readonly calls: readonly CoveringCall[];
  /** Transitions that a call can take, and none of these calls does. */
  readonly uncovered: readonly string[];
  /** How many there are to take. */
  readonly total: number;
}

/** Steps after which a call is long enough to read. */
const longestCall = 24;

/**
 * A few calls that take each transition at least once, each tried in the simulator: what it says counts. The first ones
 * go as calls should; failures come after them.
 */
export async function coveringCalls(
  machine: AnyStateMachine,
  exploration: Exploration,
  simulate: Simulate,
): Promise<Covering> {
  const wanted = coverable(exploration);
  const left = new Set(wanted);
  const calls: CoveringCall[] = [];
  // What the simulator does not do is not tried again and again.
  const given = new Set<string>();
  // The last round takes one transition a call: whatever spoilt a longer one spoils only its own there.
  for (const [withFailures, many] of [
    [false, true],
    [true, true],
    [true, false],
  ] as const) {
    for (;;) {
      const steps = walk(
        exploration,
        (id) => left.has(id) && !given.has(id),
        (step) => canBePlayed(step) && (withFailures || !step.happening.failure),
        many ? longestCall : 1,
      );
      if (steps.length === 0) break;
      const target = steps.flatMap(({ transitions }) => transitions).find((id) => left.has(id));
      const script = scriptOf(steps);
      const call = await simulate(machine, {
        ...script,
        actors: quietActors(exploration),
        limit: 3_600_000,
      }).catch(() => undefined);
      const covers = [...new Set(call?.transitions ?? [])].filter((id) => left.has(id));
      covers.forEach((id) => left.delete(id));
      if (call !== undefined && covers.length > 0) calls.push({ script, path: call.path, covers });
      if (target !== undefined && left.has(target)) given.add(target);
    }
    given.clear();
  }
  return { calls, uncovered: [...left], total: wanted.size };
}

/** The transitions that a working flow takes: not those that `choices` has for defects, and no others that nothing takes. */
function coverable({ map, taken }: Exploration): Set<string> {
  return new Set(
    map.transitions
      .filter(({ id, choice }) => taken.has(id) && choice !== 'unmatched')
      .map(({ id }) => id),
  );
}

/** The flow's own actors do nothing in a test, unless the call says otherwise. */
export function quietActors({ map }: Exploration): Record<string, () => undefined> {
  const names = map.states.flatMap(({ invokes }) =>
    invokes.flatMap(({ src, callActor, inline }) =>
      callActor === undefined && !inline ? [src] : [],
    ),
  );
  return Object.fromEntries(names.map((name) => [name, () => undefined]));
}

/** From the beginning of a call, over and over to the nearest transition that is wanted, and then to its end. */
function walk(
  { rests }: Exploration,
  isWanted: (transition: string) => boolean,
  mayTake: (step: Step) => boolean,
  longest: number,
): Step[] {
  const seen = new Set<string>();
  const isNew = (step: Step): boolean =>
    step.transitions.some((id) => isWanted(id) && !seen.has(id));
  const beginnings = rests.filter(({ from }) => from === undefined);
  let best: Step[] = [];
  for (const beginning of beginnings) {
    const steps: Step[] = [];
    let at: Rest | undefined = beginning;
    seen.clear();
    while (at !== undefined && steps.length < longest) {
      const way = nearest(at, mayTake, isNew);
      if (way === undefined) break;
      for (const step of way) step.transitions.forEach((id) => seen.add(id));
      steps.push(...way);
      at = way.at(-1)?.to;
    }
    if (steps.length === 0) continue;
    const end: Rest | undefined = steps.at(-1)?.to;
    const rest = end === undefined ? [] : (nearest(end, mayTake, ({ to }) => isEnd(to)) ?? []);
    steps.push(...(isEnd(end) ? [] : rest));
    best = steps;
    break;
  }
  return best;
}

function isEnd(rest: Rest | undefined): boolean {
  return (
    rest !== undefined &&
    (rest.snapshot.status === 'done' || (rest.over && rest.steps.length === 0))
  );
}

/** The fewest steps that end with one of those that are looked for; hang-ups come last. */
function nearest(
  start: Rest,
  mayTake: (step: Step) => boolean,
  isIt: (step: Step) => boolean,
): Step[] | undefined {
  const ways = new Map<Rest, Step | undefined>([[start, undefined]]);
  for (const rest of ways.keys()) {
    const steps = rest.steps.filter(mayTake);
    for (const step of [...steps.filter(isLasting), ...steps.filter((one) => !isLasting(one))]) {
      const { to } = step;
      if (isIt(step)) {
        const way = [step];
        for (let at = ways.get(rest); at !== undefined; at = ways.get(at.from)) way.unshift(at);
        return way;
      }
      if (to !== undefined && !ways.has(to)) ways.set(to, step);
    }
  }
  return undefined;
}

function isLasting({ happening }: Step): boolean {
  return happening.kind !== 'hangup' && happening.kind !== 'stopped';
}
