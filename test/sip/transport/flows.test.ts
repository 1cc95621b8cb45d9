import type { DropTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { formatUdpFlow, parseUdpFlow } from '../../../runtime/sip/transport/flow-name';
import type { TransportOptions } from '../../../runtime/sip/transport/options';
import {
  fail,
  loopbacks,
  ok,
  outgoing,
  TcpPeer,
  TcpServer,
  TestLayer,
  UdpPeer,
  untilOpen,
  watchDrops,
  wire,
  type Inbox,
} from './harness';

const answered = /SIP\/2\.0 (\d+) [^]*?\r\n\r\n/;

describe.each(loopbacks)('flows at %s', (host) => {
  let clock: VirtualClock;
  let ours: TestLayer;
  let drops: { readonly reasons: Inbox<DropTrace>; readonly stop: () => void };
  const peers: TcpPeer[] = [];

  async function start(
    listen: TransportOptions['listen'] = [
      { protocol: 'UDP', host, port: 0 },
      { protocol: 'TCP', host, port: 0 },
    ],
  ): Promise<TestLayer> {
    const layer = await TestLayer.start(clock, listen);
    layer.answer = (request, channel) => channel.send(ok(request), fail);
    return layer;
  }

  async function dial(): Promise<{ readonly peer: TcpPeer; readonly flow: string }> {
    const peer = await TcpPeer.connect(ours.address('TCP'));
    peers.push(peer);
    peer.send(wire());
    await peer.receive(answered);
    const { channel } = await ours.requests.next();
    return { peer, flow: channel.flow ?? '' };
  }

  beforeEach(async () => {
    clock = new VirtualClock();
    drops = watchDrops();
    ours = await start();
  });

  afterEach(async () => {
    drops.stop();
    for (const peer of peers.splice(0)) peer.socket.destroy();
    await ours.layer.close();
    expect(ours.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  describe('over a connection', () => {
    test('have a name each, the same for all that comes along it', async () => {
      const first = await dial();
      const second = await dial();
      expect(first.flow).not.toBe(second.flow);
      first.peer.send(wire());
      expect((await ours.requests.next()).channel.flow).toBe(first.flow);
    });

    test('lead requests back to a peer that nobody could connect to', async () => {
      const { peer, flow } = await dial();
      const request = outgoing();
      const channel = ours.layer.openFlow(flow, request);
      expect(channel).toMatchObject({ protocol: 'TCP', flow, remote: { host, port: peer.port } });
      expect(request.topVia).toMatchObject({ ...ours.address('TCP'), rport: '' });
      channel?.send(request, fail);
      expect(await peer.receive(/\r\n\r\n/)).toMatch(/^OPTIONS /);
    });

    test('are of those that we opened, too', async () => {
      const server = await TcpServer.start(host);
      const target = { protocol: 'TCP', host, port: server.port } as const;
      const sent = ours.send(target, outgoing());
      const peer = await server.connections.next();
      await peer.receive(/OPTIONS [^]*?\r\n\r\n/);
      peer.send(wire());
      await peer.receive(answered);
      const { channel } = await ours.requests.next();
      const { flow } = sent;
      expect(channel.flow).toBe(flow);
      const request = outgoing('INFO');
      ours.layer.openFlow(channel.flow ?? '', request)?.send(request, fail);
      await peer.receive(/INFO /);
      expect(server.accepted).toBe(1);
      await server.close();
      expect(await ours.closedFlows.next()).toBe(flow);
    });

    test('are no more when it has closed, which is told', async () => {
      const { peer, flow } = await dial();
      const { peer: other, flow: otherFlow } = await dial();
      const channel = ours.layer.openFlow(flow, outgoing());
      peer.socket.destroy();
      expect(await ours.closedFlows.next()).toBe(flow);
      expect(ours.layer.openFlow(flow, outgoing())).toBeUndefined();
      // The way was chosen before, and is not replaced by another.
      const failed = new Promise<Error>((resolve) => channel?.send(outgoing(), resolve));
      expect((await failed).message).toContain('closed');
      expect(ours.layer.openFlow(otherFlow, outgoing())).toBeDefined();
      expect(other.hasEnded).toBe(false);
    });

    test('of another process are never taken for ours', async () => {
      const { flow } = await dial();
      const other = await TestLayer.start(clock, [{ protocol: 'TCP', host, port: 0 }], {
        random: { uint32: () => 7 },
      });
      const peer = await TcpPeer.connect(other.address('TCP'));
      peer.send(wire());
      const { channel } = await other.requests.next();
      expect(channel.flow).toMatch(/-1$/);
      expect(flow).toMatch(/-1$/);
      expect(other.layer.openFlow(flow, outgoing())).toBeUndefined();
      peer.socket.destroy();
      await other.layer.close();
    });

    test.each(['', 'nonsense', 'udp/', 'udp/x/1/y/2', 'toString'])('are not %j', (flow) => {
      expect(ours.layer.openFlow(flow, outgoing())).toBeUndefined();
    });

    test('close silently with the layer', async () => {
      await dial();
      await ours.layer.close();
      expect(ours.closedFlows.size).toBe(0);
    });
  });

  describe('over UDP', () => {
    test('are the two addresses, and good after a restart', async () => {
      const peer = await UdpPeer.start(host);
      peer.send(wire({ via: 'SIP/2.0/UDP x;rport;branch=z9hG4bKa' }), ours.address('UDP'));
      const { channel } = await ours.requests.next();
      expect(await peer.messages.next()).toMatchObject({ status: 200 });
      const flow = channel.flow ?? '';
      const { port } = ours.address('UDP');
      await ours.layer.close();
      ours = await start([{ protocol: 'UDP', host, port }]);
      const request = outgoing();
      const again = ours.layer.openFlow(flow, request);
      expect(again).toMatchObject({ protocol: 'UDP', flow, remote: { host, port: peer.port } });
      again?.send(request, fail);
      expect(await peer.messages.next()).toMatchObject({ method: 'OPTIONS' });
      expect(peer.source).toEqual({ host, port });
      peer.close();
    });

    test('are none of a listener that is not there any more', () => {
      const { port } = ours.address('UDP');
      const flow = formatUdpFlow({ host, port: port === 1 ? 2 : port - 1 }, { host, port: 5060 });
      expect(ours.layer.openFlow(flow, outgoing())).toBeUndefined();
    });

    test('do not become TCP, however large the request', async () => {
      const peer = await UdpPeer.start(host);
      const flow = formatUdpFlow(ours.address('UDP'), { host, port: peer.port });
      const request = outgoing('MESSAGE', { size: 3_000 });
      ours.layer.openFlow(flow, request)?.send(request, fail);
      expect(await peer.messages.next()).toMatchObject({ method: 'MESSAGE' });
      expect(ours.layer.openConnections).toBe(2);
      peer.close();
    });
  });

  describe('that are kept alive', () => {
    /** A connection that we opened, its pings, and how often it failed. */
    async function keep(interval: number) {
      const server = await TcpServer.start(host);
      const target = { protocol: 'TCP', host, port: server.port } as const;
      const { flow } = ours.send(target, outgoing());
      const peer = await server.connections.next();
      await peer.receive(/OPTIONS [^]*?\r\n\r\n/);
      let failures = 0;
      let failed: () => void;
      const failure = new Promise<void>((resolve) => (failed = resolve));
      const stop = ours.layer.keepAlive(flow ?? '', {
        interval,
        onFailed: () => {
          failures += 1;
          failed();
        },
      });
      return { server, peer, flow, stop, failure, failures: () => failures };
    }

    /** By the time that it is answered, the layer has read what the peer sent before. */
    async function roundTrip(peer: TcpPeer): Promise<string> {
      peer.send(wire());
      return peer.receive(answered);
    }

    test('get a double CRLF within the interval, again and again', async () => {
      const { server, peer, stop, failures } = await keep(20_000);
      for (let i = 0; i < 3; i += 1) {
        clock.advance(20_000);
        expect(await peer.receive(/\r\n\r\n/)).toBe('\r\n\r\n');
        peer.send('\r\n');
        await roundTrip(peer);
      }
      expect(failures()).toBe(0);
      stop();
      await server.close();
      await untilOpen(ours, 2);
    });

    test('by answers alone, with nothing else between', async () => {
      const { server, peer, failures } = await keep(20_000);
      const { peer: other } = await dial();
      for (let i = 0; i < 4; i += 1) {
        clock.advance(20_000);
        await peer.receive(/\r\n\r\n/);
        peer.send('\r\n');
        // By the time that another connection is answered twice, that has been read.
        await roundTrip(other);
        await roundTrip(other);
      }
      clock.advance(15_000);
      expect(failures()).toBe(0);
      await server.close();
      await untilOpen(ours, 3);
    });

    test('not sooner than four fifths of it', async () => {
      const { server, peer, stop } = await keep(120_000);
      clock.advance(95_000);
      expect(await roundTrip(peer)).toMatch(/^SIP/);
      stop();
      await server.close();
    });

    test('have failed when the answer takes 10 s, and the connection is closed', async () => {
      const { server, peer, failure, failures } = await keep(10_000);
      clock.advance(10_000);
      await peer.receive(/\r\n\r\n/);
      // Other traffic is no answer.
      await roundTrip(peer);
      clock.advance(7_999);
      expect(failures()).toBe(0);
      clock.advance(2_001);
      await failure;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'keep-alive-timeout' });
      await peer.closed;
      await untilOpen(ours, 2);
      clock.advance(60_000);
      expect(failures()).toBe(1);
      await server.close();
    });

    test('have failed when the connection closes', async () => {
      const { server, peer, flow, failure, failures } = await keep(30_000);
      peer.socket.destroy();
      await failure;
      expect(await ours.closedFlows.next()).toBe(flow);
      clock.advance(60_000);
      expect(failures()).toBe(1);
      await server.close();
    });

    test('are left alone when that was stopped', async () => {
      const { server, peer, stop, failures } = await keep(30_000);
      stop();
      clock.advance(60_000);
      expect(await roundTrip(peer)).toMatch(/^SIP/);
      await server.close();
      await untilOpen(ours, 2);
      expect(failures()).toBe(0);
    });

    test('have failed at once, but later, when they are closed already', async () => {
      let failures = 0;
      await new Promise<void>((resolve) => {
        ours.layer.keepAlive('gone', {
          interval: 30_000,
          onFailed: () => {
            failures += 1;
            resolve();
          },
        });
        expect(failures).toBe(0);
      });
      expect(failures).toBe(1);
    });

    test('need nothing over UDP, where that is not for CRLFs', () => {
      const flow = formatUdpFlow(ours.address('UDP'), { host, port: 9 });
      const stop = ours.layer.keepAlive(flow, {
        interval: 1_000,
        onFailed: () => fail(new Error()),
      });
      expect(clock.pending).toBe(0);
      stop();
    });
  });
});

describe('the name of a flow over UDP', () => {
  test.each([
    [
      { host: '192.0.2.1', port: 5060 },
      { host: '203.0.113.9', port: 40_000 },
    ],
    [
      { host: '::', port: 5060 },
      { host: 'fe80::1%eth0', port: 1 },
    ],
  ])('can be read again: %j %j', (bound, remote) => {
    expect(parseUdpFlow(formatUdpFlow(bound, remote))).toEqual({ bound, remote });
  });

  test.each([
    'udp/192.0.2.1/5060/203.0.113.9/0',
    'udp/192.0.2.1/5060/203.0.113.9/65536',
    'udp/192.0.2.1/5060/203.0.113.9/1e3',
    'udp/192.0.2.1/5060/host.example/5060',
    'udp/192.0.2.1/5060/203.0.113.9/5060/x',
  ])('is not %s', (flow) => {
    expect(parseUdpFlow(flow)).toBeUndefined();
  });
});
