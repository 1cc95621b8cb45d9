import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { answer, Peer } from './support/peer';

const open = hostileWorld();
const methods = ['INVITE', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'REFER', 'WHATEVER'];
/** Routes by which known users may go wherever they want to. */
const outward = {
  routes: [
    { when: { method: 'REGISTER' }, register: true },
    { when: { dialled: 'echo' }, flow: 'echo' },
    { when: { local: true }, proxy: true },
    { proxy: 'request-uri' },
  ],
} as const;

/** Ways in which somebody could say where a request is to go. */
function ways(victim: string): readonly [what: string, uri: string, headers: readonly string[]][] {
  const target = `sip:someone@${victim}`;
  return [
    ['the request URI', target, []],
    ['the request URI, by a Route of ours', target, [`Route: <sip:${server};lr>`]],
    ['a Route behind ours', `sip:${server}`, [`Route: <sip:${server};lr>, <sip:${victim};lr>`]],
    ['a Route alone', target, [`Route: <sip:${victim};lr>`]],
    ['a strict Route', `sip:${server};lr`, [`Route: <${target}>`]],
    ['maddr', `sip:someone@${server};maddr=${victim}`, []],
    ['a flow of his own making', target, [`Route: <sip:flow~dWRw~c2lnbmF0dXJl@${server};lr>`]],
    ['a dialog of his own making', target, [`Route: <sip:${server};lr;call=0123456789abcdef>`]],
    ['an escaped user', `sip:echo%40${victim}@${victim}`, []],
  ];
}

test.each([
  ['without routes', {}],
  ['with routes that lead outside', outward],
] as const)('a stranger reaches nobody through us, %s', async (_what, config) => {
  const { world } = await open({ ...config, security: { maxFailures: 0 } });
  const victim = await Peer.open(world);
  for (const method of methods) {
    for (const [what, uri, headers] of ways(victim.host)) {
      const stranger = await Peer.open(world);
      for (const from of [undefined, `${Peer.user('alice')};tag=1`]) {
        const parts = { headers, ...(from === undefined ? {} : { from }) };
        const status = (await stranger.ask(method, uri, parts))?.status;
        // A ping of the server itself is answered; nothing else may seem to have gone well.
        const pinged = method === 'OPTIONS' && uri === `sip:${server}`;
        expect([method, what, status, status === undefined || status >= 400 || pinged]).toEqual([
          ...[method, what, status],
          true,
        ]);
      }
    }
  }
  expect(victim.requests).toEqual([]);
  expect(world.server.open.forwarded).toBe(0);
});

test.each(['BYE', 'INVITE', 'REFER', 'MESSAGE', 'INFO', 'OPTIONS', 'REGISTER', 'SUBSCRIBE'])(
  'a %s with a To tag that is forged goes nowhere, whatever its Route says',
  async (method) => {
    const { world } = await open({ ...outward, security: { maxFailures: 0 } });
    const victim = await Peer.open(world);
    for (const [what, uri, headers] of ways(victim.host)) {
      const stranger = await Peer.open(world);
      const parts = { to: `<sip:someone@${victim.host}>;tag=forged`, headers };
      const status = (await stranger.ask(method, uri, parts))?.status;
      expect([what, [403, 404, 405, 481].includes(status ?? 0) || status]).toEqual([what, true]);
    }
    expect(victim.requests).toEqual([]);
  },
);

test('an ACK that belongs to nothing goes nowhere', async () => {
  const { world, watch } = await open(outward);
  const victim = await Peer.open(world);
  const stranger = await Peer.open(world);
  for (const [, uri, headers] of ways(victim.host)) {
    for (const to of [`<sip:someone@${victim.host}>;tag=forged`, `<sip:someone@${victim.host}>`]) {
      stranger.send(stranger.write('ACK', uri, { to, headers }));
      await world.run(50);
    }
  }
  expect(victim.requests).toEqual([]);
  expect(stranger.responses).toEqual([]);
  expect(watch.dropped.get('unvouched-ack')).toBeGreaterThan(0);
});

