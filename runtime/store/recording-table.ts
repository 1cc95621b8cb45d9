import { newestFirst, numberOf, type Page, type Place, textOf } from './call-table';
import type { Database, SqlValue, Statement } from './database';

/** A recording whose file is closed. Times are milliseconds since the epoch. */
export interface RecordingRow {
  readonly id: string;
  /** As web applications know it. */
  readonly sid: string;
  readonly call: string;
  readonly path: string;
  /** Milliseconds of sound. */
  readonly duration: number;
  readonly format: string | undefined;
  readonly channels: string | undefined;
  /** Bytes; undefined where that is not known. */
  readonly size: number | undefined;
  readonly created: number;
  /** When its file was deleted. */
  readonly deleted: number | undefined;
}

/** Which recordings are wanted: those that are there, of all calls, when empty. */
export interface RecordingFilter {
  readonly call?: string;
  /** Milliseconds since the epoch: not before. */
  readonly createdAfter?: number;
  /** Before. */
  readonly createdBefore?: number;
}

const columns = 'id, sid, call, path, duration, format, channels, size, created, deleted';

/** The recordings. All members may throw what the library throws. */
export class RecordingTable {
  private readonly insert: Statement;
  private readonly select: Statement;
  private readonly delete: Statement;

  constructor(private readonly database: Database) {
    const marks = columns.replace(/\w+/g, '?');
    this.insert = database.prepare(
      `INSERT OR REPLACE INTO recordings (${columns}) VALUES (${marks})`,
    );
    this.select = database.prepare(`SELECT ${columns} FROM recordings WHERE id = ?1 OR sid = ?1`);
    this.delete = database.prepare('UPDATE recordings SET deleted = ? WHERE id = ?');
  }

  put(row: RecordingRow): void {
    this.insert.run(
      ...[row.id, row.sid, row.call, row.path, row.duration],
      ...[row.format ?? null, row.channels ?? null, row.size ?? null],
      ...[row.created, row.deleted ?? null],
    );
  }

  /** By its id, or its SID; also one whose file was deleted. */
  get(idOrSid: string): RecordingRow | undefined {
    const [row] = this.select.all(idOrSid);
    return row === undefined ? undefined : toRecording(row);
  }

  markDeleted(id: string, at: number): void {
    this.delete.run(at, id);
  }

  list(filter: RecordingFilter, limit: number, after?: Place): Page<RecordingRow> {
    const { call, createdAfter, createdBefore } = filter;
    return newestFirst(
      this.database,
      { table: 'recordings', columns, time: 'created' },
      {
        conditions: [
          ['call = ?', call],
          ['created >= ?', createdAfter],
          ['created < ?', createdBefore],
          ['deleted IS NULL AND ? = 0', 0],
        ],
        limit,
        after,
      },
      toRecording,
      ({ created, id }) => ({ time: created, id }),
    );
  }
}

function toRecording(row: readonly SqlValue[]): RecordingRow {
  const [id, sid, call, path, duration, format, channels, size, created, deleted] = row;
  return {
    id: String(id),
    sid: String(sid),
    call: String(call),
    path: String(path),
    duration: Number(duration),
    format: textOf(format),
    channels: textOf(channels),
    size: numberOf(size),
    created: Number(created),
    deleted: numberOf(deleted),
  };
}
