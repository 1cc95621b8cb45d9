import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { SqliteBindingStore } from '../../runtime/store/binding-store';
import { Database, databaseFile, hasDatabase } from '../../runtime/store/database';
import { explainStoreError, StoreError } from '../../runtime/store/store-error';
import { bindingOf, DataDirectory } from './support/data-directory';

let directory: DataDirectory;

beforeEach(() => {
  directory = new DataDirectory();
});

afterEach(() => directory.remove());

function failure(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('the database of a data directory', () => {
  it('is made on first use, for its owner only', () => {
    expect(hasDatabase(directory.path)).toBe(false);
    directory.open();
    expect(hasDatabase(directory.path)).toBe(true);
    expect(statSync(databaseFile(directory.path)).mode & 0o777).toBe(0o600);
  });

  it('keeps what was written when it is opened again, with its schema', () => {
    const first = directory.open();
    first.prepare('UPDATE user_changes SET count = 7').run();
    first.close();
    const again = directory.open();
    expect(again.prepare('SELECT count FROM user_changes').all()).toEqual([[7]]);
  });

  it('takes a transaction back whose work fails, and goes on', () => {
    const database = directory.open();
    const update = database.prepare('UPDATE user_changes SET count = count + 1');
    expect(() =>
      database.transaction(() => {
        update.run();
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    database.transaction(() => update.run());
    expect(database.prepare('SELECT count FROM user_changes').all()).toEqual([[1]]);
  });

  it('sees by its version that another process has written', () => {
    const server = directory.open('server');
    const before = server.dataVersion();
    server.prepare('UPDATE user_changes SET count = 1').run();
    expect(server.dataVersion()).toBe(before);
    directory.open().prepare('UPDATE user_changes SET count = 2').run();
    expect(server.dataVersion()).not.toBe(before);
  });
});

describe('one server at a time', () => {
  it('refuses a second one and names the first', () => {
    directory.open('server');
    const error = failure(() => directory.open('server'));
    expect(error.code).toBe('CALLCHART_STORE');
    expect(error.message).toBe(
      `${directory.path} is in use by another server (process ${process.pid}): ` +
        'stop it, or give this one a data.directory of its own',
    );
  });

  it('lets tools in beside it, and the next one in when it has ended', () => {
    const server = directory.open('server');
    directory.open('tool').prepare('UPDATE user_changes SET count = 1').run();
    server.close();
    expect(existsSync(directory.file('server.pid'))).toBe(false);
    directory.open('server');
    expect(readFileSync(directory.file('server.pid'), 'utf8')).toBe(`${process.pid}\n`);
  });
});

describe('a database that cannot be used is one line with a remedy', () => {
  it('when the file is something else', () => {
    writeFileSync(
      databaseFile(directory.path),
      'not a database, but long enough to be read as one'.repeat(99),
    );
    expect(failure(() => directory.open('server')).message).toBe(
      `${databaseFile(directory.path)} is damaged: restore a copy of it, or move it away and add the users anew`,
    );
    // The failed attempt holds nothing.
    expect(existsSync(directory.file('server.pid'))).toBe(false);
  });

  it('when a newer version wrote it', () => {
    const database = directory.open();
    database.prepare('PRAGMA user_version = 999').run();
    database.close();
    expect(failure(() => directory.open()).message).toMatch(/was written by a newer version/);
  });

  it.each([
    ['EACCES', 'cannot be written: check its owner and permissions'],
    ['SQLITE_READONLY', 'cannot be written: check its owner and permissions'],
    ['SQLITE_FULL', 'cannot be written: the disk is full'],
    ['SQLITE_BUSY', 'is locked by another process; try again when that is done'],
    [
      'SQLITE_CORRUPT_INDEX',
      'is damaged: restore a copy of it, or move it away and add the users anew',
    ],
  ])('when the system or SQLite says %s', (code, message) => {
    const error = Object.assign(new Error('no'), { code });
    expect(explainStoreError('a.db', error).message).toBe(`a.db ${message}`);
    expect(explainStoreError('a.db', error).cause).toBe(error);
  });

  it('when another process writes for longer than it waits', () => {
    const tool = directory.open('tool');
    const server = new SqliteBindingStore(directory.open('server'));
    tool.transaction(() => {
      const write = (): void => server.write([{ type: 'added', binding: bindingOf(1) }]);
      expect(failure(write).message).toMatch(/is locked by another process/);
    });
    server.write([{ type: 'added', binding: bindingOf(1) }]);
  });

  it('when its directory cannot be made', () => {
    writeFileSync(directory.file('taken'), '');
    const open = (): Database => Database.open({ directory: directory.file('taken') });
    expect(failure(open).message).toMatch(/cannot be used: .*taken/);
  });
});
