import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../runtime/core/logger';
import { SecureRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { AnswerTable } from '../../runtime/store/answer-table';
import { ApiKeyStore, makeApiKey } from '../../runtime/store/api-key-store';
import { ApiKeyTable } from '../../runtime/store/api-key-table';
import { Database, databaseFile } from '../../runtime/store/database';

let directory: string;
let database: Database;
/** That of another process, as `callchart keys` is. */
let other: Database;
let clock: VirtualClock;
let store: ApiKeyStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-keys-'));
  database = Database.open({ directory });
  other = Database.open({ directory });
  clock = new VirtualClock();
  store = new ApiKeyStore(database, clock, silentLogger);
});

afterEach(() => {
  database.close();
  other.close();
  rmSync(directory, { recursive: true, force: true });
});

function add(name = 'billing'): string {
  const { key, prefix, hash } = makeApiKey(new SecureRandom());
  new ApiKeyTable(other).add({ prefix, name, scope: 'read', hash, created: 7 });
  return key;
}

it('knows a key that another process has added, and forgets one that it has revoked, at once', () => {
  expect(store.size).toBe(0);
  const key = add();
  expect(store.find(key)).toMatchObject({ name: 'billing', scope: 'read' });
  expect(new ApiKeyTable(other).revoke('billing')).toBe(true);
  expect(store.find(key)).toBeUndefined();
  expect(store.has(key.slice(0, 11))).toBe(false);
});

it('keeps no key: who reads the database finds none in it', () => {
  const key = add();
  const secret = key.slice(12);
  expect(secret.length).toBeGreaterThan(20);
  other.close();
  database.close();
  expect(readFileSync(databaseFile(directory)).includes(secret)).toBe(false);
});

it('takes no key that differs in one character, and nothing else that is no key', () => {
  const key = add();
  const last = key.endsWith('A') ? 'B' : 'A';
  for (const wrong of [`${key.slice(0, -1)}${last}`, key.slice(0, 11), '', `${key}A`, 'cc__']) {
    expect(store.find(wrong)).toBeUndefined();
  }
});

it('makes keys of 256 random bits, of which no two are alike', () => {
  const keys = Array.from({ length: 50 }, () => makeApiKey(new SecureRandom()).key);
  expect(new Set(keys).size).toBe(50);
  for (const key of keys) expect(key).toMatch(/^cc_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
});

it('notes when a key was used, once a minute at the most', () => {
  const key = add();
  const lastUsed = () => new ApiKeyTable(other).list()[0]?.lastUsed;
  expect(lastUsed()).toBeUndefined();
  store.find(key);
  const first = lastUsed();
  expect(first).toBe(clock.now());
  clock.advance(59_000);
  store.find(key);
  expect(lastUsed()).toBe(first);
  clock.advance(1_000);
  store.find(key);
  expect(lastUsed()).toBe(clock.now());
});

it('refuses a name that is taken, or is none', () => {
  add();
  expect(() => add()).toThrow(/there is a key billing already/);
  expect(() => add('a\nb')).toThrow(/is no name for a key/);
});

it('keeps what it knows when the database cannot be read any more', () => {
  const key = add();
  store.find(key);
  database.close();
  expect(store.find(key)).toMatchObject({ name: 'billing' });
});

it('finds an answer again for as long as it is kept, after a restart too', () => {
  const answer = { request: 'abc', status: 201, headers: { Location: '/x' }, body: { id: 1 } };
  new AnswerTable(database).keep('k', 'once', answer, { now: 1_000, since: 0 });
  const again = new AnswerTable(other);
  expect(again.find('k', 'once', 999)).toEqual(answer);
  expect(again.find('k', 'once', 1_000)).toBeUndefined();
  expect(again.find('other', 'once', 0)).toBeUndefined();
  again.keep('k', 'twice', answer, { now: 5_000, since: 1_000 });
  expect(again.find('k', 'once', 0)).toBeUndefined();
});
