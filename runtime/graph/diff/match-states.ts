import type { MachineMap, StateMap, TransitionMap } from '../../flow/machine-map';
import { fingerprint } from './fingerprint';

/** Which state of the old machine has become which of the new. Machines themselves match: '' is ''. */
export interface Matching {
  readonly newNameOf: ReadonlyMap<string, string>;
  readonly oldNameOf: ReadonlyMap<string, string>;
}

/** Two states whose likeness is below this are not one that was renamed. */
const leastLikeness = 0.6;

/** By name first; what is left over on both sides, by what it does and where it leads. */
export function matchStates(before: MachineMap, after: MachineMap): Matching {
  const newNameOf = new Map<string, string>();
  const oldNameOf = new Map<string, string>();
  const match = (old: string, now: string): void => {
    newNameOf.set(old, now);
    oldNameOf.set(now, old);
  };
  const oldStates = new Map(before.states.map((state) => [state.name, state]));
  const newStates = new Map(after.states.map((state) => [state.name, state]));
  const matchNames = (): void => {
    // Parents come first, so that the children of a renamed state are found below its new name.
    for (const { name, parent } of before.states) {
      if (newNameOf.has(name)) continue;
      const newParent = parent === undefined ? undefined : newNameOf.get(parent);
      const key = parent === undefined || parent === '' ? name : name.slice(parent.length + 1);
      const expected = newParent === undefined || newParent === '' ? key : `${newParent}.${key}`;
      const found = parent !== undefined && newParent === undefined ? name : expected;
      if (newStates.has(found) && !oldNameOf.has(found)) match(name, found);
    }
  };
  matchNames();
  for (;;) {
    const best = mostAlike(before, after, newNameOf, oldNameOf);
    if (best === undefined) break;
    match(best.old, best.now);
    if (oldStates.get(best.old)?.type !== 'atomic') matchNames();
  }
  return { newNameOf, oldNameOf };
}

function mostAlike(
  before: MachineMap,
  after: MachineMap,
  newNameOf: ReadonlyMap<string, string>,
  oldNameOf: ReadonlyMap<string, string>,
): { readonly old: string; readonly now: string } | undefined {
  const gone = before.states.filter(({ name }) => !newNameOf.has(name));
  const added = after.states.filter(({ name }) => !oldNameOf.has(name));
  let best: { readonly old: string; readonly now: string; readonly likeness: number } | undefined;
  for (const old of gone) {
    for (const now of added) {
      const likeness = likenessOf(old, now, before, after, newNameOf);
      if (likeness >= leastLikeness && likeness > (best?.likeness ?? 0)) {
        best = { old: old.name, now: now.name, likeness };
      }
    }
  }
  return best;
}

function likenessOf(
  old: StateMap,
  now: StateMap,
  before: MachineMap,
  after: MachineMap,
  newNameOf: ReadonlyMap<string, string>,
): number {
  if (old.type !== now.type) return 0;
  const renamed = (name: string): string =>
    name === old.name ? now.name : (newNameOf.get(name) ?? name);
  const oldOut = before.transitions.filter(({ from }) => from === old.name);
  const newOut = after.transitions.filter(({ from }) => from === now.name);
  const oldIn = before.transitions.filter(({ targets }) => targets.includes(old.name));
  const newIn = after.transitions.filter(({ targets }) => targets.includes(now.name));
  const out = shared(
    oldOut.map((each) => `${signature(each)} ${each.targets.map(renamed).join()}`),
    newOut.map((each) => `${signature(each)} ${each.targets.join()}`),
  );
  const into = shared(
    oldIn.map((each) => `${renamed(each.from)} ${signature(each)}`),
    newIn.map((each) => `${each.from} ${signature(each)}`),
  );
  const does = shared(
    old.invokes.map((invoke) => `${invoke.src} ${fingerprint(invoke.input)}`),
    now.invokes.map((invoke) => `${invoke.src} ${fingerprint(invoke.input)}`),
  );
  const kind = shared(
    old.invokes.map(({ src }) => src),
    now.invokes.map(({ src }) => src),
  );
  // A state that does something else, or asks something else from elsewhere, is another one.
  if (kind === 0) return 0;
  return 0.35 * does + 0.15 * kind + 0.3 * out + 0.2 * into;
}

/** What a transition is, wherever it stands: `done 1`, `event call.ended`. */
export function signature({ kind, choice, guard, event, invoke, from }: TransitionMap): string {
  const what =
    kind === 'done' || kind === 'error'
      ? [kind, invoke === undefined ? '' : actorIndex(invoke, from), choice ?? '']
      : kind === 'finished'
        ? [kind]
        : kind === 'after'
          ? [kind, event.split('.')[2] ?? '']
          : [kind, event];
  return [...what, guard === undefined ? '' : `[${guard}]`].filter((part) => part !== '').join(' ');
}

/** XState names an actor by its state unless the flow does; of such a name only the number says something. */
function actorIndex(invoke: string, from: string): string {
  return invoke.endsWith(from) ? (/^\d+/.exec(invoke)?.[0] ?? invoke) : invoke;
}

/** 0 to 1: how much of both lists is in both. Two empty ones are the same. */
function shared(a: readonly string[], b: readonly string[]): number {
  const all = new Set([...a, ...b]);
  if (all.size === 0) return 1;
  return [...all].filter((each) => a.includes(each) && b.includes(each)).length / all.size;
}
