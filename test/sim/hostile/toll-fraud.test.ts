import { join } from 'node:path';
import type { CallchartConfig } from '../../../runtime/core/config';
import type { World } from '../support/world';
import { alice, bob, hostileWorld, registered, server } from './support/hostile-world';
import { answer, Peer, type Parts } from './support/peer';

const open = hostileWorld();
const careless = join(__dirname, 'flows', 'careless.flow.ts');
const trunks = {
  carrier: { servers: 'sip:10.8.0.1', qualify: false, inbound: { addresses: ['10.8.0.1'] } },
} as const;

function withFlow(config: CallchartConfig = {}): CallchartConfig {
  return { ...config, flows: { files: [careless] } };
}

/** What a call for the careless flow comes to, that is told to dial something. */
async function dialled(world: World, headers: readonly string[]): Promise<number | undefined> {
  const caller = await Peer.open(world);
  return (await caller.ask('INVITE', `sip:careless@${server}`, { headers }))?.status;
}

/** Somebody who is busy, and remembers who called. */
async function busy(world: World, host: string): Promise<Peer> {
  const peer = await Peer.open(world, host);
  peer.onRequest = (request) =>
    request.method === 'ACK' ? undefined : answer(request, '486 Busy Here', peer.contact);
  return peer;
}

/** Who answers every call and never hangs up. */
function patient(peer: Peer): Peer {
  peer.onRequest = (request) =>
    request.method === 'ACK' ? undefined : answer(request, '200 OK', peer.contact);
  return peer;
}

describe('with nothing configured, nobody is called but registered users', () => {
  test.each([
    ['sip:someone@10.3.0.1', 403],
    ['sip:someone@10.3.0.1;transport=udp', 403],
    ['sips:someone@10.3.0.1', 403],
    ['someone@10.3.0.1', 403],
    ['sip:10.3.0.1', 403],
    ['sip:bob@10.3.0.1', 403],
    [`sip:bob@10.3.0.1;maddr=10.0.0.1`, 403],
    [`sip:bob@10.0.0.1:5061`, 403],
    ['tel:+4930123456', 404],
    ['+4930123456', 404],
    ['sip:+4930123456@10.0.0.1;user=phone', 404],
    ['nobody', 404],
    ['http://10.3.0.1', 404],
    ['sip:a@b@10.3.0.1', 404],
  ])('%j is refused with %d', async (to, status) => {
    const { world } = await open(withFlow());
    const victim = await busy(world, '10.3.0.1');
    expect(await dialled(world, [`X-Dial: ${encodeURIComponent(to)}`])).toBe(status);
    expect(victim.requests).toEqual([]);
    expect(world.server.open.outboundCalls).toBe(0);
  });

  test('maddr and transport of an address that is ours lead nowhere else', async () => {
    const { world } = await open(withFlow());
    const victim = await busy(world, '10.3.0.1');
    const phone = await registered(world, bob);
    phone.onRequest = (request) =>
      request.method === 'ACK' ? undefined : answer(request, '486 Busy Here', phone.contact);
    const to = encodeURIComponent('sip:bob@10.0.0.1;maddr=10.3.0.1');
    expect(await dialled(world, [`X-Dial: ${to}`])).toBe(486);
    expect(victim.requests).toEqual([]);
    expect(phone.requests.map(({ method }) => method)).toContain('INVITE');
  });
});

test('outbound.hosts names the hosts that may be called, and no other', async () => {
  const { world } = await open(withFlow({ outbound: { hosts: ['10.3.0.1'] } }));
  const [allowed, other] = [await busy(world, '10.3.0.1'), await busy(world, '10.3.0.10')];
  expect(await dialled(world, ['X-Dial: sip:a@10.3.0.1'])).toBe(486);
  for (const to of [
    'sip:a@10.3.0.10',
    'sip:10.3.0.1@10.3.0.10',
    'sip:a@10.3.0.10;maddr=10.3.0.1',
  ]) {
    expect([to, await dialled(world, [`X-Dial: ${encodeURIComponent(to)}`])]).toEqual([to, 403]);
  }
  expect(allowed.requests.filter(({ method }) => method === 'INVITE')).toHaveLength(1);
  expect(other.requests).toEqual([]);
});

