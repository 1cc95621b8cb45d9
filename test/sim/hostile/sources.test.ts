import type { CallchartConfig } from '../../../runtime/core/config';
import { credentials } from './support/digest';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { Peer } from './support/peer';
import type { World } from '../support/world';

const open = hostileWorld();
const ping = `sip:${server}`;

/** Whether a ping from there is answered, without waiting for it long. */
async function hears(world: World, peer: Peer, method = 'OPTIONS', uri = ping): Promise<boolean> {
  const before = peer.responses.length;
  peer.send(peer.write(method, uri));
  await world.run(5_000);
  return peer.responses.length > before;
}

async function guess(peer: Peer, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await peer.register({ username: 'alice', password: `guess ${i}` });
  }
}

test('a source that guesses is shut out, logged and counted, and let in again after banTime', async () => {
  const { world, watch } = await open({ security: { banTime: 120_000 } });
  const guesser = await Peer.open(world);
  await guess(guesser, 10);
  expect(await hears(world, guesser)).toBe(false);
  expect(watch.dropped.get('not-admitted')).toBeGreaterThan(0);
  expect(world.log).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      message: 'source shut out',
      fields: expect.objectContaining({ source: guesser.host }) as unknown,
    }),
  );
  // Others are not.
  const other = await Peer.open(world);
  expect(await hears(world, other)).toBe(true);
  await world.run(120_000);
  expect(await hears(world, guesser)).toBe(true);
  expect((await guesser.register(alice))?.status).toBe(200);
});

test('who tries one name after another is shut out, whatever he asks of them', async () => {
  const { world } = await open();
  for (const method of ['REGISTER', 'INVITE', 'OPTIONS']) {
    const scanner = await Peer.open(world);
    let silent = 0;
    for (let i = 0; i < 300 && silent < 3; i += 1) {
      const uri = method === 'REGISTER' ? ping : `sip:${100 + i}@${server}`;
      const aor = Peer.user(String(100 + i));
      const before = scanner.responses.length;
      scanner.send(scanner.write(method, uri, { from: `${aor};tag=1`, to: aor }));
      await world.run(500);
      silent = scanner.responses.length > before ? 0 : silent + 1;
    }
    // The answers come late, and the last ones never. A challenge that nobody answers counts a tenth of a failure, ten failures are too many.
    expect([method, silent]).toEqual([method, 3]);
  }
});

test('a source where a user logged in is slowed for what others do there, and not shut out', async () => {
  const { world } = await open();
  const office = await registered(world, alice);
  await guess(office, 20);
  expect(await hears(world, office)).toBe(true);
  expect((await office.register(alice))?.status).toBe(200);
});

test('trusted networks and the addresses of trunks are never shut out', async () => {
  const { world } = await open({
    security: { trusted: ['10.9.0.0/16'] },
    trunks: {
      carrier: { servers: 'sip:10.8.0.1', qualify: false, inbound: { addresses: ['10.8.0.1'] } },
    },
  });
  for (const host of ['10.9.3.4', '10.8.0.1']) {
    const peer = await Peer.open(world, host);
    await guess(peer, 12);
    expect([host, await hears(world, peer)]).toEqual([host, true]);
  }
});

test('nobody has a phone shut out by what he sends in its name', async () => {
  const { world } = await open();
  const phone = await registered(world, bob);
  const liar = await Peer.open(world);
  for (let i = 0; i < 30; i += 1) {
    const headers =
      i % 2 === 0 ? ['User-Agent: friendly-scanner'] : ['Authorization: Digest x="y"'];
    const text = liar.write('REGISTER', ping, { headers });
    world.network.transmit(phone.address, Buffer.from(text), { host: '10.0.0.1', port: 5060 });
    await world.run(20);
  }
  expect(await hears(world, phone)).toBe(true);
  const caller = await registered(world, alice);
  const from = `${Peer.user('alice')};tag=1`;
  const rung = await caller.askAs(alice, 'OPTIONS', `sip:bob@${server}`, { from });
  expect(rung?.status).toBe(200);
});

test.each(['friendly-scanner', 'sipvicious', 'sipcli/v1.8', 'VaxSIPUserAgent/3.1', 'pplsip'])(
  'a scanner that calls itself %s gets no answer, and its source none afterwards',
  async (userAgent) => {
    const { world, watch } = await open();
    for (const method of ['OPTIONS', 'REGISTER', 'INVITE', 'MESSAGE']) {
      const scanner = await Peer.open(world);
      const headers = [`User-Agent: ${userAgent}`];
      scanner.send(scanner.write(method, ping, { headers }));
      await world.run(5_000);
      expect(await hears(world, scanner)).toBe(false);
      expect(scanner.responses).toEqual([]);
    }
    expect(watch.dropped.get('scanner')).toBe(4);
    expect(watch.dropped.get('not-admitted')).toBe(4);
  },
);

test('a source has its rate of requests; the rest are dropped and counted, and its dialogs go on', async () => {
  const { world, watch } = await open({ security: { maxRequestsPerSecond: 20 } });
  const flooder = await Peer.open(world);
  for (let i = 0; i < 200; i += 1) flooder.send(flooder.write('OPTIONS', ping));
  await world.run(900);
  expect(flooder.responses.length).toBeLessThanOrEqual(20);
  expect(watch.dropped.get('rate-limit')).toBe(200 - flooder.responses.length);
  expect(world.server.open.transactions).toBeLessThan(50);
  const other = await Peer.open(world);
  expect(await hears(world, other)).toBe(true);
});

