import type { MachineMap, StateMap, TransitionMap } from '../../flow/machine-map';
import { isKey, outcomeKind } from '../outcome';

/** Where key sequences lead, from the beginning of a call. */
export interface MenuPaths {
  /** States by keys, `1 > 2`. */
  readonly targets: ReadonlyMap<string, ReadonlySet<string>>;
  /** More were there than were followed. */
  readonly cut: boolean;
}

export const pathSeparator = ' > ';

/** A caller who presses more keys than this does not use a menu. */
const longest = 6;
const most = 5_000;

/**
 * Follows what a caller does who answers each menu with one of its keys; `digits` stands for any entry. Between menus
 * the call takes every way but those of faults and of callers who say nothing. A menu that the path has passed ends it.
 */
export function menuPaths(map: MachineMap): MenuPaths {
  const walk = new Walk(map);
  const targets = new Map<string, Set<string>>();
  interface Step {
    readonly keys: readonly string[];
    readonly at: readonly string[];
    readonly passed: ReadonlySet<string>;
  }
  let cut = false;
  const queue: Step[] = [{ keys: [], at: walk.entered(['']), passed: new Set() }];
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const menus = walk.menusFrom(step.at).filter((menu) => !step.passed.has(menu));
    const next = new Map<string, { targets: Set<string>; passed: Set<string> }>();
    for (const menu of menus) {
      for (const { choice = '', targets: to } of walk.keysOf(menu)) {
        const found = next.get(choice) ?? { targets: new Set(), passed: new Set(step.passed) };
        next.set(choice, found);
        to.forEach((target) => found.targets.add(target));
        found.passed.add(menu);
      }
    }
    for (const [key, found] of next) {
      if (step.keys.length >= longest || targets.size >= most) {
        cut = true;
        break;
      }
      const keys = [...step.keys, key];
      targets.set(keys.join(pathSeparator), found.targets);
      queue.push({ keys, at: walk.entered([...found.targets]), passed: found.passed });
    }
  }
  return { targets, cut };
}

class Walk {
  private readonly states: ReadonlyMap<string, StateMap>;
  private readonly outOf = new Map<string, TransitionMap[]>();
  private readonly children = new Map<string, string[]>();

  constructor(map: MachineMap) {
    this.states = new Map(map.states.map((state) => [state.name, state]));
    for (const transition of map.transitions) {
      const list = this.outOf.get(transition.from);
      if (list === undefined) this.outOf.set(transition.from, [transition]);
      else list.push(transition);
    }
    for (const { name, parent } of map.states) {
      if (parent !== undefined)
        this.children.set(parent, [...(this.children.get(parent) ?? []), name]);
    }
  }

  /** The states without children that are entered with these. */
  entered(names: readonly string[]): string[] {
    const found = new Set<string>();
    const seen = new Set<string>();
    const enter = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const state = this.states.get(name);
      if (state === undefined) return;
      // Whatever a history state remembers is one of its siblings.
      if (state.type === 'history') (this.children.get(state.parent ?? '') ?? []).forEach(enter);
      else if (state.initial.length > 0) state.initial.forEach(enter);
      else found.add(name);
    };
    names.forEach(enter);
    return [...found];
  }

  /** The menus that a call comes to from these states without a key. */
  menusFrom(names: readonly string[]): string[] {
    const menus = new Set<string>();
    const seen = new Set<string>();
    const queue = [...names];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (this.keysOf(name).length > 0) {
        menus.add(name);
        continue;
      }
      const ways = this.active(name).filter((transition) => this.goesOn(transition, name));
      queue.push(...this.entered(ways.flatMap(({ targets }) => [...targets])));
    }
    return [...menus];
  }

  /** What keys do in a state. */
  keysOf(name: string): TransitionMap[] {
    return this.active(name).filter(
      ({ choice, targets }) =>
        choice !== undefined && (isKey(choice) || choice === 'digits') && targets.length > 0,
    );
  }

  /** The transitions of a state and of all that it is in. */
  private active(name: string): TransitionMap[] {
    const found: TransitionMap[] = [];
    for (let at: string | undefined = name; at !== undefined; at = this.states.get(at)?.parent) {
      found.push(...(this.outOf.get(at) ?? []));
    }
    return found;
  }

  /** By itself, when nothing goes wrong. */
  private goesOn(transition: TransitionMap, leaf: string): boolean {
    const { kind, from } = transition;
    if (kind === 'always' || kind === 'after') return true;
    if (kind === 'finished') {
      const state = this.states.get(leaf);
      return state?.type === 'final' && state.parent === from;
    }
    if (kind !== 'done') return false;
    const outcome = outcomeKind(transition);
    return outcome !== 'missed' && outcome !== 'event' && transition.choice !== 'unmatched';
  }
}
