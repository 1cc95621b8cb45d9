import type { ResolvedConfig } from '../config/resolve';
import { SecureRandom } from '../core/random';
import { closest } from '../core/suggest';
import { hashSecret } from '../sip/auth/digest';
import { addressOfUser } from '../sip/server/address-of-record';
import type { Binding } from '../sip/server/port';
import { SqliteBindingStore } from '../store/binding-store';
import { Database, hasDatabase } from '../store/database';
import { type StoredUser, UserTable } from '../store/user-table';
import { loadConfig } from './load-config';
import { askPassword, generatePassword, passwordFrom } from './password';
import { formatTable } from './table';

export interface UsersOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export interface PasswordOptions extends UsersOptions {
  readonly passwordStdin?: boolean;
  readonly generate?: boolean;
}

export interface AddUserOptions extends PasswordOptions {
  readonly alias: readonly string[];
  readonly displayName?: string;
}

/** What a person or a script may know of a user: everything but the secret. */
interface ShownUser {
  readonly username: string;
  readonly address: string;
  readonly displayName: string | null;
  readonly aliases: readonly string[];
  readonly realm: string;
  /** ISO 8601. */
  readonly created: string;
  /** URIs that the user is registered by now. */
  readonly contacts: readonly string[];
}

/** `callchart users add`. Resolves with the exit status, as all of these do. */
export async function addUser(username: string, options: AddUserOptions): Promise<number> {
  const { directory, realm } = placeOf(options);
  const password = await choosePassword(username, options);
  if (password === undefined) return 2;
  withTable(directory, (table) =>
    table.add({
      username,
      realm,
      ...(options.displayName === undefined ? {} : { displayName: options.displayName }),
      aliases: options.alias,
      secret: hashSecret(username, realm, password),
      created: Date.now(),
    }),
  );
  say(`added ${username}, ${addressOfUser(username, realm)}`);
  tellPassword(password, options);
  return 0;
}

/** `callchart users passwd`. */
export async function changePassword(username: string, options: PasswordOptions): Promise<number> {
  const { directory, realm } = placeOf(options);
  if (!isKnown(directory, realm, username)) return 1;
  const password = await choosePassword(username, options);
  if (password === undefined) return 2;
  const secret = hashSecret(username, realm, password);
  const changed = withTable(directory, (table) => table.setSecret(realm, username, secret));
  // Somebody may have removed the user while the password was typed.
  if (!changed) return complain(`there is no user ${username}`);
  say(`changed the password of ${username}`);
  tellPassword(password, options);
  return 0;
}

/** `callchart users remove`. */
export function removeUser(username: string, options: UsersOptions): number {
  const { directory, realm } = placeOf(options);
  if (!isKnown(directory, realm, username)) return 1;
  const aor = addressOfUser(username, realm);
  withTable(directory, (table) => table.remove(realm, username, aor));
  say(`removed ${username}`);
  return 0;
}

/** `callchart users list`. */
export function listUsers(options: UsersOptions): number {
  const { directory, realm } = placeOf(options);
  const users = readUsers(directory);
  if (options.json === true) {
    for (const user of users) say(JSON.stringify(user));
    return 0;
  }
  if (users.length === 0) {
    say(`no users in ${directory}; callchart users add makes one`);
    return 0;
  }
  const heading = ['user', 'name', 'aliases', 'created', 'registered'];
  const rows = users.map((user) => [
    user.username,
    user.displayName ?? '',
    user.aliases.join(' '),
    shortTime(user.created),
    user.realm === realm ? String(user.contacts.length) : `cannot log in: realm ${user.realm}`,
  ]);
  say(formatTable([heading, ...rows]));
  return 0;
}

/** `callchart users show`. */
export function showUser(username: string, options: UsersOptions): number {
  const { directory, realm } = placeOf(options);
  const user = readUsers(directory).find(
    (each) => each.realm === realm && each.username === username,
  );
  if (user === undefined) {
    isKnown(directory, realm, username);
    return 1;
  }
  if (options.json === true) {
    say(JSON.stringify(user));
    return 0;
  }
  const rows = [
    ['user', user.username],
    ['address', user.address],
    ['name', user.displayName ?? ''],
    ['aliases', user.aliases.join(' ')],
    ['realm', user.realm],
    ['created', shortTime(user.created)],
    ['registered', user.contacts.length === 0 ? 'no' : user.contacts.join(' ')],
  ];
  say(formatTable(rows));
  return 0;
}

interface Place {
  readonly directory: string;
  readonly realm: string;
}

function placeOf({ config }: UsersOptions): Place {
  const { data, registrar }: ResolvedConfig = loadConfig(config);
  return { directory: data.directory, realm: registrar.domains[0] ?? 'callchart' };
}

function withTable<T>(directory: string, work: (table: UserTable, database: Database) => T): T {
  const database = Database.open({ directory });
  try {
    return work(new UserTable(database), database);
  } finally {
    database.close();
  }
}

function readUsers(directory: string): ShownUser[] {
  if (!hasDatabase(directory)) return [];
  return withTable(directory, (table, database) => {
    const contacts = new Map<string, string[]>();
    for (const { aor, contact } of new SqliteBindingStore(database).load(Date.now())) {
      contacts.set(aor, [...(contacts.get(aor) ?? []), contact]);
    }
    return table.list().map((user) => shown(user, contacts));
  });
}

function shown(
  { username, realm, displayName, aliases, created }: StoredUser,
  contacts: ReadonlyMap<Binding['aor'], readonly string[]>,
): ShownUser {
  const address = addressOfUser(username, realm);
  return {
    username,
    address,
    displayName: displayName ?? null,
    aliases,
    realm,
    created: new Date(created).toISOString(),
    contacts: contacts.get(address) ?? [],
  };
}

/** Says so when there is no such user, and whose name may have been meant. */
function isKnown(directory: string, realm: string, username: string): boolean {
  const names = readUsers(directory)
    .filter((user) => user.realm === realm)
    .map((user) => user.username);
  if (names.includes(username)) return true;
  const near = closest(username, names);
  complain(`there is no user ${username}${near === undefined ? '' : `; did you mean ${near}?`}`);
  return false;
}

/** Undefined when nobody can be asked: that has been said then. */
async function choosePassword(
  username: string,
  options: PasswordOptions,
): Promise<string | undefined> {
  const { generate = false, passwordStdin = false } = options;
  if (generate && passwordStdin) {
    complain('--generate and --password-stdin exclude each other');
    return undefined;
  }
  if (generate) return generatePassword(new SecureRandom());
  if (passwordStdin) return passwordFrom(process.stdin);
  if (process.stdin.isTTY) return askPassword(process.stdin, process.stderr, username);
  complain('standard input is no terminal: give --password-stdin or --generate');
  return undefined;
}

/** What was generated nobody else knows, and nobody can find out later. */
function tellPassword(password: string, { generate = false }: PasswordOptions): void {
  if (generate) say(`password: ${password}`);
}

function shortTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\..*$/, '');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string): 1 {
  process.stderr.write(`callchart: ${text}\n`);
  return 1;
}
