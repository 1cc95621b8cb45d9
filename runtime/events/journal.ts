import type { CallHappening } from '../call/happenings';
import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { CallStore } from './call-store';
import { draftsOf } from './drafts';
import type { CallchartEvent, EventDraft } from './event';
import type { EventFeed } from './port';

export interface JournalOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where it is written; without it, or where that keeps no events, the last ones are kept in memory. */
  readonly store?: CallStore;
  /** Octets of a file, where it is there. */
  readonly sizeOf: (path: string) => number | undefined;
  /** Events were written, which subscribers may wait for. */
  readonly onWritten?: () => void;
  /** How long events are kept, in milliseconds. */
  readonly retention?: number;
}

/** Events that are kept in memory. */
const ringSize = 5_000;
/** Happenings that may wait for a database that cannot be written. */
const longestWait = 100_000;
/** Milliseconds until the database is tried again. */
const retryDelay = 1_000;
/** Milliseconds between two rounds of forgetting; while there is more to forget, from one step to the next. */
const pruneInterval = 600_000;
const pruneStep = 100;

/** Numbers what happens with calls, writes it down, and tells it to those who follow. */
export class Journal implements EventFeed {
  private sequence: number;
  private readonly durable: boolean;
  private readonly ring: CallchartEvent[] = [];
  private listeners: readonly ((event: CallchartEvent) => void)[] = [];
  /** What could not be written yet, oldest first. */
  private unwritten: (readonly [CallHappening, readonly CallchartEvent[]])[] = [];
  private lost = 0;
  private retry: TimerHandle | undefined;
  private pruning: TimerHandle | undefined;

  constructor(private readonly options: JournalOptions) {
    const { clock, store } = options;
    this.durable = store?.options.subscribers !== undefined;
    // In memory they begin beyond those that were given before a restart.
    this.sequence = this.durable ? (store?.outbox.lastSequence() ?? 0) : Math.floor(clock.now());
    if (this.durable) this.pruneAfter(pruneInterval);
  }

  get latest(): number {
    return this.sequence;
  }

  /** Of {@link Calls.onHappening}. */
  readonly take = (happening: CallHappening): void => {
    const { store } = this.options;
    const drafts = draftsOf(happening, this.options.sizeOf);
    const events = drafts.map((draft) => this.number(draft, happening));
    if (store !== undefined) this.write(store, happening, events);
    for (const event of events) {
      if (!this.durable) this.keep(event);
      for (const listener of this.listeners) listener(event);
    }
  };

  after(sequence: number, limit: number): readonly CallchartEvent[] {
    const { store } = this.options;
    if (this.durable && store !== undefined) {
      return store.outbox.after(sequence, limit).map((body) => JSON.parse(body) as CallchartEvent);
    }
    const first = this.ring.findIndex((event) => event.sequence > sequence);
    return first < 0 ? [] : this.ring.slice(first, first + limit);
  }

  listen(listener: (event: CallchartEvent) => void): () => void {
    const entry = (event: CallchartEvent): void => listener(event);
    this.listeners = [...this.listeners, entry];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
    };
  }

  /** Writes what waits, as far as it can be. */
  close(): void {
    const { clock, logger, store } = this.options;
    clock.clearTimeout(this.retry);
    clock.clearTimeout(this.pruning);
    if (store !== undefined) this.flush(store);
    clock.clearTimeout(this.retry);
    const lost = this.lost + this.unwritten.length;
    if (lost > 0) logger.error({ happenings: lost }, 'events were lost');
  }

  private number(draft: EventDraft, { call, time }: CallHappening): CallchartEvent {
    const sequence = (this.sequence += 1);
    const { type, data } = draft;
    const id = `${call}.${sequence}`;
    // The pair of type and data is the draft's.
    return { id, type, time: new Date(time).toISOString(), call, sequence, data } as CallchartEvent;
  }

  private keep(event: CallchartEvent): void {
    this.ring.push(event);
    // Many at a time: to shift one of so many moves all.
    if (this.ring.length > 2 * ringSize) this.ring.splice(0, ringSize);
  }

  private write(
    store: CallStore,
    happening: CallHappening,
    events: readonly CallchartEvent[],
  ): void {
    // In their order: not before those that wait.
    if (this.unwritten.length === 0 && this.attempt(store, happening, events)) {
      if (events.length > 0) this.options.onWritten?.();
      return;
    }
    if (this.unwritten.length < longestWait) this.unwritten.push([happening, events]);
    else this.lost += 1;
    this.retry ??= this.options.clock.setTimeout(() => {
      this.retry = undefined;
      this.flush(store);
    }, retryDelay);
  }

  private flush(store: CallStore): void {
    const waiting = this.unwritten;
    this.unwritten = [];
    if (waiting.length === 0) return;
    for (const [happening, events] of waiting) this.write(store, happening, events);
    if (this.unwritten.length === 0) {
      this.options.logger.info({}, 'events are being written again');
    }
  }

  private attempt(
    store: CallStore,
    happening: CallHappening,
    events: readonly CallchartEvent[],
  ): boolean {
    try {
      store.write(happening, events);
      return true;
    } catch (error) {
      if (this.retry === undefined) {
        this.options.logger.error(
          { error: describeError(error) },
          'events cannot be written: they wait',
        );
      }
      return false;
    }
  }

  private pruneAfter(delay: number): void {
    const { clock, store, retention, logger } = this.options;
    if (store === undefined || retention === undefined) return;
    this.pruning = clock.setTimeout(() => {
      let more = false;
      try {
        const names = (store.options.subscribers ?? []).map(({ name }) => name);
        more = store.outbox.prune(names, clock.now() - retention) > 0;
      } catch (error) {
        logger.warn({ error: describeError(error) }, 'old events cannot be deleted');
      }
      this.pruneAfter(more ? pruneStep : pruneInterval);
    }, delay);
  }
}
