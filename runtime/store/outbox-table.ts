import { numberOf, textOf } from './call-table';
import type { Database, SqlValue, Statement } from './database';

/** Something that is told outside. `time` in milliseconds since the epoch. */
export interface OutboxRow {
  /** Goes up with each. */
  readonly sequence: number;
  readonly call: string;
  readonly type: string;
  readonly time: number;
  /** JSON, as it is sent. */
  readonly body: string;
}

/** What a subscriber is still to get. Times are milliseconds since the epoch. */
export interface DueRow {
  readonly sequence: number;
  readonly call: string;
  readonly attempts: number;
  /** Of the first attempt. */
  readonly first: number | undefined;
}

/** What a subscriber did not get. */
export interface DeadRow {
  readonly sequence: number;
  readonly subscriber: string;
  readonly call: string;
  readonly type: string;
  readonly attempts: number;
  /** Milliseconds since the epoch, as {@link time}. */
  readonly died: number;
  readonly time: number;
  readonly error: string;
}

/** How a subscriber does. */
export interface SubscriberCounts {
  readonly subscriber: string;
  readonly pending: number;
  /** Those of them that were tried in vain. */
  readonly failing: number;
  readonly dead: number;
  /** Of one that was tried in vain. */
  readonly error: string | undefined;
}

/** Rows that one transaction changes at most: a server that waits for it answers no calls meanwhile. */
const portion = 500;

/** What is told outside, and who is still to hear it. All members may throw what the library throws. */
export class OutboxTable {
  private readonly insert: Statement;
  private readonly insertDue: Statement;
  private readonly selectAfter: Statement;
  private readonly selectBody: Statement;
  private readonly selectCall: Statement;
  private readonly selectLast: Statement;
  private readonly selectDue: Statement;
  private readonly selectNext: Statement;
  private readonly deleteDue: Statement;
  private readonly release: Statement;
  private readonly updateDue: Statement;
  private readonly insertDead: Statement;

  constructor(private readonly database: Database) {
    const prepare = (sql: string): Statement => database.prepare(sql);
    this.insert = prepare(
      'INSERT INTO outbox (sequence, call, type, time, body) VALUES (?, ?, ?, ?, ?)',
    );
    this.insertDue = prepare(
      'INSERT INTO deliveries (subscriber, call, sequence, attempts, next) VALUES (?1, ?2, ?3, 0, ' +
        'CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE subscriber = ?1 AND call = ?2) THEN NULL ELSE ?4 END)',
    );
    this.selectAfter = prepare(
      'SELECT body FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?',
    );
    this.selectBody = prepare('SELECT body FROM outbox WHERE sequence = ?');
    this.selectCall = prepare(
      'SELECT sequence, call, type, time, body FROM outbox WHERE call = ? ORDER BY sequence',
    );
    this.selectLast = prepare('SELECT MAX(sequence) FROM outbox');
    this.selectDue = prepare(
      'SELECT sequence, call, attempts, first FROM deliveries ' +
        'WHERE subscriber = ? AND next <= ? ORDER BY next, sequence LIMIT ?',
    );
    this.selectNext = prepare(
      'SELECT next FROM deliveries WHERE subscriber = ? AND next > ? ORDER BY next LIMIT 1',
    );
    this.deleteDue = prepare(
      'DELETE FROM deliveries WHERE subscriber = ? AND call = ? AND sequence = ?',
    );
    this.release = prepare(
      'UPDATE deliveries SET next = ?3, first = COALESCE(?4, first) WHERE subscriber = ?1 AND call = ?2 AND next IS NULL ' +
        'AND sequence = (SELECT MIN(sequence) FROM deliveries WHERE subscriber = ?1 AND call = ?2)',
    );
    this.updateDue = prepare(
      'UPDATE deliveries SET attempts = ?, first = ?, next = ?, error = ? ' +
        'WHERE subscriber = ? AND call = ? AND sequence = ?',
    );
    this.insertDead = prepare(
      'INSERT OR REPLACE INTO dead_letters (sequence, subscriber, call, attempts, died, error) VALUES (?, ?, ?, ?, ?, ?)',
    );
  }

  /** Of the newest event; 0 when there was none. */
  lastSequence(): number {
    return Number(this.selectLast.all()[0]?.[0] ?? 0);
  }

  /** @param subscribers who are to get it */
  put({ sequence, call, type, time, body }: OutboxRow, subscribers: readonly string[]): void {
    this.insert.run(sequence, call, type, time, body);
    for (const subscriber of subscribers) this.insertDue.run(subscriber, call, sequence, time);
  }

  /** The bodies of those after a sequence number, oldest first. */
  after(sequence: number, limit: number): readonly string[] {
    return this.selectAfter.all(sequence, limit).map(([body]) => String(body));
  }

  body(sequence: number): string | undefined {
    return textOf(this.selectBody.all(sequence)[0]?.[0]);
  }

  ofCall(call: string): readonly OutboxRow[] {
    return this.selectCall.all(call).map(toRow);
  }

  /** What a subscriber is to get by now, those that wait longest first. */
  due(subscriber: string, now: number, limit: number): readonly DueRow[] {
    return this.selectDue.all(subscriber, now, limit).map(([sequence, call, attempts, first]) => ({
      sequence: Number(sequence),
      call: String(call),
      attempts: Number(attempts),
      first: numberOf(first),
    }));
  }

  /** When something is due after `now`. */
  nextAfter(subscriber: string, now: number): number | undefined {
    return numberOf(this.selectNext.all(subscriber, now)[0]?.[0]);
  }

  /** It has got it: the next of the same call is due at `now`. */
  delivered(subscriber: string, { call, sequence }: DueRow, now: number): void {
    this.deleteDue.run(subscriber, call, sequence);
    this.release.run(subscriber, call, now, null);
  }

