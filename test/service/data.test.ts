import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { openData, type ServiceData } from '../../runtime/service/data';
import { hashSecret } from '../../runtime/sip/auth/digest';
import { Database } from '../../runtime/store/database';
import { UserTable } from '../../runtime/store/user-table';

const realm = 'example.com';
let directory: string;
let clock: VirtualClock;
const opened: ServiceData[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callchart-data-'));
  clock = new VirtualClock();
});

afterEach(() => {
  for (const data of opened.splice(0)) data.close();
  expect(clock.pending).toBe(0);
  rmSync(directory, { recursive: true });
});

function open(): ServiceData {
  const data = openData({ directory, realm, clock, logger: silentLogger });
  opened.push(data);
  return data;
}

function close(data: ServiceData): void {
  opened.splice(opened.indexOf(data), 1);
  data.close();
}

test('a new directory has no users, no bindings, and a key that only its owner may read', () => {
  const { users, bindings, secret } = open();
  expect(users.size).toBe(0);
  expect([...(bindings?.load(clock.now()) ?? [])]).toEqual([]);
  expect(secret).toHaveLength(32);
  expect(statSync(join(directory, 'proxy.key')).mode & 0o777).toBe(0o600);
});

test('the key stays the same over a restart, so that dialogs go on', () => {
  const first = open();
  close(first);
  expect(open().secret).toEqual(first.secret);
});

test('no two directories have the same key', () => {
  const first = open();
  close(first);
  rmSync(join(directory, 'proxy.key'));
  expect(open().secret).not.toEqual(first.secret);
});

test.each([0, 16, 31, 33, 1_000])('a key of %d octets is none, and replaced', (length) => {
  const file = join(directory, 'proxy.key');
  writeFileSync(file, Buffer.alloc(length));
  const { secret } = open();
  expect(secret).toHaveLength(32);
  expect(Buffer.from(secret ?? [])).not.toEqual(Buffer.alloc(32));
  expect(readFileSync(file)).toEqual(Buffer.from(secret ?? []));
});

test('a key that others may read is one no longer', () => {
  const first = open();
  close(first);
  chmodSync(join(directory, 'proxy.key'), 0o644);
  close(open());
  expect(statSync(join(directory, 'proxy.key')).mode & 0o077).toBe(0);
});

test('users who were added meanwhile can log in within a second, and removed ones cannot', () => {
  const { users } = open();
  const removed: string[] = [];
  const forget = users.onRemoved((name) => removed.push(name));
  const admin = Database.open({ directory, purpose: 'tool' });
  const table = new UserTable(admin);
  const secret = hashSecret('alice', realm, 'secret');
  table.add({ username: 'alice', realm, aliases: ['100'], secret, created: clock.now() });
  clock.advance(1_000);
  expect(users.userOf('100')).toBe('alice');
  expect(users.find('alice', realm)).toEqual(secret);
  expect(users.find('alice', 'example.org')).toBeUndefined();
  table.remove(realm, 'alice', `sip:alice@${realm}`);
  clock.advance(1_000);
  expect(users.find('alice', realm)).toBeUndefined();
  expect(removed).toEqual(['alice']);
  forget();
  admin.close();
});

test('a directory is one server’s alone', () => {
  open();
  expect(() => openData({ directory, realm, clock, logger: silentLogger })).toThrow();
});
