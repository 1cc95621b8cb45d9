import type { MachineMap, StateMap, TransitionMap } from '../../flow/machine-map';
import type { PromptText } from '../describe-actor';
import { isDrawn, outcomeOf, stateText } from '../outcome';
import { plain } from '../text';
import { invokeChanges } from './compare-invokes';
import type { Difference, PathDifference, StateDifference } from './difference';
import { fingerprint } from './fingerprint';
import { matchStates, signature } from './match-states';
import type { Matching } from './match-states';
import { menuPaths, pathSeparator } from './paths';
import type { MenuPaths } from './paths';

/** Two versions of a flow, compared. */
export interface Comparison {
  readonly before: MachineMap;
  readonly after: MachineMap;
  readonly matching: Matching;
  readonly difference: Difference;
  /** Ids of transitions of the new flow that are not as they were. */
  readonly added: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
  /** Transitions of the old flow that are no more, or lead elsewhere. */
  readonly removed: readonly TransitionMap[];
}

export function compare(before: MachineMap, after: MachineMap, text: PromptText): Comparison {
  const matching = matchStates(before, after);
  const comparing = new Comparing(before, after, matching, text);
  const states = comparing.states();
  const { paths, cut } = pathChanges(menuPaths(before), menuPaths(after), matching);
  return {
    ...{ before, after, matching },
    difference: {
      title: plain(after.id),
      states,
      paths,
      other: otherChanges(before, after),
      pathsCut: cut,
    },
    added: comparing.added,
    changed: comparing.changed,
    removed: comparing.removed,
  };
}

class Comparing {
  readonly added = new Set<string>();
  readonly changed = new Set<string>();
  readonly removed: TransitionMap[] = [];

  constructor(
    private readonly before: MachineMap,
    private readonly after: MachineMap,
    private readonly matching: Matching,
    private readonly text: PromptText,
  ) {}

  /** In the order of the new flow; those that are gone come last. */
  states(): StateDifference[] {
    const { before, after, matching } = this;
    const found: StateDifference[] = [];
    for (const state of after.states) {
      const old = before.states.find(({ name }) => name === matching.oldNameOf.get(state.name));
      if (old === undefined) {
        out(after, state.name).forEach(({ id }) => this.added.add(id));
        found.push({ state: state.name, type: 'added', changes: [] });
        continue;
      }
      const changes = [
        ...stateChanges(old, state, this.matching),
        ...invokeChanges(old, state, this.text),
        ...this.transitionChanges(old, state),
      ];
      // A child of a state that was renamed is not worth a line of its own.
      const renamed = old.name !== state.name && keyOf(old) !== keyOf(state);
      const moved = this.hasMoved(old, state);
      if (changes.length > 0 || renamed || moved) {
        const from = renamed || moved ? { renamedFrom: old.name } : {};
        found.push({ state: state.name, type: 'changed', ...from, changes });
      }
    }
    for (const state of before.states) {
      if (matching.newNameOf.has(state.name)) continue;
      this.removed.push(...out(before, state.name));
      found.push({ state: state.name, type: 'removed', changes: [] });
    }
    return found;
  }

  private hasMoved(old: StateMap, state: StateMap): boolean {
    return (
      old.parent !== undefined && (this.matching.newNameOf.get(old.parent) ?? '?') !== state.parent
    );
  }

