import fc from 'fast-check';
import { bindingKey } from '../../../runtime/sip/server/binding-key';
import type { Binding } from '../../../runtime/sip/server/port';
import { channelOf, RegistrarBench } from './support/registrar-bench';

/**
 * Random requests of two phones and their owner, and the rules of RFC 3261 §10.3 again, as short as they can
 * be said. URIs that are spelt differently have a test of their own.
 */

const aor = 'sip:alice@example.com';
const maxContacts = 4;

interface ContactStep {
  readonly contact: number;
  /** Seconds; undefined: the Expires header, or the default. */
  readonly expires: number | undefined;
  readonly q: number;
}

interface RegisterStep {
  readonly type: 'register';
  readonly callId: number;
  readonly cseq: number;
  readonly contacts: readonly ContactStep[] | '*';
  readonly expires: number | undefined;
  readonly storeFails: boolean;
}

const seconds = fc.constantFrom(0, 0, 30, 60, 90, 600, 86_400);
const optionalSeconds = fc.option(seconds, { nil: undefined });

const registerStep: fc.Arbitrary<RegisterStep> = fc.record({
  type: fc.constant('register' as const),
  callId: fc.nat(1),
  cseq: fc.integer({ min: 1, max: 12 }),
  contacts: fc.oneof(
    { weight: 8, arbitrary: fc.array(contactStep(), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant('*' as const) },
  ),
  expires: optionalSeconds,
  storeFails: fc.nat(9).map((dice) => dice === 0),
});

function contactStep(): fc.Arbitrary<ContactStep> {
  return fc.record({
    contact: fc.nat(5),
    expires: optionalSeconds,
    q: fc.constantFrom(1, 0.5, 0.25),
  });
}

const step = fc.oneof(
  { weight: 8, arbitrary: registerStep },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('advance' as const),
      duration: fc.integer({ min: 0, max: 120_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
);

interface Known {
  readonly callId: string;
  readonly cseq: number;
  readonly q: number;
  readonly expiresAt: number;
}

interface Expected {
  readonly status: number;
  readonly next: ReadonlyMap<string, Known>;
}

const uriOf = (contact: number): string => `sip:alice@phone${contact}.example`;

/** RFC 3261 §10.3, steps 6 and 7. */
function expected(before: ReadonlyMap<string, Known>, step: RegisterStep, now: number): Expected {
  const { contacts, cseq } = step;
  const callId = `call-${step.callId}`;
  const fails = (status: number): Expected => ({ status, next: before });
  const late = (known: Known | undefined): boolean =>
    known !== undefined && known.callId === callId && cseq <= known.cseq;
  if (contacts === '*') {
    if (step.expires !== 0) return fails(400);
    if ([...before.values()].some(late)) return fails(500);
    return { status: 200, next: new Map() };
  }
  const times = contacts.map((contact) => contact.expires ?? step.expires ?? 3_600);
  if (times.some((time) => time > 0 && time < 60)) return fails(423);
  const next = new Map(before);
  for (const [index, { contact, q }] of contacts.entries()) {
    const uri = uriOf(contact);
    if (late(before.get(uri)) && next.get(uri) === before.get(uri)) return fails(500);
    const time = Math.min(times[index] ?? 0, 3_600);
    if (time === 0) next.delete(uri);
    else next.set(uri, { callId, cseq, q, expiresAt: now + time * 1_000 });
  }
  if (next.size > maxContacts && next.size > before.size) return fails(403);
  return { status: 200, next };
}

function linesOf({ contacts, expires }: RegisterStep): string[] {
  const lines = expires === undefined ? [] : [`Expires: ${expires}`];
  if (contacts === '*') return [...lines, 'Contact: *'];
  for (const contact of contacts) {
    const time = contact.expires === undefined ? '' : `;expires=${contact.expires}`;
    lines.push(`Contact: <${uriOf(contact.contact)}>;q=${contact.q}${time}`);
  }
  return lines;
}

/** What somebody knows who only hears of changes; each must fit to what was before. */
class Follower {
  readonly bindings = new Map<string, Binding>();
  private heard = 0;

  /** Whoever listens to a new process begins with what there is. */
  begin(bench: RegistrarBench): void {
    this.bindings.clear();
    for (const binding of bench.location.all()) this.bindings.set(bindingKey(binding), binding);
    this.heard = bench.changes.length;
  }

  follow(bench: RegistrarBench): void {
    for (const { type, binding } of bench.changes.slice(this.heard)) {
      const key = bindingKey(binding);
      expect(this.bindings.has(key)).toBe(type !== 'added');
      if (type === 'removed') this.bindings.delete(key);
      else this.bindings.set(key, binding);
    }
    this.heard = bench.changes.length;
  }
}

function shortOf(bindings: Iterable<Binding>): Map<string, Known> {
  const short = new Map<string, Known>();
  for (const { contact, callId, cseq, q, expiresAt } of bindings) {
    short.set(contact, { callId, cseq, q, expiresAt });
  }
  return short;
}

describe('bindings under any sequence of REGISTERs, time and restarts', () => {
  it('follow RFC 3261 §10.3; memory, store, listeners and responses say the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (sequence) => {
        const bench = new RegistrarBench({ maxContacts });
        const follower = new Follower();
        let model: ReadonlyMap<string, Known> = new Map();
        for (const each of sequence) {
          if (each.type === 'advance') bench.clock.advance(each.duration);
          else if (each.type === 'restart') {
            bench.restart();
            follower.begin(bench);
          }
          const now = bench.clock.now();
          model = new Map([...model].filter(([, { expiresAt }]) => expiresAt > now));
          if (each.type === 'register') model = register(bench, each, model);

          follower.follow(bench);
          const live = [...bench.location.bindings(aor)];
          expect(shortOf(live)).toEqual(model);
          expect(live.map(({ q }) => q)).toEqual(live.map(({ q }) => q).sort((a, b) => b - a));
          // What has expired is swept within a second.
          expect(alive(follower.bindings.values(), now)).toEqual(model);
          expect(alive(bench.store.rows.values(), now)).toEqual(model);
        }
        bench.clock.advance(3_601_000);
        follower.follow(bench);
        expect(follower.bindings.size).toBe(0);
        expect(bench.store.rows.size).toBe(0);
        bench.close();
        expect(bench.clock.pending).toBe(0);
      }),
      { numRuns: 400 },
    );
  });
});