test('maddr in the URI of a host that may be called leads to no other', async () => {
  const { world } = await open(withFlow({ outbound: { hosts: ['10.3.0.1'] } }));
  const victim = await busy(world, '10.3.0.10');
  await busy(world, '10.3.0.1');
  const to = encodeURIComponent('sip:a@10.3.0.1;maddr=10.3.0.10');
  await dialled(world, [`X-Dial: ${to}`]);
  expect(victim.requests).toEqual([]);
});

test('what outbound.deny has is refused, however it is written', async () => {
  const { world } = await open(
    withFlow({ trunks, outbound: { allow: ['+49*', '0049*'], deny: ['+49900*', '0049900*'] } }),
  );
  const carrier = await busy(world, '10.8.0.1');
  expect(await dialled(world, ['X-Trunk: carrier', 'X-Dial: +4930123'])).toBe(486);
  for (const number of [
    ...['+49900123', '+49-900-123', '+49 900 123', '+49.900.123', '+49(900)123', '0049900123'],
    ...['tel:+49900123', 'tel:+49-900-123', 'tel:+49900123;ext=1', 'sip:+49900123@10.8.0.1'],
    ...['sip:%2b49900123@10.8.0.1', 'sip:+49%3900123@10.8.0.1', '+1900123', '900123'],
    ...['+49\u00a0900123', '+49\u200b900123', '+４９900123'],
  ]) {
    const headers = [
      'X-Trunk: carrier',
      `X-Dial: ${encodeURIComponent(number).replace(/%20/g, '%09')}`,
    ];
    const status = await dialled(world, headers);
    expect([number, status]).toEqual([number, status === 404 ? 404 : 403]);
  }
  expect(carrier.requests.filter(({ method }) => method === 'INVITE')).toHaveLength(1);
});

test('calls at once, by one caller, in a minute and in a day have their limits', async () => {
  const { world } = await open(
    withFlow({
      trunks,
      outbound: { maxCallsPerMinute: 4, maxCallsPerDay: 6, maxCallsPerCaller: 2 },
    }),
  );
  const carrier = await busy(world, '10.8.0.1');
  const headers = ['X-Trunk: carrier', 'X-Dial: 123'];
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 5; i += 1) statuses.push(await dialled(world, headers));
  expect(statuses).toEqual([486, 486, 486, 486, 503]);
  await world.run(61_000);
  for (let i = 0; i < 3; i += 1) statuses.push(await dialled(world, headers));
  expect(statuses.slice(5)).toEqual([486, 486, 503]);
  expect(carrier.requests.filter(({ method }) => method === 'INVITE')).toHaveLength(6);
  expect(world.server.open.outboundCalls).toBe(0);
});

test('ten targets of one dial are ten calls for the guard', async () => {
  const { world } = await open(withFlow({ trunks, outbound: { maxCallsPerMinute: 4 } }));
  const carrier = await busy(world, '10.8.0.1');
  const numbers = Array.from({ length: 10 }, (_, i) => String(100 + i)).join('%20');
  expect(await dialled(world, ['X-Trunk: carrier', `X-Dial: ${numbers}`])).toBe(486);
  expect(carrier.requests.filter(({ method }) => method === 'INVITE')).toHaveLength(4);
});

