import type { DeadRow } from '../store/outbox-table';
import type { Server } from '../service/port';

/** What the API asks of the server of calls. */
export type CallService = Pick<
  Server,
  | 'flows'
  | 'listeners'
  | 'open'
  | 'trunks'
  | 'location'
  | 'draining'
  | 'queues'
  | 'conferences'
  | 'liveCalls'
  | 'onHappening'
  | 'place'
  | 'call'
  | 'reload'
  | 'drain'
>;

/** What subscribers of events did not get. Both throw a `StoreError` when the database cannot be used. */
export interface DeadLetters {
  /** The oldest first. */
  list(limit: number): readonly DeadRow[];
  /** Lets them have it again: all of it, or one event. Returns how many. */
  resend(sequence?: number): number;
}

export type { CallchartEvent, CallchartEventType } from '../events/event';
