import { type ApiScope } from '../core/api-scope';
import { SecureRandom } from '../core/random';
import { closest } from '../core/suggest';
import { makeApiKey } from '../store/api-key-store';
import { ApiKeyTable, type StoredApiKey } from '../store/api-key-table';
import { Database, hasDatabase } from '../store/database';
import { loadConfig } from './load-config';
import { formatTable } from './table';

export interface KeysOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export interface AddKeyOptions extends KeysOptions {
  readonly name: string;
  readonly scope: ApiScope;
}

/** `callchart keys add`. Gives the exit status, as all of these do. */
export function addKey({ name, scope, ...options }: AddKeyOptions): number {
  const { key, prefix, hash } = makeApiKey(new SecureRandom());
  withTable(options, (table) => table.add({ prefix, name, scope, hash, created: Date.now() }));
  say(
    options.json === true
      ? JSON.stringify({ name, scope, prefix, key })
      : `added ${name} (${scope})\nkey: ${key}\nIt is shown this once.`,
  );
  return 0;
}

/** `callchart keys list`. */
export function listKeys(options: KeysOptions): number {
  const keys = readKeys(options);
  if (options.json === true) {
    for (const key of keys) say(JSON.stringify(shown(key)));
    return 0;
  }
  if (keys.length === 0) {
    say('there are no keys; callchart keys add makes one');
    return 0;
  }
  const rows = keys
    .map(shown)
    .map((key) => [
      key.name,
      key.scope,
      key.prefix,
      shortTime(key.created),
      key.lastUsed === null ? 'never' : shortTime(key.lastUsed),
    ]);
  say(formatTable([['name', 'scope', 'begins with', 'created', 'last used'], ...rows]));
  return 0;
}

/** `callchart keys revoke`. */
export function revokeKey(key: string, options: KeysOptions): number {
  const keys = readKeys(options);
  if (hasDatabaseOf(options) && withTable(options, (table) => table.revoke(key))) {
    say(`revoked ${key}`);
    return 0;
  }
  const near = closest(
    key,
    keys.map(({ name }) => name),
  );
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  process.stderr.write(`callchart: there is no key ${key}${hint}\n`);
  return 1;
}

/** What may be known of a key. Times are ISO 8601. */
function shown({ name, scope, prefix, created, lastUsed }: StoredApiKey) {
  return {
    ...{ name, scope, prefix },
    created: new Date(created).toISOString(),
    lastUsed: lastUsed === undefined ? null : new Date(lastUsed).toISOString(),
  };
}

function directoryOf({ config }: KeysOptions): string {
  return loadConfig(config).data.directory;
}

function hasDatabaseOf(options: KeysOptions): boolean {
  return hasDatabase(directoryOf(options));
}

function readKeys(options: KeysOptions): StoredApiKey[] {
  return hasDatabaseOf(options) ? withTable(options, (table) => table.list()) : [];
}

function withTable<T>(options: KeysOptions, work: (table: ApiKeyTable) => T): T {
  const database = Database.open({ directory: directoryOf(options) });
  try {
    return work(new ApiKeyTable(database));
  } finally {
    database.close();
  }
}

function shortTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\..*$/, '');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