function alive(bindings: Iterable<Binding>, now: number): Map<string, Known> {
  return shortOf([...bindings].filter(({ expiresAt }) => expiresAt > now));
}

function register(
  bench: RegistrarBench,
  step: RegisterStep,
  before: ReadonlyMap<string, Known>,
): ReadonlyMap<string, Known> {
  const { status, next } = expected(before, step, bench.clock.now());
  const changes = status === 200 && (before.size > 0 || next.size > 0) && step.contacts.length > 0;
  // Where there is nothing to write, nothing can fail; whether there is, the store itself says.
  const writes = bench.store.writes;
  bench.store.failure = step.storeFails ? new Error('disk full') : undefined;
  const response = bench.register(
    { callId: `call-${step.callId}`, cseq: step.cseq, lines: linesOf(step) },
    channelOf(),
  );
  bench.store.failure = undefined;
  if (step.storeFails && status === 200 && response.status === 500) {
    expect(changes).toBe(true);
    expect(bench.store.writes).toBe(writes);
    return before;
  }
  expect(response.status).toBe(status);
  if (status === 200) {
    const listed = response.contacts.map(({ uriText, params }) => [
      uriText,
      Number(params.get('expires')),
    ]);
    const now = bench.clock.now();
    const left = [...next].map(([uri, { expiresAt }]) => [
      uri,
      Math.ceil((expiresAt - now) / 1_000),
    ]);
    expect(listed.sort()).toEqual(left.sort());
  }
  return next;
}
