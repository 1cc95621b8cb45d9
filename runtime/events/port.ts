import type { CallRecord } from '../call/call-record';
import type { CallFilter, CallRow } from '../store/call-table';
import type { DeadRow, SubscriberCounts } from '../store/outbox-table';
import type { RecordingFilter, RecordingRow } from '../store/recording-table';
import type { CallchartEvent } from './event';

/** What has happened with calls, for those who follow it from a place that they have reached. */
export interface EventFeed {
  /** The sequence number of the newest event; 0 before the first. */
  readonly latest: number;
  /**
   * Events after a sequence number, oldest first, `limit` at the most; those that are not kept any more are missing.
   * Whoever has had an empty answer and calls {@link listen} in the same turn misses none.
   */
  after(sequence: number, limit: number): readonly CallchartEvent[];
  /** Told of each event from now on, in order; must not throw. The returned function ends it. */
  listen(listener: (event: CallchartEvent) => void): () => void;
}

/** A page of a list, newest first. */
export interface HistoryPage<T> {
  readonly rows: readonly T[];
  /** What gives the next page; undefined on the last one. */
  readonly next: string | undefined;
}

/** A call that is over. */
export interface PastCall extends Omit<CallRow, 'record'> {
  readonly record: CallRecord;
}

export interface PageRequest {
  readonly limit: number;
  /** {@link HistoryPage.next} of the page before. */
  readonly cursor?: string | undefined;
}

/**
 * The calls that are over, and their recordings. Rejects, or throws, a `StoreError` when the database cannot be read,
 * and `CALLCHART_BAD_CURSOR` for a cursor that was not given here.
 */
export interface CallHistory {
  calls(filter: CallFilter, page: PageRequest): HistoryPage<PastCall>;
  /** By its id, or its SID. */
  call(idOrSid: string): PastCall | undefined;
  /** Forgets it here; its record in the files of records stays, and so do its recordings. */
  deleteCall(id: string): void;
  /** Those whose files are there. */
  recordings(filter: RecordingFilter, page: PageRequest): HistoryPage<RecordingRow>;
  /** By its id, or its SID; undefined when it was deleted. */
  recording(idOrSid: string): RecordingRow | undefined;
  /** Deletes the file too; false when there is no such recording. Rejects when the file cannot be deleted. */
  deleteRecording(idOrSid: string): Promise<boolean>;
}

/** What subscribers did not get. Both throw a `StoreError` when the database cannot be used. */
export interface DeadLetters {
  /** The oldest first. */
  list(limit: number): readonly DeadRow[];
  /** Lets those who are configured have it again: all of it, or one event. Returns how many. */
  resend(sequence?: number): number;
  /** How much each subscriber is still to get, and did not get. */
  counts(): readonly SubscriberCounts[];
}
