import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
} from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { migrations } from './schema';
import { ServerLock } from './server-lock';
import { explainStoreError, StoreError } from './store-error';

const fileName = 'callchart.db';

export interface DatabaseOptions {
  /** Made when it is missing. */
  readonly directory: string;
  /**
   * A server keeps all other servers out as long as it has the database open; a tool comes and goes beside
   * it. `tool` when absent.
   */
  readonly purpose?: 'server' | 'tool';
}

/** A statement as this room uses it: values in, rows as arrays out. */
export interface Statement {
  run(...values: readonly SqlValue[]): number;
  all(...values: readonly SqlValue[]): readonly (readonly SqlValue[])[];
  iterate(...values: readonly SqlValue[]): Iterable<readonly SqlValue[]>;
}

export type SqlValue = string | number | null;

/** How long a write waits for that of another process: those are done in a millisecond. */
const busyTimeout = { server: 500, tool: 5_000 } as const;

/** Where the database of a data directory is. */
export function databaseFile(directory: string): string {
  return join(directory, fileName);
}

/** Whether there is one: reading from what was never written needs none. */
export function hasDatabase(directory: string): boolean {
  return existsSync(databaseFile(directory));
}

/**
 * The one SQLite database of a data directory, synchronous. In WAL mode with `synchronous = NORMAL` a
 * committed transaction survives the end of the process by whatever signal, because the kernel has it; of
 * the last ones before a power cut some may be lost, but never the file.
 */
export class Database {
  private closed = false;
  private readonly begin: Statement;
  private readonly commit: Statement;
  private readonly rollback: Statement;
  private readonly version: Statement;

  private constructor(
    readonly file: string,
    readonly purpose: 'server' | 'tool',
    private readonly connection: Libsql.Database,
    private readonly lock: ServerLock | undefined,
  ) {
    this.begin = this.prepare('BEGIN IMMEDIATE');
    this.commit = this.prepare('COMMIT');
    this.rollback = this.prepare('ROLLBACK');
    this.version = this.prepare('PRAGMA data_version');
  }

  /**
   * @throws {StoreError} in one line: what is wrong with the file, or who has it, and what to do
   */
  static open({ directory, purpose = 'tool' }: DatabaseOptions): Database {
    const file = databaseFile(directory);
    let lock: ServerLock | undefined;
    try {
      mkdirSync(directory, { recursive: true });
      if (purpose === 'server') lock = ServerLock.take(directory);
      makePrivate(file);
      // SQLite would only say that it cannot open it.
      accessSync(file, constants.R_OK | constants.W_OK);
      const connection = new Libsql(file, { timeout: busyTimeout[purpose] });
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = NORMAL');
      migrate(file, connection);
      return new Database(file, purpose, connection, lock);
    } catch (error) {
      lock?.release();
      throw explainStoreError(file, error);
    }
  }

  prepare(sql: string): Statement {
    // What the library gives back besides rows (how long it took, …) is not wanted.
    const statement = this.connection.prepare<SqlValue[]>(sql);
    const { reader } = statement;
    if (reader) statement.raw();
    return {
      run: (...values) => statement.run(...values).changes,
      all: (...values) => statement.all(...values) as SqlValue[][],
      iterate: (...values) => statement.iterate(...values) as IterableIterator<SqlValue[]>,
    };
  }

  /** All of the work, or none of it. What it throws is thrown on. */
  transaction<T>(work: () => T): T {
    this.begin.run();
    try {
      const result = work();
      this.commit.run();
      return result;
    } catch (error) {
      if (this.connection.inTransaction) this.rollback.run();
      throw error;
    }
  }

  /** Another one than before when another process has written. */
  dataVersion(): number {
    return Number(this.version.all()[0]?.[0]);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.connection.close();
    this.lock?.release();
  }
}

/** Digests are as good as passwords: only the owner reads them. SQLite gives its other files the same mode. */
function makePrivate(file: string): void {
  if (existsSync(file)) return;
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

function migrate(file: string, connection: Libsql.Database): void {
  const latest = migrations.length;
  if (versionOf(connection) === latest) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have done it while this one waited.
    const version = versionOf(connection);
    if (version > latest) {
      throw new StoreError(
        `${file} was written by a newer version of Callchart: use that, or another data.directory`,
      );
    }
    for (const migration of migrations.slice(version)) connection.exec(migration);
    connection.exec(`PRAGMA user_version = ${latest}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(connection: Libsql.Database): number {
  const [row] = connection.prepare('PRAGMA user_version').raw().all() as (readonly unknown[])[];
  return Number(row?.[0]);
}
