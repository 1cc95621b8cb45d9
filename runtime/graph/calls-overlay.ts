import type { MachineMap } from '../flow/machine-map';
import type { Arrow, Picture } from './picture';
import { Routes } from './routes';
import { statesIn } from './state-words';

/** What a picture needs of a call record. */
export interface CallPath {
  /** The states in order, with the milliseconds since the call came. */
  readonly path: readonly { readonly state: string; readonly at: number }[];
  /** Milliseconds until its end; states that were entered then settle what the caller left behind. */
  readonly duration: number;
  readonly endedBy: 'caller' | 'flow' | 'system';
  /** The version of the flow that it went through. */
  readonly version: string;
  /** The record had no room for all of its states. */
  readonly cut: boolean;
}

/** What calls did in a flow, in numbers. */
export interface CallCounts {
  readonly calls: number;
  readonly states: ReadonlyMap<string, StateCount>;
  /** By `from` and `to`, as {@link arrowKey} joins them. */
  readonly arrows: ReadonlyMap<string, ArrowCount>;
  /** Steps that the flow as it is now does not know. */
  readonly unknown: number;
  readonly otherVersions: number;
  readonly cut: number;
}

export interface StateCount {
  /** Calls that were there. */
  readonly calls: number;
  /** How often, all calls together. */
  readonly visits: number;
  /** The flow ended the call here. */
  readonly ended: number;
  readonly hungUp: number;
  /** Cut off by the network, or by the server. */
  readonly brokeOff: number;
}

export interface ArrowCount {
  readonly times: number;
  /** More than one way leads from one recorded state to the next: each has its share. */
  readonly shared: boolean;
}

export function arrowKey(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

/** Counts calls; `version` is that of the flow as it is now. */
export function countCalls(
  map: MachineMap,
  calls: Iterable<CallPath>,
  version: string,
): CallCounts {
  const counting = new Counting(map, version);
  for (const call of calls) counting.add(call);
  return counting;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class Counting implements CallCounts {
  calls = 0;
  unknown = 0;
  otherVersions = 0;
  cut = 0;
  readonly states = new Map<string, Writable<StateCount>>();
  readonly arrows = new Map<string, Writable<ArrowCount>>();
  private readonly routes: Routes;
  private readonly known: ReadonlyMap<string, string | undefined>;

  constructor(
    map: MachineMap,
    private readonly version: string,
  ) {
    this.routes = new Routes(map);
    this.known = new Map(map.states.map(({ name, parent }) => [name, parent]));
  }

  add({ path, duration, endedBy, version, cut }: CallPath): void {
    this.calls += 1;
    if (version !== this.version) this.otherVersions += 1;
    if (cut) this.cut += 1;
    const visited = new Set<string>();
    const visit = (name: string): void => {
      // Whoever is in a state is in all that hold it.
      for (let at: string | undefined = name; at !== undefined; at = this.known.get(at)) {
        if (at !== name && visited.has(at)) continue;
        const state = this.state(at);
        state.visits += 1;
        if (!visited.has(at)) state.calls += 1;
        visited.add(at);
      }
    };
    let before: readonly string[] = [''];
    let last: readonly string[] = [];
    for (const { state, at } of path) {
      const now = statesIn(state);
      for (const name of now) {
        if (!this.known.has(name)) this.unknown += 1;
        else if (before.includes(name)) continue;
        else {
          this.move(before, name, visit);
          visit(name);
        }
      }
      before = now;
      if (endedBy !== 'caller' || at < duration || last.length === 0) last = now;
    }
    const [end] = last.filter((name) => this.known.has(name));
    if (end === undefined) return;
    const count = this.state(end);
    if (endedBy === 'caller') count.hungUp += 1;
    else if (endedBy === 'flow') count.ended += 1;
    else count.brokeOff += 1;
  }

  private move(before: readonly string[], to: string, visit: (name: string) => void): void {
    const ways = before.flatMap((from) => [...this.routes.between(from, to)]);
    if (ways.length === 0) {
      this.unknown += 1;
      return;
    }
    for (const way of ways) {
      for (const [index, { from, targets }] of way.entries()) {
        const arrow = this.arrow(from, targets[0] ?? from);
        arrow.times += 1 / ways.length;
        if (ways.length > 1) arrow.shared = true;
        // A state that was passed is counted when there is no doubt.
        if (index > 0 && ways.length === 1) visit(from);
      }
    }
  }

  private state(name: string): Writable<StateCount> {
    const count = this.states.get(name) ?? {
      calls: 0,
      visits: 0,
      ended: 0,
      hungUp: 0,
      brokeOff: 0,
    };
    this.states.set(name, count);
    return count;
  }

  private arrow(from: string, to: string): Writable<ArrowCount> {
    const key = arrowKey(from, to);
    const count = this.arrows.get(key) ?? { times: 0, shared: false };
    this.arrows.set(key, count);
    return count;
  }
}

/** Shows the numbers on states and arrows; the more calls, the wider the arrow. `since` is for the words: `since 1 May`. */
export function withCalls(picture: Picture, counts: CallCounts, since: string): Picture {
  const busiest = Math.max(1, ...[...counts.arrows.values()].map(({ times }) => times));
  const shared = [...counts.arrows.values()].some((arrow) => arrow.shared);
  return {
    ...picture,
    boxes: picture.boxes.map((box) => {
      if (box.name === '') return box;
      const count = counts.states.get(box.name);
      return count === undefined
        ? { ...box, mark: 'unused' as const }
        : { ...box, badges: badgesOf(count) };
    }),
    arrows: picture.arrows.map((arrow): Arrow => {
      const count = counts.arrows.get(arrowKey(arrow.from, arrow.to));
      if (count === undefined) return { ...arrow, mark: 'unused' };
      const times = Math.round(count.times);
      return {
        ...arrow,
        count: count.shared ? `~${times}×` : `${times}×`,
        weight: count.times / busiest,
      };
    }),
    notes: [
      ...picture.notes,
      `${plural(counts.calls, 'call')}${since === '' ? '' : ` ${since}`}`,
      ...(counts.otherVersions === 0
        ? []
        : [`${counts.otherVersions} of them went through another version of the flow`]),
      ...(counts.unknown === 0
        ? []
        : [`${plural(counts.unknown, 'step')} the flow as it is now does not have`]),
      ...(counts.cut === 0
        ? []
        : [`${plural(counts.cut, 'call')} had more steps than a record keeps`]),
      ...(shared ? ['~ more than one way leads there: each is given its share'] : []),
    ],
    marks: [...picture.marks, { mark: 'unused', text: 'no call came here' }],
  };
}

function badgesOf({ calls, visits, ended, hungUp, brokeOff }: StateCount): string[] {
  const times = visits === calls ? '' : `, ${visits} times`;
  return [
    `${plural(calls, 'call')}${times}`,
    ...(ended === 0 ? [] : [`${ended} ended here`]),
    ...(hungUp === 0 ? [] : [`${hungUp} hung up here`]),
    ...(brokeOff === 0 ? [] : [`${brokeOff} broke off here`]),
  ];
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
