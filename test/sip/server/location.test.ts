import fc from 'fast-check';
import { silentLogger } from '../../../runtime/core/logger';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { Location } from '../../../runtime/sip/server/location';
import type { Binding, BindingChange } from '../../../runtime/sip/server/port';
import { MemoryStore } from './support/registrar-bench';

let clock: VirtualClock;
let store: MemoryStore;
let location: Location;
let changes: BindingChange[];
let warnings: string[];

function start(): void {
  const logger = {
    ...silentLogger,
    warn: (_: unknown, text: string) => warnings.push(text),
    error: (_: unknown, text: string) => warnings.push(text),
  };
  location = new Location({ clock, logger, store, maxExpires: 3_600_000 });
  location.onChange((change) => changes.push(change));
  location.load();
}

beforeEach(() => {
  clock = new VirtualClock();
  store = new MemoryStore();
  changes = [];
  warnings = [];
  start();
});

afterEach(() => {
  location.close();
  expect(clock.pending).toBe(0);
});

function aorOf(user: number): string {
  return `sip:user${user}@example.com`;
}

function bindingOf(user: number, lifetime: number, more: Partial<Binding> = {}): Binding {
  return {
    aor: aorOf(user),
    contact: `sip:user${user}@192.0.2.9`,
    q: 1,
    expiresAt: clock.now() + lifetime,
    registeredAt: clock.now(),
    callId: 'c',
    cseq: 1,
    path: [],
    source: { protocol: 'UDP', host: '192.0.2.9', port: 5060 },
    ...more,
  };
}

/** Makes these the only bindings of the user. */
function put(user: number, ...bindings: Binding[]): void {
  const known = location.bindings(aorOf(user)).length > 0;
  const type = known ? 'refreshed' : 'added';
  location.commit(
    aorOf(user),
    bindings,
    bindings.map((binding) => ({ type, binding })),
  );
}

describe('the location service', () => {
  it('knows nobody who has not registered', () => {
    expect(location.bindings('sip:nobody@example.com')).toEqual([]);
    expect(location.targets('sip:nobody@example.com')).toEqual([]);
    expect(location.size).toBe(0);
  });

  it('gives the bindings of a user by q, and all that there are', () => {
    const low = bindingOf(1, 60_000, { q: 0.1 });
    const high = bindingOf(1, 60_000, { q: 0.9, contact: 'sip:x@y.example' });
    put(1, low, high);
    put(2, bindingOf(2, 60_000));
    expect(location.bindings(aorOf(1))).toEqual([high, low]);
    expect([...location.all()]).toHaveLength(3);
    expect(location.size).toBe(3);
  });

  it('tells listeners of what was kept until they are forgotten, and a broken one harms nobody', () => {
    const heard: string[] = [];
    location.onChange(() => {
      throw new Error('broken');
    });
    const forget = location.onChange(({ type }) => heard.push(type));
    put(1, bindingOf(1, 60_000));
    forget();
    put(1, bindingOf(1, 90_000));
    expect(heard).toEqual(['added']);
    expect(changes.map(({ type }) => type)).toEqual(['added', 'refreshed']);
    expect(warnings).toContain('a listener to bindings failed');
  });

  it('removes what a user has registered when the user is removed', () => {
    put(1, bindingOf(1, 60_000));
    put(2, bindingOf(2, 60_000));
    location.removeAll(aorOf(1));
    location.removeAll('sip:nobody@example.com');
    expect(location.bindings(aorOf(1))).toEqual([]);
    expect(changes.at(-1)).toMatchObject({ type: 'removed', reason: 'user-removed' });
    expect(store.rows.size).toBe(1);
  });
});

