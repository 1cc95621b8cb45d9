import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { SecretStore } from '../sip/auth/port';
import type { BindingStore } from '../sip/server/port';
import { SqliteBindingStore } from '../store/binding-store';
import { Database } from '../store/database';
import { UserStore } from '../store/user-store';

/** The users, as the service asks for them. */
export interface UserSource extends SecretStore {
  readonly size: number;
  /** The user name behind a name: itself, or an alias. */
  userOf(name: string): string | undefined;
  onRemoved(listener: (username: string) => void): () => void;
}

/** What outlives the process. */
export interface ServiceData {
  readonly users: UserSource;
  /** Absent: bindings end with the process. */
  readonly bindings?: BindingStore;
  /** At least 32 octets that stay the same, so that dialogs which we are in the way of outlive a restart. */
  readonly secret?: Uint8Array;
  /** Absent: calls and events are not kept. */
  readonly database?: Database;
  close(): void;
}

/**
 * Opens the database of a data directory, which no other server may have.
 *
 * @throws {StoreError} in one line: what is wrong with it, and what to do
 */
export function openData(options: {
  readonly directory: string;
  readonly realm: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): ServiceData {
  const { directory, realm, clock, logger } = options;
  const database = Database.open({ directory, purpose: 'server' });
  try {
    const users = new UserStore({ database, clock, logger, realm });
    users.watch();
    return {
      users,
      bindings: new SqliteBindingStore(database),
      secret: readSecret(directory),
      database,
      close: () => {
        users.close();
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Octets of the key that signs what comes back to us in Route headers. */
const secretLength = 32;

/** The key of a data directory, made when it is missing; only the owner may read it. */
function readSecret(directory: string): Uint8Array {
  const file = join(directory, 'proxy.key');
  try {
    const secret = readFileSync(file);
    if (secret.length === secretLength) {
      keepPrivate(file);
      return secret;
    }
  } catch {
    // There is none yet: the database beside it is new, or older than the key.
  }
  const secret = randomBytes(secretLength);
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}

/** A copy, or a restored backup, may be readable for others. */
function keepPrivate(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // It is somebody else's, who may do with it as he likes.
  }
}
