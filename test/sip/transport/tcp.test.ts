import type { DropTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { TransportLimits } from '../../../runtime/sip/transport/options';
import {
  fail,
  loopbacks,
  ok,
  outgoing,
  TcpPeer,
  TcpServer,
  TestLayer,
  watchDrops,
  wire,
  type Inbox,
} from './harness';

const answered = /SIP\/2\.0 (\d+) [^]*?\r\n\r\n/;

/** Whatever sockets have to do is done: a round trip through the loop's poll phase, twice. */
async function roundTrip(server: TestLayer): Promise<void> {
  const peer = await TcpPeer.connect(server.address('TCP'));
  peer.send('\r\n\r\n');
  await peer.receive(/\r\n/);
  peer.socket.destroy();
  await peer.closed;
}

describe.each(loopbacks)('SIP over TCP at %s', (host) => {
  let clock: VirtualClock;
  let ours: TestLayer;
  let drops: { readonly reasons: Inbox<DropTrace>; readonly stop: () => void };
  const peers: TcpPeer[] = [];

  async function begin(limits: Partial<TransportLimits> = {}): Promise<void> {
    ours = await TestLayer.start(clock, [{ protocol: 'TCP', host, port: 0 }], { limits });
    ours.answer = (request, channel) => channel.send(ok(request), fail);
  }

  async function dial(): Promise<TcpPeer> {
    const peer = await TcpPeer.connect(ours.address('TCP'));
    peers.push(peer);
    return peer;
  }

  async function restart(limits: Partial<TransportLimits>): Promise<void> {
    await ours.layer.close();
    await begin(limits);
  }

  /** Lets the loop turn until the layer has noticed. */
  async function untilOpen(count: number): Promise<void> {
    for (let turn = 0; turn < 10_000 && ours.layer.openConnections !== count; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ours.layer.openConnections).toBe(count);
  }

  beforeEach(async () => {
    clock = new VirtualClock();
    drops = watchDrops();
    await begin();
  });

  afterEach(async () => {
    drops.stop();
    for (const peer of peers.splice(0)) peer.socket.destroy();
    await ours.layer.close();
    expect(ours.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  describe('a connection that a peer opens', () => {
    test('carries requests and their responses', async () => {
      const peer = await dial();
      peer.send(wire({ callId: 'one' }) + wire({ callId: 'two' }));
      expect(await peer.receive(answered)).toContain('Call-ID: one');
      expect(await peer.receive(answered)).toContain('Call-ID: two');
      const { channel } = await ours.requests.next();
      expect([channel.protocol, channel.reliable]).toEqual(['TCP', true]);
      expect(channel.remote).toEqual({ host, port: peer.port });
      expect(channel.local).toEqual({ host, port: ours.address('TCP').port });
      expect(ours.layer.contactAddress(channel)).toEqual(ours.address('TCP'));
    });

    test('may cut messages anywhere', async () => {
      const peer = await dial();
      const text = wire({ callId: 'cut', body: 'hello' });
      for (const part of text.match(/[^]{1,40}/g) ?? []) {
        peer.send(part);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await peer.receive(answered)).toContain('Call-ID: cut');
      const { message } = await ours.requests.next();
      expect(Buffer.from(message.body).toString()).toBe('hello');
    });

    test('gets `received` and `rport` into the Via as over UDP', async () => {
      const peer = await dial();
      peer.send(wire({ via: 'SIP/2.0/TCP pc.example;rport;branch=z9hG4bKa' }));
      const { message } = await ours.requests.next();
      expect(message.topVia).toMatchObject({ received: host, rport: String(peer.port) });
    });

    test('has its keep-alive answered: CRLF for CRLF CRLF', async () => {
      const peer = await dial();
      peer.send('\r\n\r\n');
      expect(await peer.receive(/\r\n/)).toBe('\r\n');
      peer.send(wire({ callId: 'after' }));
      expect(await peer.receive(answered)).toContain('Call-ID: after');
    });

    test('is answered 400 and stays open for a message that is malformed but whole', async () => {
      const peer = await dial();
      peer.send(wire().replace('Max-Forwards: 70', 'Max-Forwards: many'));
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 400 /);
      peer.send(wire());
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });

    test('is answered 400 and closed when nobody can tell where the next message begins', async () => {
      const peer = await dial();
      peer.send(wire().replace(/Content-Length: 0\r\n/, ''));
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 400 /);
      await peer.closed;
    });

    test('is closed for garbage', async () => {
      const peer = await dial();
      peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await peer.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'parse-error' });
    });

    test('survives a peer that resets it', async () => {
      const peer = await dial();
      peer.send(wire());
      await peer.receive(answered);
      peer.socket.resetAndDestroy();
      await peer.closed;
      await untilOpen(1);
    });
  });

  describe('is bounded', () => {
    test('in silence: an idle connection is closed, one with traffic is not', async () => {
      await restart({ idleTimeout: 60_000 });
      const idle = await dial();
      const busy = await dial();
      await roundTrip(ours);
      clock.advance(59_000);
      busy.send('\r\n\r\n');
      await busy.receive(/\r\n/);
      clock.advance(1_001);
      await idle.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'idle-connection' });
      busy.send('\r\n\r\n');
      expect(await busy.receive(/\r\n/)).toBe('\r\n');
    });

    test('in the time that a message takes', async () => {
      await restart({ messageTimeout: 5_000 });
      const slow = await dial();
      slow.send(wire().slice(0, 100));
      await roundTrip(ours);
      clock.advance(4_000);
      slow.send('x');
      await roundTrip(ours);
      clock.advance(1_001);
      await slow.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'slow-sender' });
    });

    test('but not in the time between messages', async () => {
      await restart({ messageTimeout: 5_000 });
      const peer = await dial();
      for (let i = 0; i < 3; i += 1) {
        peer.send(wire());
        await peer.receive(answered);
        clock.advance(20_000);
      }
      peer.send(wire());
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });

    test('in number', async () => {
      await restart({ maxConnections: 2 });
      const first = await dial();
      await dial();
      const third = await dial();
      await third.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'connection-limit' });
      first.socket.destroy();
      await first.closed;
      await roundTrip(ours);
    });

    test('in number from one address', async () => {
      await restart({ maxConnectionsPerPeer: 1 });
      await dial();
      const second = await dial();
      await second.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'connection-limit' });
    });

    test('in what waits for a peer that does not read', async () => {
      await restart({ maxUnsent: 100_000 });
      ours.answer = undefined;
      const peer = await dial();
      peer.socket.pause();
      peer.send(wire());
      const { channel } = await ours.requests.next();
      const octets = Buffer.alloc(50_000, 'x');
      const error = await new Promise<Error>((resolve) => {
        for (let i = 0; i < 400; i += 1) channel.sendBytes?.(octets, resolve);
      });
      expect(error.message).toContain('stalled-receiver');
      expect(await drops.reasons.next()).toMatchObject({ reason: 'stalled-receiver' });
    });
  });

  describe('a connection that we open', () => {
    let server: TcpServer;

    beforeEach(async () => {
      server = await TcpServer.start(host);
    });

    afterEach(() => server.close());

    test('carries our requests, one after the other, and their responses', async () => {
      const target = { protocol: 'TCP', host, port: server.port } as const;
      for (let i = 0; i < 3; i += 1) ours.send(target, outgoing());
      const peer = await server.connections.next();
      for (let i = 0; i < 3; i += 1) {
        const request = await peer.receive(/OPTIONS [^]*?\r\n\r\n/);
        expect(request).toMatch(/Via: SIP\/2\.0\/TCP /);
        const [via] = /Via: .*\r\n/.exec(request) ?? [''];
        peer.send(
          `SIP/2.0 200 OK\r\n${via}From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: ${i}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
        );
        const { message } = await ours.responses.next();
        expect(message).toMatchObject({ status: 200, callId: String(i) });
      }
      expect(server.accepted).toBe(1);
    });

    test('names the port that we listen on in Via and Contact', async () => {
      const target = { protocol: 'TCP', host, port: server.port } as const;
      const request = outgoing();
      const channel = ours.send(target, request);
      const { port } = ours.address('TCP');
      expect(request.topVia).toMatchObject({ protocol: 'TCP', host, port });
      expect(ours.layer.contactAddress(channel)).toEqual({ protocol: 'TCP', host, port });
      const peer = await server.connections.next();
      await peer.receive(/OPTIONS/);
    });

    test('is used for what the peer sends, too', async () => {
      ours.send({ protocol: 'TCP', host, port: server.port }, outgoing());
      const peer = await server.connections.next();
      peer.send(wire({ callId: 'back' }));
      await peer.receive(/OPTIONS [^]*?\r\n\r\n/);
      expect(await peer.receive(answered)).toContain('Call-ID: back');
    });

    test('is opened anew when the peer has closed it', async () => {
      const target = { protocol: 'TCP', host, port: server.port } as const;
      const channel = ours.send(target, outgoing());
      const first = await server.connections.next();
      await first.receive(/OPTIONS/);
      first.socket.destroy();
      await first.closed;
      await roundTrip(ours);
      channel.send(outgoing('INFO'), fail);
      const second = await server.connections.next();
      await second.receive(/INFO/);
    });

    test('carries a response whose own connection is gone, to the sent-by’s port', async () => {
      ours.answer = undefined;
      const peer = await dial();
      peer.send(wire({ via: `SIP/2.0/TCP pc.example:${server.port};branch=z9hG4bKa` }));
      const { message, channel } = await ours.requests.next();
      peer.socket.destroy();
      await peer.closed;
      await roundTrip(ours);
      channel.send(ok(message), fail);
      const other = await server.connections.next();
      expect(await other.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });

    test('fails later, not at once, when it is refused', async () => {
      const { port } = server;
      await server.close();
      const errors: Error[] = [];
      const failed = new Promise<void>((resolve) => {
        ours.send({ protocol: 'TCP', host, port }, outgoing(), (error) => {
          errors.push(error);
          resolve();
        });
      });
      expect(errors).toEqual([]);
      await failed;
      expect(errors).toMatchObject([{ code: 'ECONNREFUSED' }]);
      server = await TcpServer.start(host);
    });

    test('fails when it does not stand in time', async () => {
      await restart({ connectTimeout: 3_000 });
      const failed = new Promise<Error>((resolve) => {
        ours.send({ protocol: 'TCP', host, port: server.port }, outgoing(), resolve);
      });
      // No turn of the loop has passed, so the connection cannot have been made.
      clock.advance(3_000);
      expect((await failed).message).toContain('connect-timeout');
    });

    test('counts towards the limit', async () => {
      await restart({ maxConnections: 0 });
      const failed = new Promise<Error>((resolve) => {
        ours.send({ protocol: 'TCP', host, port: server.port }, outgoing(), resolve);
      });
      expect(await failed).toMatchObject({ code: 'CALLCHART_CONNECTION_LIMIT', status: 503 });
    });
  });

  test('closing the layer closes every connection', async () => {
    const peer = await dial();
    await untilOpen(2);
    await ours.layer.close();
    await peer.closed;
    expect(ours.layer.openConnections).toBe(0);
  });
});
