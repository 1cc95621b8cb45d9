import type { MachineMap, StateMap, TransitionMap } from '../flow/machine-map';
import { isDrawn } from './outcome';

/** States that a call passes within one step are in no record: more of them than this in a row are not looked for. */
const longest = 8;
const most = 50;

/** Ways by which a call may have come from one state to the next that its record names. */
export class Routes {
  private readonly states: ReadonlyMap<string, StateMap>;
  private readonly outOf = new Map<string, TransitionMap[]>();
  private readonly found = new Map<string, readonly (readonly TransitionMap[])[]>();

  constructor(map: MachineMap) {
    this.states = new Map(map.states.map((state) => [state.name, state]));
    for (const transition of map.transitions.filter(isDrawn)) {
      const list = this.outOf.get(transition.from);
      if (list === undefined) this.outOf.set(transition.from, [transition]);
      else list.push(transition);
    }
  }

  /**
   * Each way as its transitions, without two that lead along the same arrows; the shortest alone. `from` is '' for
   * the beginning of a call. Empty when there is none.
   */
  between(from: string, to: string): readonly (readonly TransitionMap[])[] {
    const key = JSON.stringify([from, to]);
    let routes = this.found.get(key);
    if (routes === undefined) {
      routes = this.search(from, to);
      this.found.set(key, routes);
    }
    return routes;
  }

  private search(from: string, to: string): (readonly TransitionMap[])[] {
    const first = from === '' ? [] : this.active(from).filter(({ kind }) => kind !== 'always');
    let ways: (readonly TransitionMap[])[] = first.map((transition) => [transition]);
    if (from === '') {
      const begun = this.leaves(['']);
      if (begun.includes(to)) return [[]];
      ways = begun.flatMap((leaf) => this.atOnce(leaf).map((transition) => [transition]));
    }
    for (let length = 0; length < longest && ways.length > 0; length += 1) {
      const arrived = ways.filter((way) => this.leaves(way.at(-1)?.targets ?? []).includes(to));
      if (arrived.length > 0) return distinct(arrived);
      ways = ways
        .flatMap((way) => {
          const leaves = this.leaves(way.at(-1)?.targets ?? []);
          return leaves.flatMap((leaf) => this.atOnce(leaf).map((next) => [...way, next]));
        })
        .slice(0, most);
    }
    return [];
  }

  /** Taken before anything else can happen. */
  private atOnce(leaf: string): TransitionMap[] {
    const state = this.states.get(leaf);
    return this.active(leaf).filter(
      ({ kind, from }) =>
        kind === 'always' ||
        (kind === 'finished' && state?.type === 'final' && state.parent === from),
    );
  }

  private active(name: string): TransitionMap[] {
    const found: TransitionMap[] = [];
    for (let at: string | undefined = name; at !== undefined; at = this.states.get(at)?.parent) {
      found.push(...(this.outOf.get(at) ?? []));
    }
    return found;
  }

  /** What a record names: the states without children. */
  private leaves(names: readonly string[]): string[] {
    return names.flatMap((name) => {
      const state = this.states.get(name);
      if (state === undefined) return [];
      if (state.type === 'history') {
        return [...this.states.values()]
          .filter(({ parent, type }) => parent === state.parent && type !== 'history')
          .flatMap((sibling) => this.leaves([sibling.name]));
      }
      return state.initial.length === 0 ? [name] : this.leaves(state.initial);
    });
  }
}

function distinct(ways: readonly (readonly TransitionMap[])[]): (readonly TransitionMap[])[] {
  const found = new Map<string, readonly TransitionMap[]>();
  for (const way of ways) {
    const arrows = JSON.stringify(way.map(({ from, targets }) => [from, targets[0]]));
    if (!found.has(arrows)) found.set(arrows, way);
  }
  return [...found.values()];
}
