import type { SipRequest } from '../../../runtime/sip/message/message';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { answer, Peer } from './support/peer';
import type { World } from '../support/world';

const open = hostileWorld();
const toBob = `sip:bob@${server}`;

/** Bob's phone, which is busy: what it was asked is all that matters. */
async function busyBob(world: World): Promise<Peer> {
  const phone = await registered(world, bob);
  phone.onRequest = (request) =>
    request.method === 'ACK' ? undefined : answer(request, '486 Busy Here', phone.contact);
  return phone;
}

function invited(phone: Peer): SipRequest {
  const [request, ...more] = phone.requests.filter(({ method }) => method === 'INVITE');
  if (request === undefined || more.length > 0) throw new Error(`${more.length} INVITEs more`);
  return request;
}

test.each([
  ['another user', Peer.user('bob')],
  ['nobody of ours', Peer.user('nobody')],
  ['somebody elsewhere', '<sip:president@example.org>'],
  ['a number', '<tel:+4930123456>'],
  ['himself elsewhere', '<sip:alice@example.org>'],
])('a user who says that he is %s gets 403', async (_what, from) => {
  const { world } = await open();
  const phone = await busyBob(world);
  const caller = await registered(world, alice);
  for (const method of ['INVITE', 'MESSAGE', 'SUBSCRIBE']) {
    const response = await caller.askAs(alice, method, toBob, { from: `${from};tag=1` });
    expect([method, response?.status]).toEqual([method, 403]);
  }
  expect(phone.requests).toEqual([]);
});

test('what a user asserts of himself is replaced by what he proved', async () => {
  const { world } = await open();
  const phone = await busyBob(world);
  const caller = await registered(world, alice);
  const headers = [
    'P-Asserted-Identity: "The President" <sip:president@example.org>',
    'P-Asserted-Identity: <tel:+4930123456>',
    'P-Preferred-Identity: <sip:bob@callchart>',
  ];
  const from = `"The President" ${Peer.user('alice')};tag=1`;
  const response = await caller.askAs(alice, 'INVITE', toBob, { from, headers });
  expect(response?.status).toBe(486);
  const { headers: got } = invited(phone);
  expect(got.getAll('P-Asserted-Identity')).toEqual(['<sip:alice@callchart>']);
  expect(got.has('P-Preferred-Identity')).toBe(false);
});

test('a password never goes on to whoever is called, nor does a right digest', async () => {
  const { world } = await open();
  const phone = await busyBob(world);
  const caller = await registered(world, alice);
  const from = `${Peer.user('alice')};tag=1`;
  const theirs =
    'Authorization: Digest username="x", realm="example.org", nonce="n", uri="sip:x", response="r"';
  const response = await caller.askAs(alice, 'INVITE', toBob, { from, headers: [theirs] });
  expect(response?.status).toBe(486);
  const { headers } = invited(phone);
  expect(headers.has('Proxy-Authorization')).toBe(false);
  expect(headers.getAll('Authorization')).toHaveLength(1);
});

test('who hides himself is not named by us', async () => {
  const { world } = await open();
  const phone = await busyBob(world);
  const caller = await registered(world, alice);
  const from = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1';
  const response = await caller.askAs(alice, 'INVITE', toBob, { from, headers: ['Privacy: id'] });
  expect(response?.status).toBe(486);
  expect(invited(phone).headers.getAll('P-Asserted-Identity')).toEqual([]);
});

test('nothing is asserted of a stranger, where a route lets strangers through', async () => {
  const { world } = await open({
    routes: [
      { when: { method: 'REGISTER' }, register: true },
      { when: { dialled: 'echo' }, flow: 'echo' },
      { allow: 'anyone', proxy: true },
    ],
  });
  const phone = await busyBob(world);
  const stranger = await Peer.open(world);
  const headers = [
    'P-Asserted-Identity: <sip:president@example.org>',
    'P-Preferred-Identity: <sip:alice@callchart>',
  ];
  expect((await stranger.ask('INVITE', toBob, { headers }))?.status).toBe(486);
  const { headers: got } = invited(phone);
  expect(got.has('P-Asserted-Identity')).toBe(false);
  expect(got.has('P-Preferred-Identity')).toBe(false);
});

