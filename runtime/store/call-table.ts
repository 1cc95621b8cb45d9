import type { Database, SqlValue, Statement } from './database';

/** A call that is over. Times are milliseconds since the epoch, durations milliseconds. */
export interface CallRow {
  readonly id: string;
  /** The CallSid that web applications know it by. */
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound';
  readonly fromUri: string;
  readonly fromUser: string;
  readonly toUri: string;
  readonly dialled: string;
  readonly trunk: string | undefined;
  readonly user: string | undefined;
  readonly flow: string | undefined;
  readonly started: number;
  readonly answered: number | undefined;
  readonly ended: number;
  readonly duration: number;
  readonly talked: number;
  readonly status: string;
  readonly cause: string;
  /** JSON: the whole of it. */
  readonly record: string;
}

/** Which calls are wanted; all when empty. */
export interface CallFilter {
  /** A URI, or the user or number of one. */
  readonly from?: string;
  /** A URI, or what was dialled. */
  readonly to?: string;
  readonly flow?: string;
  readonly status?: string;
  readonly direction?: 'inbound' | 'outbound';
  /** Milliseconds since the epoch: not before. */
  readonly startedAfter?: number;
  /** Before. */
  readonly startedBefore?: number;
}

/** Rows of a list, newest first, and where the next ones begin: undefined when there are none. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next: Place | undefined;
}

/** Where a list goes on: behind this one. */
export interface Place {
  readonly time: number;
  readonly id: string;
}

/** A call in progress, as it would be reported if it were lost now. */
export interface OpenCall {
  readonly id: string;
  /** JSON. */
  readonly info: string;
  readonly flow: string | undefined;
  readonly version: string | undefined;
  readonly rang: number | undefined;
  readonly answered: number | undefined;
}

const columns =
  'id, sid, direction, from_uri, from_user, to_uri, dialled, trunk, user, flow, started, answered, ended, ' +
  'duration, talked, status, cause, record';

/** The calls that are over, and those in progress. All members may throw what the library throws. */
export class CallTable {
  private readonly insert: Statement;
  private readonly select: Statement;
  private readonly open: Statement;
  private readonly rang: Statement;
  private readonly answered: Statement;
  private readonly flow: Statement;
  private readonly close: Statement;
  private readonly selectOpen: Statement;
  private readonly remove: Statement;

  constructor(private readonly database: Database) {
    const marks = columns.replace(/\w+/g, '?');
    this.insert = database.prepare(`INSERT OR REPLACE INTO calls (${columns}) VALUES (${marks})`);
    this.select = database.prepare(`SELECT ${columns} FROM calls WHERE id = ?1 OR sid = ?1`);
    this.remove = database.prepare('DELETE FROM calls WHERE id = ?');
    this.open = database.prepare(
      'INSERT OR REPLACE INTO open_calls (id, info, flow, version) VALUES (?, ?, ?, ?)',
    );
    this.rang = database.prepare('UPDATE open_calls SET rang = ? WHERE id = ?');
    this.answered = database.prepare('UPDATE open_calls SET answered = ?, info = ? WHERE id = ?');
    this.flow = database.prepare('UPDATE open_calls SET flow = ?, version = ? WHERE id = ?');
    this.close = database.prepare('DELETE FROM open_calls WHERE id = ?');
    this.selectOpen = database.prepare(
      'SELECT id, info, flow, version, rang, answered FROM open_calls',
    );
  }

  put(row: CallRow): void {
    this.insert.run(
      ...[row.id, row.sid, row.direction, row.fromUri, row.fromUser, row.toUri, row.dialled],
      ...[row.trunk ?? null, row.user ?? null, row.flow ?? null],
      ...[row.started, row.answered ?? null, row.ended, row.duration, row.talked],
      ...[row.status, row.cause, row.record],
    );
  }

  /** By its id, or its SID. */
  get(idOrSid: string): CallRow | undefined {
    const [row] = this.select.all(idOrSid);
    return row === undefined ? undefined : toCall(row);
  }

