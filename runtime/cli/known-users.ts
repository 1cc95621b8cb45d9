import type { ResolvedConfig } from '../config/resolve';
import { userOf } from '../routing/facts';
import type { Uri } from '../sip/message/uri';
import { SqliteBindingStore } from '../store/binding-store';
import { Database, hasDatabase } from '../store/database';
import { UserTable } from '../store/user-table';

/** Who is known and registered, as the database of a server says, which need not run. */
export interface KnownUsers {
  readonly size: number;
  /** By username or alias. */
  has(name: string): boolean;
  /** @param time milliseconds since the epoch */
  isRegistered(uri: Uri, time: number): boolean;
}

/** Reads them once. A data directory that no server has used has none. */
export function readUsers({ data, registrar }: ResolvedConfig): KnownUsers {
  const names = new Map<string, string>();
  const registered = new Map<string, number>();
  if (hasDatabase(data.directory)) {
    const realm = registrar.domains[0] ?? 'callchart';
    const database = Database.open({ directory: data.directory });
    try {
      for (const { username, aliases, realm: own } of new UserTable(database).list()) {
        if (own !== realm) continue;
        for (const name of [username, ...aliases]) names.set(name, username);
      }
      for (const { aor, expiresAt } of new SqliteBindingStore(database).load(Date.now())) {
        registered.set(aor, Math.max(expiresAt, registered.get(aor) ?? 0));
      }
    } finally {
      database.close();
    }
  }
  return {
    size: names.size,
    has: (name) => names.has(name),
    isRegistered: (uri, time) => {
      const name = userOf(uri);
      const domain = registrar.domains[0] ?? 'callchart';
      return (registered.get(`sip:${names.get(name) ?? name}@${domain}`) ?? 0) > time;
    },
  };
}