describe('a trunk that is known by its address', () => {
  const config = {
    trunks: {
      carrier: { servers: 'sip:10.8.0.1', qualify: false, inbound: { addresses: ['10.8.0.0/24'] } },
    },
    routes: [
      { when: { method: 'REGISTER' }, register: true },
      { when: { dialled: 'echo' }, flow: 'echo' },
      { allow: 'trunks', proxy: true },
    ],
  } as const;

  test('is believed there, and what it asserts goes on', async () => {
    const { world } = await open(config);
    const phone = await busyBob(world);
    const carrier = await Peer.open(world, '10.8.0.77');
    const headers = ['P-Asserted-Identity: <tel:+4930123456>'];
    expect((await carrier.ask('INVITE', toBob, { headers }))?.status).toBe(486);
    expect(invited(phone).headers.getAll('P-Asserted-Identity')).toEqual(['<tel:+4930123456>']);
  });

  test.each([
    ['a Via', { via: 'SIP/2.0/UDP 10.8.0.1:5060' }],
    ['received', { via: 'SIP/2.0/UDP 10.8.0.1:5060;received=10.8.0.1;rport=5060' }],
    ['From', { from: '<sip:carrier@10.8.0.1>;tag=1' }],
    ['Contact', { headers: ['Contact: <sip:10.8.0.1>'] }],
    ['Record-Route', { headers: ['Record-Route: <sip:10.8.0.1;lr>'] }],
    ['an asserted identity', { headers: ['P-Asserted-Identity: <sip:carrier@10.8.0.1>'] }],
    ['X-Forwarded-For', { headers: ['X-Forwarded-For: 10.8.0.1', 'P-Source: 10.8.0.1'] }],
  ])('is not who claims its address by %s', async (_what, parts) => {
    const { world } = await open(config);
    const phone = await busyBob(world);
    const carrier = await Peer.open(world, '10.8.0.1');
    const stranger = await Peer.open(world);
    const response = await stranger.ask('INVITE', toBob, parts);
    expect(response?.status ?? 403).toBe(403);
    expect(phone.requests).toEqual([]);
    // RFC 3261 §18.2.2: nor has he an answer sent there.
    expect(carrier.responses).toEqual([]);
  });
});

describe('passwords of one are none of another', () => {
  test('a user is no trunk, and a trunk no user', async () => {
    const { world } = await open({
      trunks: { office: { servers: 'sip:10.8.0.1', qualify: false, inbound: { username: 'bob' } } },
      routes: [
        { when: { method: 'REGISTER' }, register: true },
        { when: { dialled: 'echo' }, flow: 'echo' },
        { when: { dialled: 'for-trunks' }, allow: 'trunks', reject: 410 },
        { when: { dialled: 'for-users' }, allow: 'users', reject: 410 },
      ],
    });
    const statusOf = async (user: typeof alice, dialled: string): Promise<number | undefined> => {
      const peer = await Peer.open(world);
      const from = `${Peer.user(user.username)};tag=1`;
      return (await peer.askAs(user, 'INVITE', `sip:${dialled}@${server}`, { from }))?.status;
    };
    expect(await statusOf(bob, 'for-trunks')).toBe(410);
    expect(await statusOf(bob, 'for-users')).toBe(403);
    expect(await statusOf(alice, 'for-users')).toBe(410);
    expect(await statusOf(alice, 'for-trunks')).toBe(403);
    expect(await statusOf({ ...alice, password: bob.password }, 'for-users')).toBe(407);
    expect(await statusOf({ ...bob, password: alice.password }, 'for-trunks')).toBe(407);
  });
});
