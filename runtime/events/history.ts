import type { CallRecord } from '../call/call-record';
import type { Clock } from '../core/clock';
import { CallchartError } from '../core/errors';
import type { CallFilter, CallRow, Page, Place } from '../store/call-table';
import type { RecordingFilter, RecordingRow } from '../store/recording-table';
import { explainStoreError } from '../store/store-error';
import type { CallStore } from './call-store';
import type { CallHistory, HistoryPage, PageRequest, PastCall } from './port';

export interface HistoryOptions {
  readonly store: CallStore;
  readonly clock: Clock;
  /** Deletes a file. */
  readonly removeFile: (path: string) => Promise<void>;
  /** Told of a recording that was deleted, so that others are. */
  readonly onDeleted: (recording: RecordingRow) => void;
}

/** The calls that are over, as the database has them. */
export class StoredHistory implements CallHistory {
  constructor(private readonly options: HistoryOptions) {}

  calls(filter: CallFilter, { limit, cursor }: PageRequest): HistoryPage<PastCall> {
    const after = readCursor(cursor);
    return this.guarded(({ calls }) => toPage(calls.list(filter, limit, after), pastCall));
  }

  call(idOrSid: string): PastCall | undefined {
    const row = this.guarded(({ calls }) => calls.get(idOrSid));
    return row === undefined ? undefined : pastCall(row);
  }

  deleteCall(id: string): void {
    this.guarded(({ calls }) => calls.delete(id));
  }

  recordings(filter: RecordingFilter, { limit, cursor }: PageRequest): HistoryPage<RecordingRow> {
    const after = readCursor(cursor);
    return this.guarded(({ recordings }) =>
      toPage(recordings.list(filter, limit, after), (row) => row),
    );
  }

  recording(idOrSid: string): RecordingRow | undefined {
    const row = this.guarded(({ recordings }) => recordings.get(idOrSid));
    return row?.deleted === undefined ? row : undefined;
  }

  async deleteRecording(idOrSid: string): Promise<boolean> {
    const row = this.recording(idOrSid);
    if (row === undefined) return false;
    try {
      await this.options.removeFile(row.path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.options.onDeleted(row);
    return true;
  }

  private guarded<T>(ask: (store: CallStore) => T): T {
    const { store } = this.options;
    try {
      return ask(store);
    } catch (error) {
      throw explainStoreError(store.options.database.file, error);
    }
  }
}

function pastCall({ record, ...row }: CallRow): PastCall {
  return { ...row, record: JSON.parse(record) as CallRecord };
}

function toPage<Row, T>({ rows, next }: Page<Row>, toEntry: (row: Row) => T): HistoryPage<T> {
  return {
    rows: rows.map(toEntry),
    next: next && Buffer.from(`${next.time} ${next.id}`).toString('base64url'),
  };
}

function readCursor(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, time, id] = /^(\d{1,16}) (.{1,200})$/.exec(text) ?? [];
  if (time === undefined || id === undefined) {
    throw new CallchartError('CALLCHART_BAD_CURSOR', 'the cursor is none that a list has given');
  }
  return { time: Number(time), id };
}

/** Somebody else has deleted it. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
