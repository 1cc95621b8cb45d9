import type { ApiScope } from '../core/api-scope';
import { isApiScope } from '../core/api-scope';
import type { Database, SqlValue, Statement } from './database';
import { explainStoreError, StoreError } from './store-error';

/** A key of the API as it is kept: the key itself nobody can find out again. */
export interface StoredApiKey {
  /** What the key begins with: finds it, and names it in logs. */
  readonly prefix: string;
  readonly name: string;
  readonly scope: ApiScope;
  /** SHA-256 of the whole key, in hexadecimal. */
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** To the minute; undefined when it was never used. */
  readonly lastUsed: number | undefined;
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

/** The keys of the API in the database; each member is one transaction. All throw a {@link StoreError}. */
export class ApiKeyTable {
  private readonly insert: Statement;
  private readonly remove: Statement;
  private readonly touch: Statement;
  private readonly select: Statement;

  constructor(private readonly database: Database) {
    this.insert = database.prepare(
      'INSERT INTO api_keys (prefix, name, scope, hash, created) VALUES (?, ?, ?, ?, ?)',
    );
    this.remove = database.prepare('DELETE FROM api_keys WHERE name = ?1 OR prefix = ?1');
    this.touch = database.prepare('UPDATE api_keys SET last_used = ? WHERE prefix = ?');
    this.select = database.prepare(
      'SELECT prefix, name, scope, hash, created, last_used FROM api_keys ORDER BY name',
    );
  }

  /** By name. */
  list(): StoredApiKey[] {
    return this.guarded(() => this.select.all().flatMap(toKey));
  }

  /** Refuses a name that is taken. */
  add({ prefix, name, scope, hash, created }: Omit<StoredApiKey, 'lastUsed'>): void {
    if (!namePattern.test(name)) {
      throw new StoreError(
        `${JSON.stringify(name)} is no name for a key: 1 to 64 letters, digits, spaces and ._@-, a letter or digit first`,
      );
    }
    this.guarded(() =>
      this.database.transaction(() => {
        if (this.select.all().some((row) => row[1] === name)) {
          throw new StoreError(
            `there is a key ${name} already: take another name, or revoke that one first`,
          );
        }
        this.insert.run(prefix, name, scope, hash, created);
      }),
    );
  }

  /** By name or prefix; false when there is no such key. */
  revoke(nameOrPrefix: string): boolean {
    return this.guarded(() => this.remove.run(nameOrPrefix) > 0);
  }

  used(prefix: string, time: number): void {
    this.guarded(() => this.touch.run(time, prefix));
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explainStoreError(this.database.file, error);
    }
  }
}

function toKey(row: readonly SqlValue[]): StoredApiKey[] {
  const [prefix, name, scope, hash, created, lastUsed] = row;
  const known = String(scope);
  // A scope of a newer version allows nothing here.
  if (!isApiScope(known)) return [];
  return [
    {
      prefix: String(prefix),
      name: String(name),
      scope: known,
      hash: String(hash),
      created: Number(created),
      lastUsed: lastUsed === null ? undefined : Number(lastUsed),
    },
  ];
}