test('who was given a Record-Route cannot use it for another dialog, nor a stranger for his', async () => {
  const { world } = await open();
  const callee = await registered(world, bob);
  const caller = await registered(world, alice);
  const victim = await Peer.open(world);
  const from = `${Peer.user('alice')};tag=a1`;
  const callId = 'the-call@test';
  const accepted = await caller.askAs(alice, 'INVITE', `sip:bob@${server}`, { from, callId });
  expect(accepted?.status).toBe(200);
  const record = [...(accepted?.headers.getAll('Record-Route') ?? [])].reverse();
  expect(record.length).toBeGreaterThan(0);
  const headers = record.map((route) => `Route: ${route}`);

  const stranger = await Peer.open(world);
  const to = `<sip:someone@${victim.host}>;tag=forged`;
  const uri = `sip:someone@${victim.host}`;
  expect((await stranger.ask('BYE', uri, { to, headers }))?.status).toBe(403);
  expect((await caller.ask('MESSAGE', uri, { to, headers }))?.status).toBe(403);
  expect(victim.requests).toEqual([]);

  // Without a tag it is a new request, and those who send new ones say who they are.
  expect((await stranger.ask('INVITE', uri, { headers }))?.status).toBeGreaterThanOrEqual(400);
  expect(victim.requests).toEqual([]);

  const contact = accepted?.contacts[0]?.uriText ?? '';
  const bye = { from, to: accepted?.headers.get('To') ?? '', callId, headers, cseq: 900 };
  expect((await caller.ask('BYE', contact, bye))?.status).toBe(200);
  expect(callee.requests.map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'BYE']);
});

test('a request that leads back to us goes round no longer than it takes to see it', async () => {
  const { world } = await open({
    routes: [
      { when: { method: 'REGISTER' }, register: true },
      { when: { dialled: 'echo' }, flow: 'echo' },
      { when: { dialled: 'round' }, allow: 'anyone', proxy: `sip:round@${server}` },
      {
        when: { dialled: 'two' },
        allow: 'anyone',
        proxy: [`sip:two@${server}`, `sip:two@${server};x=1`],
      },
      { when: { dialled: 'spiral*' }, allow: 'anyone', proxy: `sip:spiral$1x@${server}` },
    ],
  });
  const peer = await Peer.open(world);
  for (const method of ['INVITE', 'OPTIONS', 'MESSAGE']) {
    const sent = world.network.counters.sent;
    expect((await peer.ask(method, `sip:round@${server}`))?.status).toBe(482);
    expect([482, 483, 440]).toContain((await peer.ask(method, `sip:two@${server}`))?.status);
    // RFC 5393 §4: one that changes each time is no loop, and ends with its Max-Forwards.
    expect([482, 483, 440]).toContain((await peer.ask(method, `sip:spiral@${server}`))?.status);
    const inOwnVoice = world.network.counters.sent - sent;
    expect(inOwnVoice).toBeLessThan(3_000);
  }
  const many = Array.from({ length: 60 }, () => `<sip:${server};lr>`).join(', ');
  const routes = { headers: [`Route: ${many}`] };
  expect((await peer.ask('INVITE', `sip:round@${server}`, routes))?.status).toBe(482);
  expect(world.server.open.forwarded).toBe(0);
});

test('a contact that leads back to us is no way to make us call ourselves for ever', async () => {
  const { world } = await open();
  const phone = await Peer.open(world);
  const headers = [
    `Contact: <sip:bob@${server}>`,
    `Contact: <sip:bob@${server};other=1>`,
    `Contact: <sip:alice@${server}>`,
  ];
  expect((await phone.register(bob, { headers }))?.status).toBe(200);
  const caller = await registered(world, alice);
  caller.onRequest = (request) => answer(request, '486 Busy Here', caller.contact);
  const sent = world.network.counters.sent;
  const from = `${Peer.user('alice')};tag=a1`;
  const response = await caller.askAs(alice, 'INVITE', `sip:bob@${server}`, { from });
  expect(response?.status).toBeGreaterThanOrEqual(400);
  expect(world.network.counters.sent - sent).toBeLessThan(2_000);
  expect(world.server.open.forwarded).toBe(0);
});

describe('what is dialled fills in a URI of a route, and does not rewrite it', () => {
  test.each([
    'x%40victim',
    'x@victim',
    'x%3blr@victim%3f',
    'x%3Etel',
    'x%0d%0aRoute%3a%20%3csip%3avictim%3e',
    'x%3Fheader%3dvalue',
    'x;maddr=victim',
    'x%3Bmaddr%3Dvictim',
    'x%2f%2fvictim%23',
  ])('%s', async (dialled) => {
    const { world } = await open({
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { when: { dialled: 'echo' }, flow: 'echo' },
        { when: { dialled: /x(.*)/ }, allow: 'anyone', proxy: 'sip:$1@10.3.0.1' },
      ],
    });
    const [victim, meant] = [
      await Peer.open(world, '10.3.0.9'),
      await Peer.open(world, '10.3.0.1'),
    ];
    const stranger = await Peer.open(world);
    const user = dialled.replace('victim', victim.host);
    await stranger.ask('MESSAGE', `sip:${user}@${server}`);
    expect(victim.requests).toEqual([]);
    expect(meant.unreadable).toBe(0);
    for (const { uri, headers } of meant.requests) {
      expect(uri).toMatchObject({ host: '10.3.0.1', port: undefined, headers: [] });
      expect(headers.has('Route')).toBe(false);
    }
  });
});
