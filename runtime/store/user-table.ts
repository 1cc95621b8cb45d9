import type { DigestSecret } from '../sip/auth/port';
import type { Database, SqlValue, Statement } from './database';
import { explainStoreError, StoreError } from './store-error';

/** Somebody who may register and place calls. */
export interface StoredUser {
  readonly username: string;
  /** Of the digests: the secret is good for nothing in another one. */
  readonly realm: string;
  readonly displayName?: string;
  /** Further names that calls reach the user by: extensions, numbers. Sorted. */
  readonly aliases: readonly string[];
  readonly secret: DigestSecret;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** Neither what would end a name within a URI or a digest, nor what no phone can send. */
const namePattern = /^[^\s:;"@<>\\/?,\p{Cc}]{1,64}$/u;

/** The users in the database; each member is one transaction. All throw a {@link StoreError}. */
export class UserTable {
  private readonly insertUser: Statement;
  private readonly insertAlias: Statement;
  private readonly deleteUser: Statement;
  private readonly deleteAliases: Statement;
  private readonly deleteBindings: Statement;
  private readonly updateSecret: Statement;
  private readonly selectUsers: Statement;
  private readonly selectAliases: Statement;
  private readonly selectTaken: Statement;
  private readonly countChange: Statement;
  private readonly selectChanges: Statement;

  constructor(private readonly database: Database) {
    const prepare = (sql: string): Statement => database.prepare(sql);
    this.insertUser = prepare(
      'INSERT INTO users (realm, username, display_name, secret, created) VALUES (?, ?, ?, ?, ?)',
    );
    this.insertAlias = prepare('INSERT INTO aliases (realm, alias, username) VALUES (?, ?, ?)');
    this.deleteUser = prepare('DELETE FROM users WHERE realm = ? AND username = ?');
    this.deleteAliases = prepare('DELETE FROM aliases WHERE realm = ? AND username = ?');
    this.deleteBindings = prepare('DELETE FROM bindings WHERE aor = ?');
    this.updateSecret = prepare('UPDATE users SET secret = ? WHERE realm = ? AND username = ?');
    this.selectUsers = prepare(
      'SELECT realm, username, display_name, secret, created FROM users ORDER BY realm, username',
    );
    this.selectAliases = prepare('SELECT realm, alias, username FROM aliases ORDER BY alias');
    this.selectTaken = prepare(
      'SELECT username FROM users WHERE realm = ?1 AND username = ?2 ' +
        'UNION SELECT username FROM aliases WHERE realm = ?1 AND alias = ?2',
    );
    this.countChange = prepare('UPDATE user_changes SET count = count + 1');
    this.selectChanges = prepare('SELECT count FROM user_changes');
  }

  /** All of them, by realm and name. */
  list(): StoredUser[] {
    return this.guarded(() => {
      const aliases = new Map<string, string[]>();
      for (const row of this.selectAliases.iterate()) {
        const [realm, alias, username] = row.map(String) as [string, string, string];
        const key = keyOf(realm, username);
        const known = aliases.get(key);
        if (known === undefined) aliases.set(key, [alias]);
        else known.push(alias);
      }
      return this.selectUsers.all().map((row) => toUser(row, aliases));
    });
  }

  /** Refuses names that are taken, as a username or as an alias. */
  add(user: StoredUser): void {
    const { realm, username, displayName, aliases, secret, created } = user;
    for (const name of [username, ...aliases]) checkName(name);
    this.change(() => {
      for (const name of new Set([username, ...aliases])) this.checkFree(realm, name);
      const json = JSON.stringify(secret);
      this.insertUser.run(realm, username, displayName ?? null, json, created);
      for (const alias of new Set(aliases)) {
        if (alias !== username) this.insertAlias.run(realm, alias, username);
      }
    });
  }

  /** With the bindings of the user's address of record. False when there is no such user. */
  remove(realm: string, username: string, aor: string): boolean {
    return this.change(() => {
      this.deleteAliases.run(realm, username);
      this.deleteBindings.run(aor);
      return this.deleteUser.run(realm, username) > 0;
    });
  }

  /** False when there is no such user. */
  setSecret(realm: string, username: string, secret: DigestSecret): boolean {
    return this.change(() => this.updateSecret.run(JSON.stringify(secret), realm, username) > 0);
  }

  /** How often users were changed, by whatever process. */
  changes(): number {
    return this.guarded(() => Number(this.selectChanges.all()[0]?.[0]));
  }

  private checkFree(realm: string, name: string): void {
    const [row] = this.selectTaken.all(realm, name);
    if (row === undefined) return;
    const owner = String(row[0]);
    throw new StoreError(
      owner === name
        ? `there is a user ${name} already`
        : `${name} is an alias of ${owner} already`,
    );
  }

  private change<T>(work: () => T): T {
    return this.guarded(() =>
      this.database.transaction(() => {
        const result = work();
        this.countChange.run();
        return result;
      }),
    );
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explainStoreError(this.database.file, error);
    }
  }
}

function checkName(name: string): void {
  if (!namePattern.test(name)) {
    throw new StoreError(
      `${JSON.stringify(name)} is no name for a user: 1 to 64 characters, without spaces and :;"@<>\\/?,`,
    );
  }
}

function keyOf(realm: string, username: string): string {
  return `${username}\n${realm}`;
}

function toUser(
  row: readonly SqlValue[],
  aliases: ReadonlyMap<string, readonly string[]>,
): StoredUser {
  const [realm, username, displayName, secret, created] = row;
  return {
    username: String(username),
    realm: String(realm),
    ...(typeof displayName === 'string' ? { displayName } : {}),
    aliases: aliases.get(keyOf(String(realm), String(username))) ?? [],
    secret: JSON.parse(String(secret)) as DigestSecret,
    created: Number(created),
  };
}
