import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import { hashSecret } from '../../runtime/sip/auth/digest';
import { SqliteBindingStore } from '../../runtime/store/binding-store';
import { type StoredUser, UserTable } from '../../runtime/store/user-table';
import { UserStore } from '../../runtime/store/user-store';
import { bindingOf, DataDirectory } from './support/data-directory';

const realm = 'example.com';
let directory: DataDirectory;
let clock: VirtualClock;

beforeEach(() => {
  directory = new DataDirectory();
  clock = new VirtualClock();
});

afterEach(() => {
  directory.remove();
  expect(clock.pending).toBe(0);
});

function userOf(username: string, aliases: readonly string[] = []): StoredUser {
  const secret = hashSecret(username, realm, 'secret');
  return { username, realm, aliases, secret, created: 1_700_000_000_000 };
}

function storeOf(): UserStore {
  return new UserStore({ database: directory.open('server'), clock, logger: silentLogger, realm });
}

describe('the table of users', () => {
  it('gives back what was added, by name, with sorted aliases', () => {
    const table = new UserTable(directory.open());
    const bob = { ...userOf('bob', ['102', '+4930123']), displayName: 'Bob B.' };
    table.add(bob);
    table.add(userOf('alice'));
    expect(table.list()).toEqual([userOf('alice'), { ...bob, aliases: ['+4930123', '102'] }]);
  });

  it.each([
    ['a username', 'bob', [], 'there is a user bob already'],
    ['a username that is an alias', '102', [], '102 is an alias of bob already'],
    ['an alias that is a username', 'carol', ['bob'], 'there is a user bob already'],
    ['an alias that is another', 'carol', ['103', '102'], '102 is an alias of bob already'],
  ])('refuses %s that is taken, and then adds nothing', (_what, username, aliases, message) => {
    const table = new UserTable(directory.open());
    table.add(userOf('bob', ['102']));
    expect(() => table.add(userOf(username, aliases))).toThrow(message);
    expect(table.list()).toHaveLength(1);
  });

  it.each(['', 'a b', 'a:b', 'a@b', 'a"b', 'a\nb', 'x'.repeat(65)])(
    'refuses the name %j',
    (name) => {
      const table = new UserTable(directory.open());
      expect(() => table.add(userOf(name))).toThrow('is no name for a user');
      expect(() => table.add(userOf('bob', [name]))).toThrow('is no name for a user');
    },
  );

  it('lets the same name be in two realms', () => {
    const table = new UserTable(directory.open());
    table.add(userOf('bob'));
    table.add({ ...userOf('bob'), realm: 'example.org' });
    expect(table.remove('example.org', 'bob', 'sip:bob@example.org')).toBe(true);
    expect(table.list()).toEqual([userOf('bob')]);
  });

  it('removes a user with aliases and bindings, and says when there was none', () => {
    const database = directory.open();
    const table = new UserTable(database);
    table.add(userOf('user1', ['101']));
    const store = new SqliteBindingStore(database);
    store.write([1, 2].map((index) => ({ type: 'added', binding: bindingOf(index) })));
    expect(table.remove(realm, 'user1', 'sip:user1@example.com')).toBe(true);
    expect(table.remove(realm, 'user1', 'sip:user1@example.com')).toBe(false);
    expect([...store.load(0)]).toEqual([bindingOf(2)]);
    table.add(userOf('carol', ['101']));
  });

  it('changes a secret, and says when there is nobody whose it would be', () => {
    const table = new UserTable(directory.open());
    table.add(userOf('bob'));
    const secret = hashSecret('bob', realm, 'other');
    expect(table.setSecret(realm, 'bob', secret)).toBe(true);
    expect(table.setSecret(realm, 'eve', secret)).toBe(false);
    expect(table.list()[0]?.secret).toEqual(secret);
  });
});

describe('users as the server asks for them', () => {
  it('are found by realm and name, and known by their aliases', () => {
    new UserTable(directory.open()).add(userOf('bob', ['102']));
    const store = storeOf();
    expect(store.find('bob', realm)).toEqual(hashSecret('bob', realm, 'secret'));
    expect(store.find('bob', 'elsewhere')).toBeUndefined();
    // An alias is a name to be called by, none to log in with.
    expect(store.find('102', realm)).toBeUndefined();
    expect(store.userOf('102')).toBe('bob');
    expect(store.userOf('bob')).toBe('bob');
    expect(store.userOf('eve')).toBeUndefined();
  });

  it('are there at once when another process adds them, because somebody unknown is looked up', () => {
    const store = storeOf();
    clock.advance(1_000);
    expect(store.find('bob', realm)).toBeUndefined();
    new UserTable(directory.open()).add(userOf('bob'));
    // Not more than ten looks a second.
    expect(store.find('bob', realm)).toBeUndefined();
    clock.advance(100);
    expect(store.find('bob', realm)).toBeDefined();
  });

  it('are gone within a second when another process removes them, and whoever listens is told', () => {
    const table = new UserTable(directory.open());
    table.add(userOf('bob'));
    const store = storeOf();
    const removed: string[] = [];
    store.onRemoved((username) => removed.push(username));
    store.watch();
    table.remove(realm, 'bob', 'sip:bob@example.com');
    clock.advance(999);
    expect(removed).toEqual([]);
    clock.advance(1);
    expect(removed).toEqual(['bob']);
    expect(store.find('bob', realm)).toBeUndefined();
    store.close();
  });

  it('are not read again for every binding that is written', () => {
    const database = directory.open('server');
    const other = directory.open();
    new UserTable(other).add(userOf('bob'));
    const store = new UserStore({ database, clock, logger: silentLogger, realm });
    const before = store.user('bob');
    new SqliteBindingStore(other).write([{ type: 'added', binding: bindingOf(1) }]);
    store.refresh();
    expect(store.user('bob')).toBe(before);
  });

  it('stay when the database cannot be read, which is said once', () => {
    const errors: string[] = [];
    const database = directory.open('server');
    new UserTable(directory.open()).add(userOf('bob'));
    const logger = { ...silentLogger, error: (_: unknown, text: string) => errors.push(text) };
    const store = new UserStore({ database, clock, logger, realm });
    const other = directory.open();
    other.prepare('DROP TABLE aliases').run();
    other.prepare('UPDATE user_changes SET count = 99').run();
    store.refresh();
    store.refresh();
    expect(store.find('bob', realm)).toBeDefined();
    expect(errors).toEqual(['users cannot be read again']);
  });
});
