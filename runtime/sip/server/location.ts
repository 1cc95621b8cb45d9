import type { Clock, TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import { type Expiring, ExpiryHeap } from './expiry-heap';
import { FlowIndex } from './flow-index';
import type { Binding, BindingChange, BindingStore, ForwardTarget, LocationService } from './port';
import { diesWithFlow, diesWithProcess } from './reachability';
import { targetsOf } from './targets';

export interface LocationOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Without one, bindings end with the process. */
  readonly store?: BindingStore;
  /** Milliseconds: what was stored under a clock that ran ahead lives no longer than this. 3 600 000. */
  readonly maxExpires?: number;
}

/** The bindings of one address of record, which is their place in the queue of expiry, too. */
interface AddressRecord extends Expiring {
  readonly aor: string;
  /** In the order of {@link byPreference}. Never changed, only replaced. */
  bindings: readonly Binding[];
}

type RemovalReason = Extract<BindingChange, { type: 'removed' }>['reason'];

const none: readonly Binding[] = [];
const noChanges: readonly BindingChange[] = [];

/** Bindings that expire within one second are written and told together. */
const granularity = 1_000;
/** How many bindings expire before others get their turn: about 2 ms of work. */
const batchSize = 256;
/** A timer of the platform cannot be set further ahead than 24 days. */
const longestDelay = 86_400_000;

/**
 * The location service (RFC 3261 §10): the bindings of all users in memory, found by one look-up, and
 * kept in a store before they count. One timer serves them all: a heap has an entry for each address of
 * record, with a time that is never later than the first of its bindings to expire. A refresh, which is
 * what nearly every REGISTER is, leaves the heap alone; the entry moves when its old time has come.
 */
export class Location implements LocationService {
  private readonly records = new Map<string, AddressRecord>();
  private readonly heap = new ExpiryHeap<AddressRecord>();
  private readonly flows = new FlowIndex();
  private readonly listeners = new Set<(change: BindingChange) => void>();
  private readonly maxExpires: number;
  private count = 0;
  private timer: TimerHandle | undefined;
  private timerAt = Infinity;
  private closed = false;

  constructor(private readonly options: LocationOptions) {
    this.maxExpires = options.maxExpires ?? 3_600_000;
  }

  get size(): number {
    return this.count;
  }

  /**
   * Takes what the store has; before the first request. Connections of an earlier process have closed, so
   * bindings that cannot be reached without theirs are removed. Throws what the store throws.
   */
  load(): void {
    const { clock, store } = this.options;
    if (store === undefined) return;
    const now = clock.now();
    const latest = now + this.maxExpires;
    const loaded = new Map<string, Binding[]>();
    const lost: Binding[] = [];
    for (const stored of store.load(now)) {
      if (diesWithProcess(stored)) {
        lost.push(stored);
        continue;
      }
      // The machine's clock was ahead when it was stored: nothing lives for longer than is granted now.
      const binding = stored.expiresAt > latest ? { ...stored, expiresAt: latest } : stored;
      const bindings = loaded.get(binding.aor);
      if (bindings === undefined) loaded.set(binding.aor, [binding]);
      else bindings.push(binding);
    }
    for (const [aor, bindings] of loaded) this.replace(aor, bindings);
    this.arm();
    this.lose(lost, 'flow-closed');
  }

  bindings(aor: string): readonly Binding[] {
    const record = this.records.get(aor);
    if (record === undefined) return none;
    const now = this.options.clock.now();
    if (record.due > now) return record.bindings;
    return record.bindings.filter((binding) => binding.expiresAt > now);
  }

  targets(aor: string): readonly ForwardTarget[] {
    return targetsOf(this.bindings(aor));
  }

  *all(): Iterable<Binding> {
    const now = this.options.clock.now();
    for (const { bindings } of this.records.values()) {
      for (const binding of bindings) if (binding.expiresAt > now) yield binding;
    }
  }