  retry(
    subscriber: string,
    { call, sequence, attempts }: DueRow,
    {
      first,
      next,
      error,
    }: { readonly first: number; readonly next: number; readonly error: string },
  ): void {
    this.updateDue.run(attempts + 1, first, next, error, subscriber, call, sequence);
  }

  /** It will not get it. @param first when what follows of the same call is held to have been tried first */
  bury(
    subscriber: string,
    { call, sequence, attempts }: DueRow,
    { now, error, first }: { readonly now: number; readonly error: string; readonly first: number },
  ): void {
    this.insertDead.run(sequence, subscriber, call, attempts + 1, now, error);
    this.deleteDue.run(subscriber, call, sequence);
    this.release.run(subscriber, call, now, first);
  }

  /** Buries what those are to get who are not configured any more. */
  buryOthers(subscribers: readonly string[], now: number): number {
    const unknown = `subscriber NOT IN (${marks(subscribers)})`;
    return this.database.transaction(() => {
      this.database
        .prepare(
          'INSERT OR REPLACE INTO dead_letters SELECT sequence, subscriber, call, attempts, ?, ' +
            `'no such subscriber is configured' FROM deliveries WHERE ${unknown}`,
        )
        .run(now, ...subscribers);
      return this.database.prepare(`DELETE FROM deliveries WHERE ${unknown}`).run(...subscribers);
    });
  }

  /** Forgets events until `before`, but those that somebody is still to get, and the newest. Returns how many. */
  prune(subscribers: readonly string[], before: number): number {
    const pending = subscribers
      .map(
        () =>
          'AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.subscriber = ? AND d.call = o.call AND d.sequence = o.sequence) ',
      )
      .join('');
    this.database
      .prepare(
        `DELETE FROM dead_letters WHERE (sequence, subscriber) IN (SELECT sequence, subscriber FROM dead_letters WHERE died < ? LIMIT ${portion})`,
      )
      .run(before);
    return this.database
      .prepare(
        'DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox o WHERE time < ? ' +
          'AND sequence < (SELECT MAX(sequence) FROM outbox) ' +
          'AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.sequence = o.sequence) ' +
          `${pending}LIMIT ${portion})`,
      )
      .run(before, ...subscribers);
  }

  /** Events, newest first. */
  latest(limit: number, call?: string): readonly OutboxRow[] {
    const where = call === undefined ? '' : 'WHERE call = ? ';
    return this.database
      .prepare(
        `SELECT sequence, call, type, time, body FROM outbox ${where}ORDER BY sequence DESC LIMIT ?`,
      )
      .all(...(call === undefined ? [] : [call]), limit)
      .map(toRow);
  }

  /** What was not delivered, oldest first. */
  dead(limit: number): readonly DeadRow[] {
    return this.database
      .prepare(
        'SELECT l.sequence, l.subscriber, l.call, o.type, l.attempts, l.died, o.time, l.error ' +
          'FROM dead_letters l JOIN outbox o ON o.sequence = l.sequence ORDER BY l.sequence, l.subscriber LIMIT ?',
      )
      .all(limit)
      .map(([sequence, subscriber, call, type, attempts, died, time, error]) => ({
        sequence: Number(sequence),
        subscriber: String(subscriber),
        call: String(call),
        type: String(type),
        attempts: Number(attempts),
        died: Number(died),
        time: Number(time),
        error: String(error),
      }));
  }

  /** Lets these subscribers have again what they did not get: all of it, or one event. Returns how many. */
  resend(subscribers: readonly string[], now: number, sequence?: number): number {
    let sent = 0;
    for (;;) {
      const count = this.database.transaction(() => this.resendSome(subscribers, now, sequence));
      sent += count;
      if (count < portion) return sent;
    }
  }

  counts(): readonly SubscriberCounts[] {
    return this.database
      .prepare(
        'SELECT subscriber, SUM(pending), SUM(failing), SUM(dead), MAX(error) FROM (' +
          'SELECT subscriber, COUNT(*) AS pending, SUM(attempts > 0) AS failing, 0 AS dead, MAX(error) AS error ' +
          'FROM deliveries GROUP BY subscriber ' +
          'UNION ALL SELECT subscriber, 0, 0, COUNT(*), NULL FROM dead_letters GROUP BY subscriber' +
          ') GROUP BY subscriber ORDER BY subscriber',
      )
      .all()
      .map(([subscriber, pending, failing, dead, error]) => ({
        subscriber: String(subscriber),
        pending: Number(pending),
        failing: Number(failing),
        dead: Number(dead),
        error: textOf(error),
      }));
  }

  private resendSome(
    subscribers: readonly string[],
    now: number,
    sequence: number | undefined,
  ): number {
    const rows = this.database
      .prepare(
        'SELECT sequence, subscriber, call FROM dead_letters ' +
          `WHERE subscriber IN (${marks(subscribers)}) AND sequence = COALESCE(?, sequence) ` +
          `ORDER BY sequence LIMIT ${portion}`,
      )
      .all(...subscribers, sequence ?? null);
    const forget = this.database.prepare(
      'DELETE FROM dead_letters WHERE sequence = ? AND subscriber = ?',
    );
    for (const [number, subscriber, call] of rows) {
      forget.run(Number(number), String(subscriber));
      this.insertDue.run(String(subscriber), String(call), Number(number), now);
    }
    return rows.length;
  }
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

function toRow([sequence, call, type, time, body]: readonly SqlValue[]): OutboxRow {
  return {
    sequence: Number(sequence),
    call: String(call),
    type: String(type),
    time: Number(time),
    body: String(body),
  };
}