  delete(id: string): void {
    this.remove.run(id);
  }

  list(filter: CallFilter, limit: number, after?: Place): Page<CallRow> {
    const { from, to, flow, status, direction, startedAfter, startedBefore } = filter;
    const conditions: readonly (readonly [string, SqlValue | undefined])[] = [
      [isUri(from) ? 'from_uri = ?' : 'from_user = ?', from],
      [isUri(to) ? 'to_uri = ?' : 'dialled = ?', to],
      ['flow = ?', flow],
      ['status = ?', status],
      ['direction = ?', direction],
      ['started >= ?', startedAfter],
      ['started < ?', startedBefore],
    ];
    return newestFirst(
      this.database,
      { table: 'calls', columns, time: 'started' },
      { conditions, limit, after },
      toCall,
      ({ started, id }) => ({ time: started, id }),
    );
  }

  begin(id: string, info: string, flow: string | undefined, version: string | undefined): void {
    this.open.run(id, info, flow ?? null, version ?? null);
  }

  markRinging(id: string, at: number): void {
    this.rang.run(at, id);
  }

  markAnswered(id: string, at: number, info: string): void {
    this.answered.run(at, info, id);
  }

  useFlow(id: string, flow: string, version: string): void {
    this.flow.run(flow, version, id);
  }

  /** No longer in progress. */
  end(id: string): void {
    this.close.run(id);
  }

  /** Those in progress. */
  inProgress(): readonly OpenCall[] {
    return this.selectOpen.all().map(([id, info, flow, version, rang, answered]) => ({
      id: String(id),
      info: String(info),
      flow: textOf(flow),
      version: textOf(version),
      rang: numberOf(rang),
      answered: numberOf(answered),
    }));
  }
}

/** One page of a table that is listed by time and id. */
export function newestFirst<T>(
  database: Database,
  from: { readonly table: string; readonly columns: string; readonly time: string },
  query: {
    readonly conditions: readonly (readonly [string, SqlValue | undefined])[];
    readonly limit: number;
    readonly after: Place | undefined;
  },
  read: (row: readonly SqlValue[]) => T,
  placeOf: (row: T) => Place,
): Page<T> {
  const { conditions, limit, after } = query;
  const given = conditions.filter(([, value]) => value !== undefined);
  const where = given.map(([sql]) => sql);
  const values = given.map(([, value]) => value ?? null);
  if (after !== undefined) {
    where.push(`(${from.time}, id) < (?, ?)`);
    values.push(after.time, after.id);
  }
  const sql =
    `SELECT ${from.columns} FROM ${from.table} ` +
    (where.length === 0 ? '' : `WHERE ${where.join(' AND ')} `) +
    `ORDER BY ${from.time} DESC, id DESC LIMIT ?`;
  const rows = database
    .prepare(sql)
    .all(...values, limit + 1)
    .map(read);
  const last = rows[limit - 1];
  return rows.length <= limit || last === undefined
    ? { rows, next: undefined }
    : { rows: rows.slice(0, limit), next: placeOf(last) };
}

function isUri(text: string | undefined): boolean {
  return text !== undefined && /^(?:sips?|tel):/i.test(text);
}

function toCall(row: readonly SqlValue[]): CallRow {
  const [id, sid, direction, fromUri, fromUser, toUri, dialled, trunk, user, flow, ...rest] = row;
  const [started, answered, ended, duration, talked, status, cause, record] = rest;
  return {
    id: String(id),
    sid: String(sid),
    direction: direction === 'outbound' ? 'outbound' : 'inbound',
    fromUri: String(fromUri),
    fromUser: String(fromUser),
    toUri: String(toUri),
    dialled: String(dialled),
    trunk: textOf(trunk),
    user: textOf(user),
    flow: textOf(flow),
    started: Number(started),
    answered: numberOf(answered),
    ended: Number(ended),
    duration: Number(duration),
    talked: Number(talked),
    status: String(status),
    cause: String(cause),
    record: String(record),
  };
}

export function textOf(value: SqlValue | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

export function numberOf(value: SqlValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
