import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Binding } from '../../runtime/sip/server/port';
import { SqliteBindingStore } from '../../runtime/store/binding-store';
import { StoreError } from '../../runtime/store/store-error';
import { bindingOf, DataDirectory } from './support/data-directory';

// A child compiles its sources first; the machine may be busy.
jest.setTimeout(60_000);

const now = 1_800_000_000_000;
let directory: DataDirectory;

beforeEach(() => {
  directory = new DataDirectory();
});

afterEach(() => directory.remove());

function reload(): Binding[] {
  const database = directory.open();
  const bindings = [...new SqliteBindingStore(database).load(now)];
  database.close();
  return bindings.sort((a, b) => a.cseq - b.cseq);
}

describe('bindings in the database', () => {
  const full = bindingOf(1, {
    q: 0.35,
    userAgent: 'Phone',
    path: ['<sip:edge.example.com;lr;ob>', '"a, b" <sip:core.example.com;lr>'],
    instanceId: '<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>',
    regId: 2,
    params: ';audio;methods="INVITE,BYE"',
    flow: 'tls:17',
    source: { protocol: 'TLS', host: '2001:db8::1', port: 40_000 },
  });

  it('come back as they were', () => {
    const store = new SqliteBindingStore(directory.open());
    store.write([
      { type: 'added', binding: full },
      { type: 'added', binding: bindingOf(2) },
    ]);
    expect(reload()).toEqual([full, bindingOf(2)]);
  });

  it('are replaced by a refresh and forgotten when removed', () => {
    const store = new SqliteBindingStore(directory.open());
    store.write([1, 2].map((index) => ({ type: 'added', binding: bindingOf(index) })));
    const moved = { ...bindingOf(2, { q: 0.1 }), cseq: 9 };
    store.write([
      { type: 'refreshed', binding: moved },
      { type: 'removed', binding: bindingOf(1), reason: 'unregistered' },
    ]);
    expect(reload()).toEqual([moved]);
  });

  it('of one instance over two flows are two, though their contact is the same', () => {
    const store = new SqliteBindingStore(directory.open());
    const other = { ...full, regId: 3, cseq: 2 };
    store.write([full, other].map((binding) => ({ type: 'added', binding })));
    expect(reload()).toEqual([full, other]);
  });

  it('that have expired are not loaded, and forgotten by a server', () => {
    const left = bindingOf(2, { expiresAt: now + 1 });
    const database = directory.open('server');
    const store = new SqliteBindingStore(database);
    store.write([
      { type: 'added', binding: bindingOf(1, { expiresAt: now }) },
      { type: 'added', binding: left },
    ]);
    const count = database.prepare('SELECT count(*) FROM bindings');
    expect(reload()).toEqual([left]);
    expect(count.all()).toEqual([[2]]);
    expect([...store.load(now)]).toEqual([left]);
    expect(count.all()).toEqual([[1]]);
  });

  it('are all written or none', () => {
    const database = directory.open();
    database
      .prepare(
        `CREATE TRIGGER refuse BEFORE INSERT ON bindings WHEN new.cseq = 3
         BEGIN SELECT RAISE(ABORT, 'no'); END`,
      )
      .run();
    const store = new SqliteBindingStore(database);
    const changes = [1, 2, 3, 4].map(
      (index) => ({ type: 'added', binding: bindingOf(index) }) as const,
    );
    expect(() => store.write(changes)).toThrow(StoreError);
    expect(reload()).toEqual([]);
    store.write(changes.slice(0, 2));
    expect(reload()).toHaveLength(2);
  });
});

describe('kill -9', () => {
  it('loses no binding that was answered, and lets the next server in', async () => {
    const script = join(__dirname, 'support', 'register-until-killed.ts');
    const child = spawn(process.execPath, ['-r', 'ts-node/register', script, directory.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      // Past the first checkpoint of the log into the file.
      if (said.includes('\n4000\n')) child.kill('SIGKILL');
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');

    const last = Number(said.trimEnd().split('\n').at(-1));
    expect(last).toBeGreaterThanOrEqual(4_000);
    const database = directory.open('server');
    const kept = [...new SqliteBindingStore(database).load(now)].sort((a, b) => a.cseq - b.cseq);
    // One more may have been written than was said.
    expect(kept.length).toBeGreaterThan(last);
    expect(kept.length).toBeLessThanOrEqual(last + 2);
    expect(kept.every((binding, index) => binding.cseq === index)).toBe(true);
  });
});