test('one caller cannot have more calls at once than his share, whatever his From says', async () => {
  const { world } = await open(withFlow({ trunks, outbound: { maxCallsPerCaller: 2 } }));
  patient(await Peer.open(world, '10.8.0.1'));
  const caller = await Peer.open(world);
  const talking: { parts: Parts; contact: string }[] = [];
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 4; i += 1) {
    const from = `<sip:caller-${i}@example.org>;tag=${i}`;
    const callId = `call-${i}`;
    const headers = ['X-Trunk: carrier', 'X-Dial: 123'];
    const response = await caller.ask('INVITE', `sip:careless@${server}`, {
      from,
      callId,
      headers,
    });
    statuses.push(response?.status);
    if (response?.status !== 200) continue;
    const to = response.headers.get('To') ?? '';
    talking.push({
      parts: { from, to, callId, cseq: 99 },
      contact: response.contacts[0]?.uriText ?? '',
    });
  }
  expect(statuses).toEqual([200, 200, 503, 503]);
  expect(world.server.open.outboundCalls).toBe(2);
  for (const { parts, contact } of talking) await caller.ask('BYE', contact, parts);
  await world.run(2_000);
  expect(world.server.open.outboundCalls).toBe(0);
});

test('the limits hold for gateways as for flows', async () => {
  const { world } = await open({
    trunks,
    outbound: { deny: ['0900*'], maxCallsPerMinute: 2 },
    routes: [
      { when: { method: 'REGISTER' }, register: true },
      { when: { dialled: 'echo' }, flow: 'echo' },
      { when: { dialled: '9*', user: true }, gateway: { to: '0$1', trunk: 'carrier' } },
      { when: { dialled: 'out-*', user: true }, gateway: 'sip:$1@10.3.0.1' },
    ],
  });
  const carrier = await busy(world, '10.8.0.1');
  const elsewhere = await busy(world, '10.3.0.1');
  const caller = await registered(world, alice);
  const call = async (dialled: string): Promise<number | undefined> => {
    const from = `${Peer.user('alice')};tag=1`;
    return (await caller.askAs(alice, 'INVITE', `sip:${dialled}@${server}`, { from }))?.status;
  };
  expect(await call('out-someone')).toBe(403);
  expect(await call('9900123')).toBe(403);
  expect([await call('9123'), await call('9123'), await call('9123')]).toEqual([486, 486, 503]);
  expect(carrier.requests.filter(({ method }) => method === 'INVITE')).toHaveLength(2);
  expect(elsewhere.requests).toEqual([]);
});

describe('what callers write does not become headers of their own', () => {
  test.each([
    ['X-Note', 'hello\r\nX-Injected: yes'],
    ['X-Note', 'hello\nX-Injected: yes\n\n'],
    ['X-Note', 'hello\rX-Injected: yes'],
    ['X-Name', 'Eve"\r\nX-Injected: yes\r\nX-Rest: "'],
    ['X-Name', 'Eve" <sip:president@example.org>\r\nX-Injected: yes'],
    ['X-Number', '123\r\nX-Injected: yes'],
    ['X-Number', 'sip:eve@example.org>\r\nX-Injected: yes\r\nX-Rest: <'],
    ['X-Number', 'sip:eve@example.org?X-Injected=yes'],
    ['X-Dial', 'sip:bob@10.0.0.1\r\nX-Injected: yes'],
    ['X-Dial', 'sip:bob@10.0.0.1?X-Injected=yes'],
  ])('%s: %j', async (header, value) => {
    const { world } = await open(withFlow({ trunks }));
    const phone = await registered(world, bob);
    const carrier = await busy(world, '10.8.0.1');
    phone.onRequest = (request) =>
      request.method === 'ACK' ? undefined : answer(request, '486 Busy Here', phone.contact);
    for (const where of [['X-Dial: bob'], ['X-Dial: 123', 'X-Trunk: carrier']]) {
      const others = where.filter((line) => !line.startsWith(`${header}:`));
      const status = await dialled(world, [...others, `${header}: ${encodeURIComponent(value)}`]);
      expect(status).toBeGreaterThanOrEqual(400);
    }
    for (const request of [...phone.requests, ...carrier.requests]) {
      expect(request.headers.has('X-Injected')).toBe(false);
      expect(request.headers.has('X-Rest')).toBe(false);
      expect(request.from.uri).not.toMatchObject({ user: 'president' });
    }
  });
});
