import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { isBusy, StoreError } from './store-error';

/**
 * Keeps a second server out of a data directory: each would have bindings in its memory that the other
 * does not know of. It is a database of its own with an open transaction, because SQLite's locks are
 * the system's: they end with the process, however that ends.
 */
export class ServerLock {
  private constructor(
    private readonly connection: Libsql.Database,
    private readonly pidFile: string,
  ) {}

  /** @throws {StoreError} when another server has it */
  static take(directory: string): ServerLock {
    const pidFile = join(directory, 'server.pid');
    const connection = new Libsql(join(directory, 'server.lock'));
    try {
      connection.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      connection.close();
      if (!isBusy(error)) throw error;
      const pid = readPid(pidFile);
      const who = pid === undefined ? 'another server' : `another server (process ${pid})`;
      throw new StoreError(
        `${directory} is in use by ${who}: stop it, or give this one a data.directory of its own`,
        error,
      );
    }
    writeFileSync(pidFile, `${process.pid}\n`);
    return new ServerLock(connection, pidFile);
  }

  release(): void {
    rmSync(this.pidFile, { force: true });
    this.connection.close();
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    // It is being started or stopped.
    return undefined;
  }
}