describe('expiry', () => {
  it('hides a binding from the moment that it expires, and forgets it within a second', () => {
    clock.advance(0.25);
    put(1, bindingOf(1, 60_000));
    clock.advance(59_999.9);
    expect(location.bindings(aorOf(1))).toHaveLength(1);
    clock.advance(0.1);
    expect(location.bindings(aorOf(1))).toEqual([]);
    expect(location.targets(aorOf(1))).toEqual([]);
    expect([...location.all()]).toEqual([]);
    clock.advance(1_000);
    expect(location.size).toBe(0);
    expect(store.rows.size).toBe(0);
    expect(changes.at(-1)).toMatchObject({ type: 'removed', reason: 'expired' });
    expect(clock.pending).toBe(0);
  });

  it('has one timer, however many bindings there are and however often they are renewed', () => {
    for (let user = 0; user < 500; user += 1) put(user, bindingOf(user, 60_000 + user * 100));
    expect(clock.pending).toBe(1);
    for (let round = 0; round < 10; round += 1) {
      clock.advance(30_000);
      for (let user = 0; user < 500; user += 1) put(user, bindingOf(user, 60_000 + user * 100));
      expect(clock.pending).toBe(1);
    }
    expect(location.size).toBe(500);
    expect(changes.some(({ type }) => type === 'removed')).toBe(false);
    clock.advance(111_000);
    expect(location.size).toBe(0);
    expect(changes.filter(({ type }) => type === 'removed')).toHaveLength(500);
  });

  it('is told and written even when the next REGISTER comes before the sweep', () => {
    clock.advance(1);
    put(1, bindingOf(1, 60_000));
    clock.advance(60_000);
    const next = bindingOf(1, 60_000, { contact: 'sip:next@y.example' });
    location.commit(aorOf(1), [next], [{ type: 'added', binding: next }]);
    expect(changes.map(({ type }) => type)).toEqual(['added', 'removed', 'added']);
    expect(changes[1]).toMatchObject({ reason: 'expired' });
    expect([...store.rows.values()]).toEqual([next]);
    expect(location.size).toBe(1);
  });

  it('leaves what is left of a user when one of several contacts expires', () => {
    const brief = bindingOf(1, 60_000, { contact: 'sip:brief@y.example' });
    const long = bindingOf(1, 120_000);
    put(1, brief, long);
    clock.advance(61_000);
    expect(location.bindings(aorOf(1))).toEqual([long]);
    expect(location.size).toBe(1);
    clock.advance(60_000);
    expect(location.size).toBe(0);
  });

  it('is earlier when the phone asks for less', () => {
    put(1, bindingOf(1, 3_600_000));
    put(2, bindingOf(2, 3_600_000));
    put(1, bindingOf(1, 60_000));
    clock.advance(61_000);
    expect(location.bindings(aorOf(1))).toEqual([]);
    expect(location.size).toBe(1);
  });

  it('of very many at once lets others have their turn between', () => {
    for (let user = 0; user < 1_000; user += 1) put(user, bindingOf(user, 60_000));
    const before = store.writes;
    clock.advance(60_000);
    expect(store.writes - before).toBe(4);
    expect(location.size).toBe(0);
  });

  it('goes on in memory when the store fails, which is sorted out by the next load', () => {
    put(1, bindingOf(1, 60_000));
    store.failure = new Error('disk full');
    clock.advance(61_000);
    expect(location.size).toBe(0);
    expect(warnings).toEqual(['bindings that ended could not be removed from the store']);
    store.failure = undefined;
    location.close();
    start();
    expect(location.size).toBe(0);
  });

  it('never sets a timer further ahead than a timer of the platform goes', () => {
    put(1, bindingOf(1, 4_294_967_295_000));
    expect(clock.nextAt()! - clock.now()).toBeLessThanOrEqual(86_400_000);
    clock.advance(86_400_000 * 3);
    expect(location.size).toBe(1);
    expect(clock.pending).toBe(1);
  });
});

describe('a restart', () => {
  it('finds the bindings that have not expired meanwhile', () => {
    put(1, bindingOf(1, 60_000));
    put(2, bindingOf(2, 120_000));
    location.close();
    clock.advance(60_000);
    start();
    expect(location.size).toBe(1);
    expect(location.bindings(aorOf(2))).toHaveLength(1);
    clock.advance(60_000);
    expect(location.size).toBe(0);
  });

  it('does not believe in a binding for longer than is granted: the clock of the machine was ahead', () => {
    put(1, bindingOf(1, 86_400_000));
    location.close();
    start();
    expect(location.bindings(aorOf(1))[0]?.expiresAt).toBe(clock.now() + 3_600_000);
    clock.advance(3_600_000);
    expect(location.size).toBe(0);
  });

  it('fails when the store cannot be read', () => {
    const broken = new Location({
      clock,
      logger: silentLogger,
      store: {
        load: () => {
          throw new Error('damaged');
        },
        write: () => undefined,
      },
    });
    expect(() => broken.load()).toThrow('damaged');
  });
});

function byContact(bindings: readonly Binding[]): Binding[] {
  return [...bindings].sort((a, b) => (a.contact < b.contact ? -1 : 1));
}

type Step =
  | { readonly type: 'put'; readonly user: number; readonly lifetimes: readonly number[] }
  | { readonly type: 'advance'; readonly duration: number }
  | { readonly type: 'restart' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('put' as const),
        user: fc.nat(4),
        lifetimes: fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('advance' as const),
        duration: fc.integer({ min: 0, max: 60_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
  ),
  { maxLength: 60 },
);

describe('whatever happens in whatever order', () => {
  it('gives just what was put and has not expired, with one timer, and the store says the same', () => {
    fc.assert(
      fc.property(steps, (sequence: readonly Step[]) => {
        clock = new VirtualClock();
        store = new MemoryStore();
        start();
        const model = new Map<number, Binding[]>();
        for (const step of sequence) {
          if (step.type === 'advance') clock.advance(step.duration);
          else if (step.type === 'restart') {
            location.close();
            start();
          } else {
            const next = step.lifetimes.map((lifetime, index) =>
              bindingOf(step.user, lifetime, { contact: `sip:c${index}@h.example` }),
            );
            const before = location.bindings(aorOf(step.user));
            const gone = before.filter((old) => !next.some((one) => one.contact === old.contact));
            location.commit(aorOf(step.user), next, [
              ...gone.map((binding) => ({ type: 'removed', binding, reason: 'replaced' }) as const),
              ...next.map((binding) => ({ type: 'refreshed', binding }) as const),
            ]);
            model.set(step.user, next);
          }
          const now = clock.now();
          let live = 0;
          for (const [user, bindings] of model) {
            const expected = bindings.filter((binding) => binding.expiresAt > now);
            live += expected.length;
            expect(byContact(location.bindings(aorOf(user)))).toEqual(byContact(expected));
          }
          expect([...location.all()]).toHaveLength(live);
          expect([...store.load(now)]).toHaveLength(live);
          expect(location.size).toBeGreaterThanOrEqual(live);
          expect(clock.pending).toBe(location.size === 0 ? 0 : 1);
        }
        clock.advance(100_000);
        expect(location.size).toBe(0);
        expect(store.rows.size).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
