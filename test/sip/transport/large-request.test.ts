import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { Listener } from '../../../runtime/sip/transport/port';
import {
  fail,
  loopbacks,
  outgoing,
  type TcpServer,
  TestLayer,
  udpAndTcp,
  type UdpPeer,
} from './harness';

describe.each(loopbacks)('a request that is too large for UDP at %s (RFC 3261 §18.1.1)', (host) => {
  const both: readonly Listener[] = [
    { protocol: 'UDP', host, port: 0 },
    { protocol: 'TCP', host, port: 0 },
  ];
  let clock: VirtualClock;
  let ours: TestLayer;
  let peer: UdpPeer;
  let server: TcpServer;

  beforeEach(async () => {
    clock = new VirtualClock();
    ours = await TestLayer.start(clock, both);
    ({ udp: peer, tcp: server } = await udpAndTcp(host));
  });

  afterEach(async () => {
    peer.close();
    await server.close();
    await ours.layer.close();
    expect(clock.pending).toBe(0);
  });

  const target = () => ({ protocol: 'UDP', host, port: peer.port }) as const;

  test('of 1300 octets goes by UDP', async () => {
    const request = outgoing('INVITE');
    const channel = ours.layer.open(target(), request);
    const head = request.headers.get('Call-ID') ?? '';
    expect(head).not.toBe('');
    channel.send(request, fail);
    const small = (await peer.raw.next()).length;
    const exact = outgoing('INVITE', { size: 1_300 - small - 3 });
    ours.send(target(), exact);
    const raw = await peer.raw.next();
    expect(raw.length).toBeGreaterThan(1_290);
    expect(raw.length).toBeLessThanOrEqual(1_300);
  });

  test('goes by TCP, and its Via says so', async () => {
    const request = outgoing('INVITE', { size: 1_400 });
    const channel = ours.send(target(), request);
    expect(channel.reliable).toBe(false);
    const connection = await server.connections.next();
    const text = await connection.receive(/INVITE [^]*x\s*$/);
    expect(text).toMatch(/Via: SIP\/2\.0\/TCP /);
    expect(text).toContain(`:${ours.address('TCP').port};`);
    expect([channel.protocol, channel.reliable]).toEqual(['TCP', true]);
    expect(peer.messages.size).toBe(0);
  });

  test('is waited for, not sent again, while the connection is being made', async () => {
    const request = outgoing('INVITE', { size: 1_400 });
    const channel = ours.send(target(), request);
    channel.send(request, fail);
    channel.send(request, fail);
    const connection = await server.connections.next();
    const cancel = outgoing('CANCEL');
    channel.send(cancel, fail);
    const text = await connection.receive(/CANCEL [^]*\r\n\r\n/);
    expect(text.match(/INVITE sip:/g)).toHaveLength(1);
  });

  test('takes its CANCEL the same way', async () => {
    const channel = ours.send(target(), outgoing('INVITE', { size: 1_400 }));
    channel.send(outgoing('CANCEL'), fail);
    const connection = await server.connections.next();
    const text = await connection.receive(/CANCEL [^]*\r\n\r\n/);
    expect(text.slice(text.indexOf('CANCEL'))).toMatch(/Via: SIP\/2\.0\/TCP /);
  });

  test('goes by UDP after all when the connection is refused, and its Via says so', async () => {
    await server.close();
    const channel = ours.send(target(), outgoing('INVITE', { size: 1_400 }));
    const sent = await peer.messages.next();
    expect(sent.topVia).toMatchObject({ protocol: 'UDP', port: ours.address('UDP').port });
    expect(sent.body).toHaveLength(1_400);
    expect([channel.protocol, channel.reliable]).toEqual(['UDP', false]);
    channel.send(outgoing('INVITE', { size: 1_400 }), fail);
    expect(await peer.messages.next()).toMatchObject({ method: 'INVITE' });
  });

  test('goes by UDP when the connection does not stand in time', async () => {
    ours.send(target(), outgoing('INVITE', { size: 1_400 }));
    clock.advance(4_000);
    expect(await peer.messages.next()).toMatchObject({ topVia: { protocol: 'UDP' } });
  });

  test('goes by UDP when we do not listen on TCP', async () => {
    await ours.layer.close();
    ours = await TestLayer.start(clock, both.slice(0, 1));
    ours.send(target(), outgoing('INVITE', { size: 1_400 }));
    expect(await peer.messages.next()).toMatchObject({ topVia: { protocol: 'UDP' } });
  });

  test('leaves the Contact at UDP, where requests to us fit', () => {
    const channel = ours.layer.open(target(), outgoing('INVITE', { size: 1_400 }));
    expect(ours.layer.contactAddress(channel)).toEqual(ours.address('UDP'));
  });
});
