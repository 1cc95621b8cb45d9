import { challengeOf, credentials } from './support/digest';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { Peer } from './support/peer';

const open = hostileWorld();
const registrar = `sip:${server}`;

function contacts(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `Contact: <sip:alice@10.7.0.1:${10_000 + i}>`);
}

test('a REGISTER for somebody else gets 403, and his contacts stay', async () => {
  const { world } = await open();
  await registered(world, bob);
  const stranger = await Peer.open(world);
  expect((await stranger.register(alice, { user: 'bob' }))?.status).toBe(403);
  expect((await stranger.register(alice, { user: 'nobody' }))?.status).toBe(403);
  const remove = { user: 'bob', headers: ['Contact: *', 'Expires: 0'] };
  expect((await stranger.register(alice, remove))?.status).toBe(403);
  expect(world.server.location.bindings('sip:bob@callchart')).toHaveLength(1);
  expect(world.server.location.size).toBe(1);
});

test('a nonce that is not ours is challenged anew, and a nonce count used before counts as wrong', async () => {
  const { world } = await open();
  const peer = await Peer.open(world);
  const aor = Peer.user('alice');
  const common = { to: aor, from: `${aor};tag=1` };
  const first = await peer.ask('REGISTER', registrar, common);
  if (first?.status !== 401) throw new Error('no challenge');

  const invented = credentials(first, { ...alice, nonce: 'feedface' }, 'REGISTER', registrar);
  const again = await peer.ask('REGISTER', registrar, { ...common, headers: [invented] });
  expect(again?.status).toBe(401);
  expect(world.server.location.size).toBe(0);

  const right = credentials(first, alice, 'REGISTER', registrar);
  expect((await peer.ask('REGISTER', registrar, { ...common, headers: [right] }))?.status).toBe(
    200,
  );
  // Somebody else who has seen it pass says it once more, of a contact of his.
  const thief = await Peer.open(world);
  const replayed = await thief.ask('REGISTER', registrar, { ...common, headers: [right] });
  expect(replayed?.status).toBe(401);
  if (replayed !== undefined) expect(challengeOf(replayed).has('stale')).toBe(false);
  // The same of an INVITE: it was for the other header, method and URI.
  const header = right.replace('Authorization', 'Proxy-Authorization');
  const invite = await thief.ask('INVITE', `sip:bob@${server}`, { headers: [header] });
  expect(invite?.status).toBe(407);
  const [binding, ...more] = world.server.location.bindings('sip:alice@callchart');
  expect(binding?.source.host).toBe(peer.host);
  expect(more).toEqual([]);
});

test('a nonce is good for its time, then stale, and one that the right password answers is told so', async () => {
  const { world } = await open({ security: { nonceLifetime: 10_000 } });
  const peer = await Peer.open(world);
  const aor = Peer.user('alice');
  const common = { to: aor, from: `${aor};tag=1` };
  const first = await peer.ask('REGISTER', registrar, common);
  if (first === undefined) throw new Error('no challenge');
  await world.run(11_000);
  const late = credentials(first, alice, 'REGISTER', registrar);
  const stale = await peer.ask('REGISTER', registrar, { ...common, headers: [late] });
  expect(stale?.status).toBe(401);
  if (stale !== undefined) expect(challengeOf(stale).get('stale')).toBe('true');
  // RFC 7616 §3.3: not to whoever guesses.
  const guess = credentials(first, { ...alice, password: 'guess' }, 'REGISTER', registrar);
  const refused = await peer.ask('REGISTER', registrar, { ...common, headers: [guess] });
  expect(refused?.status).toBe(401);
  if (refused !== undefined) expect(challengeOf(refused).has('stale')).toBe(false);
});

test('a thousand contacts are refused whole, and none of them is kept', async () => {
  const { world } = await open();
  await registered(world, alice);
  const peer = await Peer.open(world);
  for (const headers of [contacts(1_000), contacts(21), contacts(11)]) {
    const response = await peer.register(alice, { headers });
    expect([403, 413, 513]).toContain(response?.status);
  }
  const folded = contacts(1_000).map((line) => line.slice('Contact: '.length));
  const response = await peer.register(alice, { headers: [`Contact: ${folded.join(',')}`] });
  expect([403, 413, 513]).toContain(response?.status);
  expect(world.server.location.size).toBe(1);
});

test('more contacts than a user may have, one at a time, are refused when the limit is reached', async () => {
  const { world } = await open({ registrar: { maxContacts: 3 } });
  const peer = await Peer.open(world);
  const statuses: (number | undefined)[] = [];
  for (const header of contacts(5)) {
    statuses.push((await peer.register(alice, { headers: [header] }))?.status);
  }
  expect(statuses).toEqual([200, 200, 200, 403, 403]);
  expect(world.server.location.size).toBe(3);
});

test('an expiry that is negative, a fraction, no number or huge never makes a binding for ever', async () => {
  const { world } = await open({ registrar: { maxExpires: 90_000 } });
  const peer = await Peer.open(world);
  for (const expires of ['-1', '-4294967296', '1.5', 'soon', '', '1e9', '0x10']) {
    for (const headers of [
      [`Contact: <sip:alice@${peer.host}>;expires=${expires}`],
      [`Contact: <sip:alice@${peer.host}>`, `Expires: ${expires}`],
    ]) {
      const response = await peer.register(alice, { headers });
      expect([200, 400]).toContain(response?.status);
      const latest = world.clock.now() + 90_000;
      for (const { expiresAt } of world.server.location.all()) {
        // RFC 3261 §10.2.1.1: what is malformed counts as an hour, which is shortened.
        expect(expiresAt).toBeLessThanOrEqual(latest);
      }
    }
  }
  const huge = [`Contact: <sip:alice@${peer.host}>;expires=99999999999999999999`];
  expect([200, 400]).toContain((await peer.register(alice, { headers: huge }))?.status);
  await world.run(91_000);
  expect(world.server.location.size).toBe(0);
});

test('an address that is not ours is registered by nobody, and no REGISTER goes on from here', async () => {
  const { world } = await open();
  const target = await Peer.open(world);
  const peer = await Peer.open(world);
  const elsewhere = `<sip:alice@${target.host}>`;
  const to = await peer.askAs(alice, 'REGISTER', registrar, {
    to: elsewhere,
    from: `${elsewhere};tag=1`,
  });
  expect(to?.status).toBe(404);
  const uri = `sip:${target.host}`;
  expect((await peer.askAs(alice, 'REGISTER', uri))?.status).toBe(404);
  const headers = [`Route: <${registrar};lr>, <${uri};lr>`];
  // The registrar that it is for has it already.
  expect((await peer.register(alice, { headers }))?.status).toBe(200);
  expect(target.requests).toEqual([]);
});