  private transitionChanges(old: StateMap, state: StateMap): string[] {
    const changes: string[] = [];
    const oldOnes = keyed(out(this.before, old.name));
    const newOnes = keyed(out(this.after, state.name));
    for (const [key, now] of newOnes) {
      const was = oldOnes.get(key);
      if (was === undefined) {
        this.added.add(now.id);
        changes.push(`${this.subject(now, this.after)} is new: ${leads(now)}`);
        continue;
      }
      const expected = was.targets.map(
        (name) => this.matching.newNameOf.get(name) ?? `${name} (gone)`,
      );
      if (expected.join() !== now.targets.join()) {
        this.added.add(now.id);
        this.removed.push(was);
        changes.push(`${this.subject(now, this.after)} ${leads(now)}, and ${led(was)} before`);
      } else if (was.reenter !== now.reenter) {
        this.changed.add(now.id);
        changes.push(
          `${this.subject(now, this.after)} ${now.reenter ? 'enters its state anew' : 'no longer enters its state anew'}`,
        );
      }
      if (fingerprint(was.definition.actions) !== fingerprint(now.definition.actions)) {
        this.changed.add(now.id);
        changes.push(`${this.subject(now, this.after)} does something else on the way`);
      }
    }
    for (const [key, was] of oldOnes) {
      if (newOnes.has(key)) continue;
      this.removed.push(was);
      changes.push(`${this.subject(was, this.before)} is gone: ${led(was)}`);
    }
    const kept = (all: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string =>
      [...all.keys()].filter((key) => other.has(key)).join('\n');
    if (kept(oldOnes, newOnes) !== kept(newOnes, oldOnes)) {
      changes.push('its ways are tried in another order');
    }
    return changes;
  }

  /** `key 1`, `no input`, `error`; what goes without saying is said here. */
  private subject(transition: TransitionMap, map: MachineMap): string {
    const { text, kind } = outcomeOf(transition, map);
    if (text === '') return transition.kind === 'always' ? 'its way on' : 'done';
    return kind === 'key' ? `key ${text}` : text;
  }
}

function stateChanges(old: StateMap, state: StateMap, { newNameOf }: Matching): string[] {
  const changes: string[] = [];
  if (old.type !== state.type) changes.push(`is ${state.type}, and was ${old.type}`);
  const began = old.initial.map((name) => newNameOf.get(name) ?? name);
  if (old.type !== 'parallel' && began.join() !== state.initial.join()) {
    changes.push(`begins with ${names(state.initial)}, and began with ${names(old.initial)}`);
  }
  const [oldTags, newTags] = [new Set(old.tags), new Set(state.tags)];
  for (const tag of newTags) if (!oldTags.has(tag)) changes.push(`has the tag ${tag}`);
  for (const tag of oldTags) if (!newTags.has(tag)) changes.push(`no longer has the tag ${tag}`);
  if (old.description !== state.description) changes.push('is described in other words');
  for (const moment of ['entry', 'exit'] as const) {
    if (fingerprint(old.node[moment]) !== fingerprint(state.node[moment])) {
      changes.push(`does something else on ${moment}`);
    }
  }
  return changes;
}

/** Conditions, delays and actors of the flow's own, whose code has changed under the same name. */
function otherChanges(before: MachineMap, after: MachineMap): string[] {
  const changes: string[] = [];
  const machines = [before, after].map(({ states }) => states[0]?.node.machine.implementations);
  const [old, now] = machines;
  if (old === undefined || now === undefined) return [];
  const kinds = {
    guards: 'condition',
    actions: 'action',
    delays: 'delay',
    actors: 'actor',
  } as const;
  for (const [kind, word] of Object.entries(kinds)) {
    const [olds, nows] = [membersOf(old, kind), membersOf(now, kind)];
    for (const [name, value] of nows) {
      const was = olds.get(name);
      if (was !== undefined && fingerprint(was) !== fingerprint(value)) {
        changes.push(`the ${word} ${plain(name)} is written in another way`);
      }
    }
  }
  return changes;
}

function membersOf(implementations: object, kind: string): Map<string, unknown> {
  const members: unknown = Object.entries(implementations).find(([key]) => key === kind)?.[1];
  return new Map(typeof members === 'object' && members !== null ? Object.entries(members) : []);
}

function pathChanges(
  before: MenuPaths,
  after: MenuPaths,
  { newNameOf }: Matching,
): { readonly paths: PathDifference[]; readonly cut: boolean } {
  const paths: PathDifference[] = [];
  const told = new Set<string>();
  const all = [...new Set([...after.targets.keys(), ...before.targets.keys()])];
  // The shorter first: what lies behind a key that leads elsewhere goes without saying.
  const lengthOf = (path: string): number => path.split(pathSeparator).length;
  for (const path of all.sort((a, b) => lengthOf(a) - lengthOf(b) || (a < b ? -1 : 1))) {
    const keys = path.split(pathSeparator);
    const behind = keys.some((_, index) => told.has(keys.slice(0, index).join(pathSeparator)));
    if (behind) continue;
    const was = [...(before.targets.get(path) ?? [])].sort();
    const is = [...(after.targets.get(path) ?? [])].sort();
    const expected = was.map((name) => newNameOf.get(name) ?? `${name} (gone)`).sort();
    if (expected.join() === is.join()) continue;
    told.add(path);
    paths.push({ keys, before: was, after: is });
  }
  return { paths, cut: before.cut || after.cut };
}

function out({ transitions }: MachineMap, state: string): TransitionMap[] {
  return transitions.filter((transition) => transition.from === state && isDrawn(transition));
}

/** Two with one signature (two conditions without a name) are counted. */
function keyed(transitions: readonly TransitionMap[]): Map<string, TransitionMap> {
  const found = new Map<string, TransitionMap>();
  for (const transition of transitions) {
    let key = signature(transition);
    for (let count = 2; found.has(key); count += 1) key = `${signature(transition)} #${count}`;
    found.set(key, transition);
  }
  return found;
}

function leads({ targets }: TransitionMap): string {
  return targets.length === 0 ? 'stays' : `leads to ${names(targets)}`;
}

function led({ targets }: TransitionMap): string {
  return targets.length === 0 ? 'stayed' : `led to ${names(targets)}`;
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'nothing' : list.map((name) => plain(stateText(name))).join(' and ');
}

function keyOf({ name, parent }: StateMap): string {
  return parent === undefined || parent === '' ? name : name.slice(parent.length + 1);
}
