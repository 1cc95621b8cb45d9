import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { DigestSecret, SecretStore } from '../sip/auth/port';
import type { Database } from './database';
import { type StoredUser, UserTable } from './user-table';

export interface UserStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whose users are asked for: those of another realm cannot log in. */
  readonly realm: string;
}

/** Milliseconds between two looks at whether another process has changed the users. */
const lookInterval = 1_000;
/** Between two looks because somebody unknown has come, who may just have been added. */
const unknownInterval = 100;

/**
 * The users of a realm in memory, asked for with each request. `callchart users` changes them from another
 * process: SQLite tells that something was written in 3 µs, and a counter whether it was a user.
 */
export class UserStore implements SecretStore {
  private readonly table: UserTable;
  private readonly listeners = new Set<(username: string) => void>();
  private users: ReadonlyMap<string, StoredUser> = new Map();
  /** Usernames by username and by alias. */
  private names: ReadonlyMap<string, string> = new Map();
  private dataVersion = -1;
  private changes = -1;
  private lookedAt = -Infinity;
  private timer: TimerHandle | undefined;
  private failing = false;

  /** Reads the users; throws a `StoreError`. */
  constructor(private readonly options: UserStoreOptions) {
    this.table = new UserTable(options.database);
    this.read();
  }

  get size(): number {
    return this.users.size;
  }

  /** Looks for changes once a second until {@link close}. */
  watch(): void {
    this.timer ??= this.options.clock.setTimeout(() => {
      this.timer = undefined;
      this.refresh();
      this.watch();
    }, lookInterval);
  }

  close(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.listeners.clear();
  }

  find(username: string, realm: string): DigestSecret | undefined {
    return realm === this.options.realm ? this.user(username)?.secret : undefined;
  }

  /** The user that has this name or alias. */
  userOf(name: string): string | undefined {
    return this.names.get(name) ?? this.afterLook(() => this.names.get(name));
  }

  user(username: string): StoredUser | undefined {
    return this.users.get(username) ?? this.afterLook(() => this.users.get(username));
  }

  all(): Iterable<StoredUser> {
    return this.users.values();
  }

  /** Told of each user that is there no more; returns what forgets the listener. */
  onRemoved(listener: (username: string) => void): () => void {
    const own = (username: string): void => listener(username);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /** Takes over what other processes have changed. A database that cannot be read leaves all as it is. */
  refresh(): void {
    this.lookedAt = this.options.clock.now();
    try {
      this.read();
      this.failing = false;
    } catch (error) {
      if (!this.failing) {
        this.options.logger.error({ error: describeError(error) }, 'users cannot be read again');
      }
      this.failing = true;
    }
  }

  private read(): void {
    const dataVersion = this.options.database.dataVersion();
    if (dataVersion === this.dataVersion) return;
    const changes = this.table.changes();
    if (changes !== this.changes) this.replace(this.table.list());
    this.changes = changes;
    this.dataVersion = dataVersion;
  }

  private replace(list: readonly StoredUser[]): void {
    const users = new Map<string, StoredUser>();
    const names = new Map<string, string>();
    for (const user of list) {
      if (user.realm !== this.options.realm) continue;
      users.set(user.username, user);
      names.set(user.username, user.username);
      for (const alias of user.aliases) names.set(alias, user.username);
    }
    const removed = Array.from(this.users.keys()).filter((username) => !users.has(username));
    this.users = users;
    this.names = names;
    for (const username of removed) for (const listener of this.listeners) listener(username);
  }

  /** Scanners ask for many who do not exist: they cause a look ten times a second at the most. */
  private afterLook<T>(find: () => T | undefined): T | undefined {
    if (this.options.clock.now() - this.lookedAt < unknownInterval) return undefined;
    this.refresh();
    return find();
  }
}
