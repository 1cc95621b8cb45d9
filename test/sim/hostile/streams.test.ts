import { memory } from '../../fuzz/support/peace';
import { TcpPeer } from '../../sip/transport/harness';
import { TestAuthority } from '../../sip/transport/certificates';
import { dialTls } from '../../sip/transport/tls-peer';
import { WsPeer } from '../../sip/transport/ws-peer';
import type { World } from '../support/world';
import { hostileWorld } from './support/hostile-world';
import { Loopback, loopbackAddress, pass, untilSo } from './support/loopback';

const open = hostileWorld();
let loopback: Loopback;
let nonce = 0;

beforeAll(async () => {
  loopback = await Loopback.create();
});
afterAll(() => loopback.remove());

type Stream = 'TCP' | 'TLS' | 'WS' | 'WSS';

function request(protocol: Stream, method = 'OPTIONS', user = 'wait', extra = ''): string {
  nonce += 1;
  return [
    `${method} sip:${user}@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${protocol} client.invalid;branch=z9hG4bKstream${nonce}`,
    'Max-Forwards: 70',
    'From: <sip:stream@client.invalid>;tag=1',
    'To: <sip:wait@127.0.0.1>',
    `Call-ID: stream-${nonce}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:stream@client.invalid;transport=ws>',
    ...(extra === '' ? [] : [extra]),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

const complete = /\r\n\r\n/;

/** Somebody who means well is answered by each protocol. */
async function expectAnswers(world: World): Promise<void> {
  const tcp = await TcpPeer.connect(loopbackAddress(world, 'TCP'));
  tcp.send(request('TCP'));
  expect(await tcp.receive(complete)).toMatch(/^SIP\/2\.0 200 /);
  tcp.socket.destroy();
  const { peer } = await dialTls(loopbackAddress(world, 'TLS'));
  peer.send(request('TLS'));
  expect(await peer.receive(complete)).toMatch(/^SIP\/2\.0 200 /);
  peer.socket.destroy();
  for (const protocol of ['WS', 'WSS'] as const) {
    const ws = await WsPeer.connect(loopbackAddress(world, protocol));
    ws.send(request(protocol));
    expect(await ws.texts.next()).toMatch(/^SIP\/2\.0 200 /);
    ws.socket.terminate();
  }
}

test('fifty who stall in the handshake, of TLS or WebSocket, are closed in ten seconds', async () => {
  const { world, watch } = await open({ sip: loopback.sip });
  const stalling: TcpPeer[] = [];
  for (const protocol of ['TLS', 'WS', 'WSS'] as const) {
    for (let i = 0; i < 17; i += 1) {
      const peer = await TcpPeer.connect(loopbackAddress(world, protocol));
      if (i % 2 === 0) {
        const hello = Buffer.from([22, 3, 1, 2, 0, 1, 0]);
        peer.send(protocol === 'WS' ? 'GET / HTTP/1.1\r\nUpgr' : hello);
      }
      stalling.push(peer);
    }
  }
  await pass(world, 5_000);
  await expectAnswers(world);
  await pass(world, 6_000);
  await Promise.all(stalling.map(({ closed }) => closed));
  expect(watch.dropped.get('handshake-timeout')).toBe(stalling.length);
  await expectAnswers(world);
});

test('who sends half a message and waits is closed in ten seconds, by every stream', async () => {
  const { world, watch } = await open({ sip: loopback.sip });
  const tcp = await TcpPeer.connect(loopbackAddress(world, 'TCP'));
  const { peer: tls } = await dialTls(loopbackAddress(world, 'TLS'));
  tcp.send(request('TCP').slice(0, 120));
  tls.send(request('TLS').slice(0, 120));
  const sockets = [
    await WsPeer.connect(loopbackAddress(world, 'WS')),
    await WsPeer.connect(loopbackAddress(world, 'WSS')),
  ];
  for (const ws of sockets) ws.send(request('WS').slice(0, 120), { fin: false });
  await pass(world, 9_000);
  expect(watch.dropped.get('slow-sender')).toBeUndefined();
  await pass(world, 2_500);
  await Promise.all([tcp.closed, tls.closed, ...sockets.map(({ closed }) => closed)]);
  expect(watch.dropped.get('slow-sender')).toBe(4);
  await expectAnswers(world);
});

test.each(['TCP', 'TLS'] as const)(
  'ten megabytes of header by %s get 513 and no memory, and the connection is closed',
  async (protocol) => {
    const { world, watch } = await open({ sip: loopback.sip });
    const before = await memory(world);
    const address = loopbackAddress(world, protocol);
    const peer =
      protocol === 'TCP' ? await TcpPeer.connect(address) : (await dialTls(address)).peer;
    peer.send(request(protocol).split('Content-Length')[0] ?? '');
    const line = `X-Much: ${'x'.repeat(8_000)}\r\n`;
    for (let sent = 0; sent < 10_000_000 && peer.socket.writable; sent += line.length) {
      peer.socket.write(line);
      if (sent % 80_000 < line.length) await pass(world, 1);
    }
    await peer.closed;
    expect(watch.answered.get(513)).toBe(1);
    peer.socket.destroy();
    expect((await memory(world)) - before).toBeLessThan(8);
    await expectAnswers(world);
  },
);

describe.each(['WS', 'WSS'] as const)('a %s', (protocol) => {
  test('message may be binary, or in fragments, and is answered all the same', async () => {
    const { world } = await open({ sip: loopback.sip });
    const ws = await WsPeer.connect(loopbackAddress(world, protocol));
    ws.send(Buffer.from(request(protocol)), { binary: true });
    expect(await ws.texts.next()).toMatch(/^SIP\/2\.0 200 /);
    const text = request(protocol);
    for (let at = 0; at < text.length; at += 40) {
      ws.send(text.slice(at, at + 40), { fin: at + 40 >= text.length });
    }
    expect(await ws.texts.next()).toMatch(/^SIP\/2\.0 200 /);
    ws.socket.terminate();
  });

  test('that is too big, has too many fragments, or makes no sense is closed and counted', async () => {
    const { world, watch } = await open({ sip: loopback.sip });
    const address = loopbackAddress(world, protocol);
    const [big, long, pieces, nonsense] = [
      await WsPeer.connect(address),
      await WsPeer.connect(address),
      await WsPeer.connect(address),
      await WsPeer.connect(address),
    ];
    const before = await memory(world);
    big.send(Buffer.alloc(10_000_000, 'x'));
    for (let i = 0; i < 40; i += 1) long.send('x'.repeat(65_536), { fin: false });
    for (let i = 0; i < 2_000; i += 1) pieces.send('x', { fin: false });
    expect(await big.closed).toBe(1009);
    expect([1006, 1009]).toContain(await long.closed);
    expect([1006, 1008]).toContain(await pieces.closed);
    expect(watch.dropped.get('websocket-error')).toBe(3);
    for (const text of ['hello', '\0'.repeat(1_000), 'INVITE\r\n\r\n', '\r\n\r\n\r\n'])
      nonsense.send(text);
    await untilSo(() => (watch.dropped.get('parse-error') ?? 0) >= 3);
    nonsense.send(request(protocol));
    let answer = '';
    while (!answer.startsWith('SIP/2.0 200 ')) answer = await nonsense.texts.next();
    nonsense.socket.terminate();
    expect((await memory(world)) - before).toBeLessThan(12);
    await expectAnswers(world);
  });
});

test('a source that was shut out has its standing connections closed, too', async () => {
  const { world, watch } = await open({ sip: loopback.sip });
  const tcp = await TcpPeer.connect(loopbackAddress(world, 'TCP'));
  tcp.send(request('TCP'));
  expect(await tcp.receive(complete)).toMatch(/^SIP\/2\.0 200 /);
  const ws = await WsPeer.connect(loopbackAddress(world, 'WS'));
  ws.send(request('WS', 'OPTIONS', 'wait', 'User-Agent: friendly-scanner'));
  await untilSo(() => watch.dropped.get('scanner') === 1);
  tcp.send(request('TCP'));
  ws.send(request('WS'));
  await Promise.all([tcp.closed, ws.closed]);
  const refused = await TcpPeer.connect(loopbackAddress(world, 'TCP'));
  await refused.closed;
  expect(watch.dropped.get('not-admitted')).toBe(3);
  expect(watch.answered.get(200)).toBeGreaterThanOrEqual(1);
});

describe('a trunk that is known by its certificate', () => {
  const config = {
    trunks: { carrier: { servers: 'sip:carrier.example;transport=tls', qualify: false } },
    routes: [
      { when: { dialled: 'echo' }, flow: 'echo' },
      { when: { dialled: 'who', trunk: 'carrier' }, reject: 410 },
      { when: { dialled: 'who' }, reject: 403 },
    ],
  } as const;

  async function statusWith(
    world: World,
    shown: { certificate: string; key: string } | undefined,
    headers = '',
  ): Promise<string> {
    const options = shown === undefined ? {} : { cert: shown.certificate, key: shown.key };
    const { peer } = await dialTls(loopbackAddress(world, 'TLS'), options);
    peer.send(request('TLS', 'MESSAGE', 'who', headers));
    const answer = await Promise.race([peer.receive(complete), peer.closed.then(() => 'closed')]);
    peer.socket.destroy();
    return answer.slice(0, 11);
  }

  test('is it with the certificate of its server, and with no other', async () => {
    const { world } = await open({ ...config, sip: loopback.sip });
    const { authority } = loopback;
    const stranger = await TestAuthority.create('Somebody Else');
    expect(await statusWith(world, await authority.issue({ dns: ['Carrier.example'] }))).toBe(
      'SIP/2.0 410',
    );
    expect(await statusWith(world, await authority.issue({ dns: ['other.example'] }))).toBe(
      'SIP/2.0 403',
    );
    expect(await statusWith(world, await authority.issue({ dns: ['x.carrier.example'] }))).toBe(
      'SIP/2.0 403',
    );
    expect(await statusWith(world, await authority.issue({ dns: ['*.example'] }))).toBe(
      'SIP/2.0 403',
    );
    // RFC 5922 §7.1: the common name of one that has other names says nothing.
    const common = { commonName: 'carrier.example', dns: ['other.example'] };
    expect(await statusWith(world, await authority.issue(common))).toBe('SIP/2.0 403');
    expect(await statusWith(world, undefined)).toBe('SIP/2.0 403');
    expect(await statusWith(world, undefined, 'P-Asserted-Identity: <sip:carrier.example>')).toBe(
      'SIP/2.0 403',
    );
    expect(await statusWith(world, await stranger.issue({ dns: ['carrier.example'] }))).toBe(
      'closed',
    );
  });
});