test.each(['INVITE', 'BYE', 'MESSAGE', 'OPTIONS', 'REGISTER', 'CANCEL', 'SUBSCRIBE'])(
  'a flood of %s with tags of dialogs that never were is no way round the rate',
  async (method) => {
    const { world, watch } = await open({ security: { maxRequestsPerSecond: 20 } });
    const flooder = await Peer.open(world);
    const to = `<sip:echo@${server}>;tag=invented`;
    for (let i = 0; i < 400; i += 1)
      flooder.send(flooder.write(method, `sip:echo@${server}`, { to }));
    await world.run(900);
    expect(flooder.responses.length).toBeLessThanOrEqual(40);
    expect(watch.dropped.get('rate-limit')).toBeGreaterThanOrEqual(360);
  },
);

test('who is over his rate can still talk in his calls, and end and cancel them', async () => {
  const { world } = await open({ security: { maxRequestsPerSecond: 10 } });
  await registered(world, bob);
  const caller = await registered(world, alice);
  const from = `${Peer.user('alice')};tag=1`;
  const own = { from, callId: 'own' };
  const answered = await caller.ask('INVITE', `sip:wait@${server}`, own);
  const through = { from, callId: 'through' };
  const proxied = await caller.askAs(alice, 'INVITE', `sip:bob@${server}`, through);
  if (answered?.status !== 200 || proxied?.status !== 200) throw new Error('no calls');
  await world.run(1_000);
  // It rings until it is cancelled: nobody who is there answers.
  const silent = await registered(world, bob);
  silent.onRequest = () => undefined;
  const branch = 'z9hG4bKringing';
  const ringing = { from, callId: 'ringing', branch, cseq: 7 };
  const first = await caller.ask('OPTIONS', `sip:bob@${server}`, { from });
  if (first === undefined) throw new Error('no challenge');
  const credential = credentials(first, alice, 'INVITE', `sip:bob@${server}`);
  caller.send(caller.write('INVITE', `sip:bob@${server}`, { ...ringing, headers: [credential] }));
  await world.run(1_000);
  expect(world.server.open.forwarded).toBe(1);
  const flood = (): void => {
    for (let i = 0; i < 30; i += 1) caller.send(caller.write('OPTIONS', ping));
  };
  flood();
  caller.send(caller.write('CANCEL', `sip:bob@${server}`, ringing));
  await world.run(50);
  const cancelled = caller.responses.filter(({ cseq }) => cseq.method === 'CANCEL');
  expect(cancelled.map(({ status }) => status)).toEqual([200]);

  flood();
  const routes = [...proxied.headers.getAll('Record-Route')].reverse();
  const inProxied = {
    ...{ ...through, to: proxied.headers.get('To') ?? '', cseq: 900 },
    headers: routes.map((route) => `Route: ${route}`),
  };
  const contact = proxied.contacts[0]?.uriText ?? '';
  for (const [uri, parts] of [
    [contact, inProxied],
    [
      answered.contacts[0]?.uriText ?? '',
      { ...own, to: answered.headers.get('To') ?? '', cseq: 900 },
    ],
  ] as const) {
    const since = world.clock.now();
    expect((await caller.ask('BYE', uri, parts))?.status).toBe(200);
    expect(world.clock.now() - since).toBeLessThan(100);
  }
});

describe('security.strangers: ignore', () => {
  const config: CallchartConfig = { security: { strangers: 'ignore' } };

  test.each(['OPTIONS', 'INVITE', 'MESSAGE', 'SUBSCRIBE', 'WHATEVER'])(
    'a %s that no route is for gets nothing',
    async (method) => {
      const { world, watch } = await open({
        ...config,
        routes: [
          { when: { method: 'REGISTER' }, register: true },
          { when: { dialled: 'echo' }, flow: 'echo' },
        ],
      });
      const stranger = await Peer.open(world);
      expect(await hears(world, stranger, method, `sip:nobody@${server}`)).toBe(false);
      expect(await hears(world, stranger, method, 'sip:nobody@example.org')).toBe(false);
      const useless = 'Digest username="a", realm="elsewhere", nonce="b", uri="c", response="d"';
      for (const name of ['Authorization', 'Proxy-Authorization']) {
        const headers = [`${name}: ${useless}`];
        stranger.send(stranger.write(method, `sip:nobody@${server}`, { headers }));
        stranger.send(stranger.write(method, `sip:nobody@${server}`, { headers: [`${name}: x`] }));
        await world.run(5_000);
      }
      expect(stranger.responses).toEqual([]);
      expect(watch.dropped.get('stranger')).toBeGreaterThanOrEqual(6);
    },
  );

  test('users log in and call as ever, and strangers reach what is for anyone', async () => {
    const { world } = await open(config);
    const phone = await registered(world, bob);
    const caller = await registered(world, alice);
    const from = `${Peer.user('alice')};tag=1`;
    const message = await caller.askAs(alice, 'MESSAGE', `sip:bob@${server}`, {
      ...{ from, type: 'text/plain', body: 'hello' },
    });
    expect(message?.status).toBe(200);
    expect(phone.requests.map(({ method }) => method)).toEqual(['MESSAGE']);
    const stranger = await Peer.open(world);
    expect((await stranger.ask('OPTIONS', `sip:echo@${server}`))?.status).toBe(200);
  });
});
