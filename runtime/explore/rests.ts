import type { AnyActorRef, AnyMachineSnapshot, AnyStateNode } from 'xstate';
import { callActorName } from '../flow/actors';
import { stateName } from '../flow/state-name';
import { growth, grown, visitsBefore } from './context-rules';
import type { Cap, Rest, Step } from './graph';
import { contentKey } from './identity';
import { inputOf, ownActorKind } from './own-actors';
import { childrenOf, type PureMachine, withContext } from './pure-machine';
import type { Timer } from './timers';

/** How many rounds of a counter are followed one by one, and how many are then taken at once. */
const roundsFollowed = 50;
const farRounds = 1_000_000;

/** What a rest is beside what the graph says of it. */
export interface Inside extends Rest {
  readonly timers: readonly Timer[];
  /** Actors that are done while their state goes on, by id. */
  readonly finished: ReadonlyMap<string, AnyActorRef>;
  /** Reads the time of its call. */
  readonly pure: PureMachine;
  /** Call actors that ran when the call ended, in order, and have not told so. */
  readonly stopping: readonly (readonly [string, AnyActorRef])[];
}

/** What one event has made of a rest. */
export type Reached = Pick<
  Inside,
  'snapshot' | 'timers' | 'finished' | 'over' | 'stopping' | 'pure' | 'call'
>;

export interface RestsOptions {
  /** Rests with one state and different contexts; further ones are left out. */
  readonly maxPerState: number;
  readonly maxTotal: number;
  /** A machine in a call that is over, which waits for its call actors only. */
  readonly isParked: (ref: AnyActorRef) => boolean;
}

/** All rests of a machine that were found, each once, and the limits at which some were left out. */
export class Rests {
  readonly all: Inside[] = [];
  readonly caps = new Map<string, Cap>();
  private readonly byKey = new Map<string, Inside>();
  private readonly perState = new Map<string, number>();
  /** Rests whose counters were put far ahead. */
  private readonly ahead = new Set<Rest>();

  constructor(private readonly options: RestsOptions) {}

  /** The rest that something leads to: a new one, or one that is known. */
  reach(reached: Reached, from?: Step): Inside | undefined {
    const { snapshot, over } = reached;
    const state = stateName(snapshot);
    const key = this.keyOf(reached);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const { maxPerState, maxTotal } = this.options;
    const where = `${over ? 'over ' : ''}${state} ${reached.call.words}`;
    const count = this.perState.get(where) ?? 0;
    if (count >= roundsFollowed && from !== undefined) {
      const far = this.farAhead(reached, state, from);
      if (far !== undefined) return far;
    }
    if (count >= maxPerState) {
      this.caps.set(where, { type: 'state', state: placeOf(snapshot), limit: maxPerState });
      // A context that has grown so long grows for ever: the way leads back to where it was.
      const visits = visitsBefore(from?.from, state, over);
      return visits.length > maxPerState / 4 ? (visits[0] as Inside) : undefined;
    }
    if (this.all.length >= maxTotal) {
      this.caps.set('total', { type: 'total', limit: maxTotal });
      return undefined;
    }
    this.perState.set(where, count + 1);
    return this.add(reached, state, key, from);
  }

  /**
   * A counter that is still counting after so many rounds is put far ahead, where every bound is behind it, and
   * from there on it stands: what happens in between was seen, and what happens beyond is seen as well.
   */
  private farAhead(reached: Reached, state: string, from: Step): Inside | undefined {
    const { snapshot, over } = reached;
    const visits = visitsBefore(from.from, state, over) as Inside[];
    const [last, before] = visits;
    if (last === undefined || before === undefined) return undefined;
    const step = growth(last.snapshot.context, snapshot.context);
    if (step === undefined) return undefined;
    const ahead = visits.find((visit) => this.ahead.has(visit));
    if (ahead !== undefined) return ahead;
    const earlier = growth(before.snapshot.context, last.snapshot.context);
    const isSteady = [...step].every(([path, by]) => earlier?.get(path) === by);
    if (!isSteady) return undefined;
    const context = grown(snapshot.context, step, farRounds);
    const far: Reached = { ...reached, snapshot: withContext(snapshot, context) };
    const key = this.keyOf(far);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const rest = this.add(far, state, key, from);
    this.ahead.add(rest);
    return rest;
  }

  private add(reached: Reached, state: string, key: string, from: Step | undefined): Inside {
    const { snapshot, finished, over } = reached;
    const own = childrenOf(snapshot).filter(([id, ref]) => {
      const logic: unknown = 'logic' in ref ? ref.logic : undefined;
      return finished.get(id) !== ref && callActorName(logic) === undefined;
    });
    const busy = own.filter(([, ref]) => !over || !this.options.isParked(ref));
    const lasting = own.filter(([, ref]) => ownActorKind(ref) === 'lasting');
    const rest: Inside = {
      ...reached,
      index: this.all.length,
      state,
      place: placeOf(snapshot),
      depth: from === undefined ? 0 : from.from.depth + 1,
      from,
      busy: busy.map(([id]) => id),
      lasting: lasting.map(([id]) => id),
      explored: false,
      steps: [],
    };
    this.all.push(rest);
    this.byKey.set(key, rest);
    return rest;
  }

  private keyOf({ snapshot, timers, finished, over, stopping, call }: Reached): string {
    const inputs = childrenOf(snapshot).map(([id, ref]) => [id, inputOf(ref)]);
    const history = Object.entries(snapshot.historyValue as Readonly<Record<string, unknown>>).map(
      ([id, nodes]) => [id, (nodes as readonly { readonly id: string }[]).map((node) => node.id)],
    );
    return contentKey([
      snapshot.status,
      snapshot.value,
      snapshot.context,
      history,
      inputs,
      timers.map(({ id, delay, since }) => [id, delay, since]),
      [...finished.keys()],
      over,
      call.time,
      stopping.map(([id]) => id),
    ]);
  }
}

/** The innermost state that holds all that a snapshot is in. */
function placeOf(snapshot: AnyMachineSnapshot): string {
  const atomic = (snapshot._nodes as readonly AnyStateNode[]).filter(
    ({ type }) => type === 'atomic' || type === 'final',
  );
  const [first, ...others] = atomic.map(({ path }) => path);
  const common = (first ?? []).filter((_, index, path) =>
    others.every((other) => path.slice(0, index + 1).every((name, at) => other[at] === name)),
  );
  return common.join('.');
}