  onChange(listener: (change: BindingChange) => void): () => void {
    // A function of its own: the same one may listen twice.
    const own = (change: BindingChange): void => listener(change);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /**
   * Makes `next` the bindings of an address of record; `changes` lead there from what {@link bindings} said
   * in the same turn. Throws what the store throws, and then nothing has changed.
   */
  commit(aor: string, next: readonly Binding[], changes: readonly BindingChange[]): void {
    if (changes.length === 0) return;
    const expired = this.expiredOf(aor);
    const all = expired.length === 0 ? changes : [...expired, ...changes];
    this.options.store?.write(all);
    this.replace(aor, next);
    this.arm();
    this.tell(all);
  }

  /** Removes all bindings of an address of record: the user is none any more. */
  removeAll(aor: string): void {
    const record = this.records.get(aor);
    if (record !== undefined) this.lose(record.bindings, 'user-removed');
  }

  /** A connection has closed: bindings that nothing else leads to end with it (RFC 5626 §7). */
  onFlowClosed(flow: string): void {
    const lost: Binding[] = [];
    for (const aor of this.flows.take(flow)) {
      for (const binding of this.records.get(aor)?.bindings ?? none) {
        if (binding.flow === flow && diesWithFlow(binding)) lost.push(binding);
      }
    }
    this.lose(lost, 'flow-closed');
  }

  /** Forgets its timer and its listeners; what is stored stays. */
  close(): void {
    this.closed = true;
    this.listeners.clear();
    this.arm();
  }

  /** What has expired and was not swept yet ends before anything else of its owner changes. */
  private expiredOf(aor: string): readonly BindingChange[] {
    const record = this.records.get(aor);
    const now = this.options.clock.now();
    if (record === undefined || record.due > now) return noChanges;
    return record.bindings
      .filter((binding) => binding.expiresAt <= now)
      .map((binding) => ({ type: 'removed', binding, reason: 'expired' }));
  }

  /** Bindings that end without a request. */
  private lose(lost: readonly Binding[], reason: RemovalReason): void {
    if (lost.length === 0) return;
    const gone = new Set(lost);
    for (const aor of new Set(lost.map((binding) => binding.aor))) {
      const left = this.records.get(aor)?.bindings.filter((binding) => !gone.has(binding));
      if (left !== undefined) this.replace(aor, left);
    }
    this.arm();
    this.report(lost, reason);
  }

  /** What the store cannot forget now is sorted out when it is loaded. */
  private report(lost: readonly Binding[], reason: RemovalReason): void {
    if (lost.length === 0) return;
    const changes = lost.map((binding): BindingChange => ({ type: 'removed', binding, reason }));
    try {
      this.options.store?.write(changes);
    } catch (error) {
      const fields = { bindings: lost.length, reason, error: describeError(error) };
      this.options.logger.warn(fields, 'bindings that ended could not be removed from the store');
    }
    this.tell(changes);
  }

  private replace(aor: string, bindings: readonly Binding[]): void {
    const record = this.records.get(aor);
    const before = record?.bindings ?? none;
    this.count += bindings.length - before.length;
    this.flows.update(aor, before, bindings);
    if (bindings.length === 0) {
      this.records.delete(aor);
      if (record !== undefined) this.heap.remove(record);
      return;
    }
    const sorted = bindings.length > 1 ? bindings.slice().sort(byPreference) : bindings;
    const due = earliest(sorted);
    if (record === undefined) {
      const added: AddressRecord = { aor: sorted[0]?.aor ?? aor, bindings: sorted, due, place: -1 };
      this.records.set(added.aor, added);
      this.heap.set(added, due);
    } else {
      record.bindings = sorted;
      if (due < record.due) this.heap.set(record, due);
    }
  }

  /** Keeps the one timer at the first time that anything may expire, or unset when nothing can. */
  private arm(): void {
    const { clock } = this.options;
    const first = this.closed ? undefined : this.heap.first;
    if (first !== undefined && this.timerAt <= roundUp(first.due)) return;
    clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.timerAt = Infinity;
    if (first === undefined) return;
    const now = clock.now();
    const delay = Math.min(Math.max(roundUp(first.due) - now, 0), longestDelay);
    this.timerAt = now + delay;
    this.timer = clock.setTimeout(this.expire, delay);
  }

  private readonly expire = (): void => {
    this.timer = undefined;
    this.timerAt = Infinity;
    const now = this.options.clock.now();
    const expired: Binding[] = [];
    while (expired.length < batchSize) {
      const record = this.heap.first;
      if (record === undefined || record.due > now) break;
      const before = expired.length;
      for (const binding of record.bindings) {
        if (binding.expiresAt <= now) expired.push(binding);
      }
      // What is left after them decides on the next time; without any, so do the bindings as they are.
      const left = record.bindings.filter((binding) => binding.expiresAt > now);
      if (expired.length > before) this.replace(record.aor, left);
      if (left.length > 0) this.heap.set(record, earliest(left));
    }
    this.arm();
    this.report(expired, 'expired');
  };

  private tell(changes: readonly BindingChange[]): void {
    for (const listener of this.listeners) {
      for (const change of changes) {
        try {
          listener(change);
        } catch (error) {
          const fields = { change: change.type, error: describeError(error) };
          this.options.logger.error(fields, 'a listener to bindings failed');
        }
      }
    }
  }
}

/** Of equals the newest first. */
function byPreference(a: Binding, b: Binding): number {
  return b.q - a.q || b.registeredAt - a.registeredAt;
}

function earliest(bindings: readonly Binding[]): number {
  let first = Infinity;
  for (const { expiresAt } of bindings) if (expiresAt < first) first = expiresAt;
  return first;
}

function roundUp(time: number): number {
  return Math.ceil(time / granularity) * granularity;
}
