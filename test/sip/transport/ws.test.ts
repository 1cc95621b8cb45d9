import { once } from 'node:events';
import { WebSocketServer, type WebSocket } from 'ws';
import type { DropTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { MessageLimits } from '../../../runtime/sip/message/limits';
import { defaultMessageLimits } from '../../../runtime/sip/message/limits';
import { serialize } from '../../../runtime/sip/message/serialize';
import type { TransportLimits } from '../../../runtime/sip/transport/options';
import { TestAuthority, type TestCertificate } from './certificates';
import {
  fail,
  type Inbox,
  loopbacks,
  ok,
  outgoing,
  TcpPeer,
  TestLayer,
  untilOpen,
  watchDrops,
  wire,
} from './harness';
import { WsPeer } from './ws-peer';

/** As a browser writes it: where it is nobody knows, itself least. */
function fromBrowser(callId: string, protocol = 'WS'): string {
  return wire({ callId, via: `SIP/2.0/${protocol} df7jal23ls0d.invalid;branch=z9hG4bK${callId}` });
}

describe.each([...loopbacks.map((host) => ['WS', host] as const), ['WSS', '127.0.0.1'] as const])(
  'SIP over %s at %s',
  (protocol, host) => {
    let clock: VirtualClock;
    let own: TestCertificate;
    let authority: TestAuthority;
    let ours: TestLayer;
    let drops: { readonly reasons: Inbox<DropTrace>; readonly stop: () => void };
    const peers: WsPeer[] = [];

    async function begin(
      limits: Partial<TransportLimits> = {},
      messageLimits: MessageLimits = defaultMessageLimits,
    ): Promise<TestLayer> {
      const layer = await TestLayer.start(clock, [{ protocol, host, port: 0 }], {
        tls: { ...own, ca: authority.certificate },
        limits,
        messageLimits,
      });
      layer.answer = (request, channel) => channel.send(ok(request), fail);
      return layer;
    }

    async function restart(
      limits: Partial<TransportLimits>,
      messageLimits?: MessageLimits,
    ): Promise<void> {
      await ours.layer.close();
      ours = await begin(limits, messageLimits);
    }

    async function dial(options: Parameters<typeof WsPeer.connect>[1] = {}): Promise<WsPeer> {
      const peer = await WsPeer.connect(ours.address(protocol), options);
      peers.push(peer);
      return peer;
    }

    /** By the time that this is over, what was sent before it has been read. */
    async function roundTrips(peer: WsPeer): Promise<void> {
      for (let i = 0; i < 2; i += 1) {
        peer.send(fromBrowser(`trip${i}`, protocol));
        await peer.texts.next();
      }
    }

    beforeAll(async () => {
      authority = await TestAuthority.create();
      own = await authority.issue({ dns: ['sip.example'], addresses: [host] });
    });

    beforeEach(async () => {
      clock = new VirtualClock();
      drops = watchDrops();
      ours = await begin();
    });

    afterEach(async () => {
      drops.stop();
      for (const peer of peers.splice(0)) peer.socket.terminate();
      await ours.layer.close();
      expect(ours.layer.openConnections).toBe(0);
      expect(clock.pending).toBe(0);
    });

    describe('a connection that a browser opens', () => {
      test('carries its requests, and responses go back along it', async () => {
        const peer = await dial();
        peer.send(fromBrowser('one', protocol));
        peer.send(fromBrowser('two', protocol));
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 200 [^]*Call-ID: one\r\n/);
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 200 [^]*Call-ID: two\r\n/);
        const { channel } = await ours.requests.next();
        expect([channel.protocol, channel.reliable]).toEqual([protocol, true]);
        expect(channel.remote.host).toBe(host);
        expect(ours.layer.contactAddress(channel)).toEqual(ours.address(protocol));
      });

      test('carries our requests along its flow, and their responses', async () => {
        const peer = await dial();
        peer.send(fromBrowser('register', protocol));
        const { channel } = await ours.requests.next();
        await peer.texts.next();
        const request = outgoing('INVITE');
        ours.layer.openFlow(channel.flow ?? '', request)?.send(request, fail);
        const text = await peer.texts.next();
        expect(text).toMatch(/^INVITE /);
        expect(request.topVia).toMatchObject({ ...ours.address(protocol), rport: '' });
        peer.send(Buffer.from(serialize(ok(request))));
        expect((await ours.responses.next()).message).toMatchObject({ status: 200 });
      });

      test('is all there was of the way back: a late response fails', async () => {
        ours.answer = undefined;
        const peer = await dial();
        peer.send(fromBrowser('late', protocol));
        const { message, channel } = await ours.requests.next();
        peer.socket.terminate();
        await untilOpen(ours, 1);
        const failed = new Promise<Error>((resolve) => channel.send(ok(message), resolve));
        expect((await failed).message).toContain('closed');
        expect(ours.layer.openFlow(channel.flow ?? '', outgoing())).toBeUndefined();
      });

      test('may take text and binary messages, without Content-Length', async () => {
        const peer = await dial();
        const text = fromBrowser('kind', protocol).replace('Content-Length: 0\r\n', '');
        peer.send(text);
        peer.send(Buffer.from(text), { binary: true });
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 200 /);
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 200 /);
      });

      test('gets text, but binary where something is not UTF-8', async () => {
        ours.answer = (request, channel) => {
          const response = ok(request);
          response.body = request.body;
          channel.send(response, fail);
        };
        const peer = await dial();
        peer.send(Buffer.from(wire({ body: 'caf\xc3\xa9' }), 'latin1'));
        await peer.texts.next();
        peer.send(Buffer.from(wire({ body: 'caf\xe9' }), 'latin1'), { binary: true });
        expect(await peer.texts.next()).toContain('caf\xe9');
        expect(peer.kinds).toEqual(['text', 'binary']);
      });

      test('may cut a message into fragments, with pings between', async () => {
        const peer = await dial();
        const text = fromBrowser('cut', protocol);
        peer.send(text.slice(0, 50), { fin: false });
        peer.socket.ping('between');
        peer.send(text.slice(50, 60), { fin: false });
        peer.send(text.slice(60), { fin: true });
        expect(await peer.pongs.next()).toBe('between');
        expect(await peer.texts.next()).toContain('Call-ID: cut');
      });

      test('answers a double CRLF with a single one', async () => {
        const peer = await dial();
        peer.send('\r\n\r\n');
        expect(await peer.texts.next()).toBe('\r\n');
      });

      test('is answered 400 for a message that is malformed, and stays', async () => {
        const peer = await dial();
        peer.send(fromBrowser('bad', protocol).replace('Max-Forwards: 70', 'Max-Forwards: many'));
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 400 /);
        peer.send(fromBrowser('good', protocol));
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 200 /);
      });

      test('survives garbage', async () => {
        const peer = await dial();
        peer.send('hello');
        peer.send('');
        expect(await drops.reasons.next()).toMatchObject({ reason: 'parse-error' });
        peer.send(fromBrowser('good', protocol));
        expect(await peer.texts.next()).toMatch(/^SIP\/2\.0 200 /);
      });

      test('closes as WebSockets do', async () => {
        const peer = await dial();
        peer.socket.close(1000);
        expect(await peer.closed).toBe(1000);
        await untilOpen(ours, 1);
      });
    });

    describe('an upgrade', () => {
      test.each(['/', '/ws', '/ws?token=1'])('of %s is taken', async (path) => {
        const peer = await dial({ path });
        expect(peer.socket.protocol).toBe('sip');
      });

      test('may offer other subprotocols, too', async () => {
        const peer = await dial({ protocols: ['chat', 'sip'] });
        expect(peer.socket.protocol).toBe('sip');
      });

      test.each([
        ['of another path', { path: '/admin' }, '404'],
        ['to another subprotocol', { protocols: ['chat'] }, '400'],
        ['to none', { protocols: [] }, '400'],
      ])('%s is refused', async (_what, options, status) => {
        await expect(dial(options)).rejects.toThrow(status);
        await untilOpen(ours, 1);
      });

      test('that is none gets 426', async () => {
        if (protocol === 'WSS') return;
        const peer = await TcpPeer.connect(ours.address(protocol));
        peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        expect(await peer.receive(/426[^]*\r\n\r\n/)).toContain('Connection: close');
        await peer.closed;
      });

      test('that never comes is waited for a while', async () => {
        await restart({ messageTimeout: 5_000 });
        const stalling = await TcpPeer.connect(ours.address(protocol));
        if (protocol === 'WS') stalling.send('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso');
        await untilOpen(ours, 2);
        clock.advance(5_000);
        await stalling.closed;
        expect(await drops.reasons.next()).toMatchObject({ reason: 'handshake-timeout' });
      });

      test('with ten megabytes of header is closed long before them', async () => {
        const stuffed = dial({ headers: { 'X-Much': 'x'.repeat(100_000) } });
        await expect(stuffed).rejects.toThrow();
        if (protocol === 'WS') {
          const peer = await TcpPeer.connect(ours.address(protocol));
          peer.send('GET / HTTP/1.1\r\n');
          const line = Buffer.from(`X-Much: ${'x'.repeat(8_000)}\r\n`);
          let sent = 0;
          while (sent < 10_000_000 && !peer.socket.destroyed) {
            sent += line.length;
            if (!peer.socket.write(line)) {
              await Promise.race([once(peer.socket, 'drain').catch(() => undefined), peer.closed]);
            }
            await new Promise((resolve) => setImmediate(resolve));
          }
          await peer.closed;
          expect(sent).toBeLessThan(10_000_000);
        }
        await untilOpen(ours, 1);
      });
    });

    describe('is bounded', () => {
      const small = { ...defaultMessageLimits, maxHead: 2_000, maxBody: 1_000 };

      test('in the size of a message', async () => {
        await restart({}, small);
        const peer = await dial();
        peer.send(`${fromBrowser('big', protocol)}${'x'.repeat(3_000)}`);
        expect(await peer.closed).toBe(1009);
        expect(await drops.reasons.next()).toMatchObject({ reason: 'websocket-error' });
        expect(ours.requests.size).toBe(0);
        await untilOpen(ours, 1);
      });

      test('in the size of all its fragments', async () => {
        await restart({}, small);
        const peer = await dial();
        for (let i = 0; i < 4; i += 1) peer.send('x'.repeat(1_000), { fin: false });
        expect(await peer.closed).toBe(1009);
      });

      test('in their number', async () => {
        const peer = await dial();
        for (let i = 0; i < 300; i += 1) peer.send('x', { fin: false });
        expect(await peer.closed).toBe(1008);
      });

      test('in the time that a message takes, whatever comes between its fragments', async () => {
        await restart({ messageTimeout: 5_000 });
        const peer = await dial();
        const other = await dial();
        peer.send(fromBrowser('half', protocol).slice(0, 100), { fin: false });
        await roundTrips(other);
        clock.advance(4_000);
        peer.socket.ping('still here');
        expect(await peer.pongs.next()).toBe('still here');
        clock.advance(1_001);
        expect(await peer.closed).toBe(1006);
        expect(await drops.reasons.next()).toMatchObject({ reason: 'slow-sender' });
        await roundTrips(other);
      });

      test('in what waits for a peer that does not read its pongs', async () => {
        await restart({ maxUnsent: 20_000 });
        const peer = await dial();
        peer.socket.pause();
        const payload = 'x'.repeat(120);
        for (let i = 0; i < 60_000; i += 1) {
          if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
          if (ours.layer.openConnections === 1) break;
          peer.socket.ping(payload);
        }
        expect(await drops.reasons.next()).toMatchObject({ reason: 'stalled-receiver' });
        peer.socket.terminate();
        await untilOpen(ours, 1);
      });

      test('in silence, unless the peer answers a ping half way', async () => {
        await restart({ idleTimeout: 60_000 });
        const alive = await dial();
        const dead = await dial({ autoPong: false });
        await roundTrips(dead);
        await roundTrips(alive);
        clock.advance(30_000);
        expect(await alive.pings.next()).toBe('');
        expect(await dead.pings.next()).toBe('');
        await roundTrips(alive);
        clock.advance(30_000);
        expect(await dead.closed).toBe(1006);
        expect(await drops.reasons.next()).toMatchObject({ reason: 'idle-connection' });
        await roundTrips(alive);
      });

      test('in the number of connections', async () => {
        await restart({ maxConnections: 1 });
        await dial();
        await expect(dial()).rejects.toThrow();
        expect(await drops.reasons.next()).toMatchObject({ reason: 'connection-limit' });
      });
    });

    describe('a connection that we open', () => {
      test('carries requests both ways', async () => {
        const theirs = await begin();
        theirs.answer = (request, channel) => {
          channel.send(ok(request), fail);
          if (request.method !== 'OPTIONS') return;
          const back = outgoing('INFO');
          theirs.layer.openFlow(channel.flow ?? '', back)?.send(back, fail);
        };
        const target = { ...theirs.address(protocol), serverName: 'sip.example' };
        ours.send(target, outgoing());
        expect((await ours.responses.next()).message.status).toBe(200);
        expect((await ours.requests.next()).message.method).toBe('INFO');
        expect((await theirs.responses.next()).message.status).toBe(200);
        ours.send(target, outgoing('MESSAGE'));
        expect((await ours.responses.next()).message.cseq.method).toBe('MESSAGE');
        expect(theirs.layer.openConnections).toBe(2);
        await theirs.layer.close();
        await untilOpen(ours, 1);
      });

      test.each([
        ['by pings, which every peer answers', true],
        ['or has failed when none is answered', false],
      ])('is kept alive %s', async (_what, autoPong) => {
        const peer = await dial({ autoPong });
        peer.send(fromBrowser('alive', protocol));
        const { channel } = await ours.requests.next();
        let failures = 0;
        const stop = ours.layer.keepAlive(channel.flow ?? '', {
          interval: 10_000,
          onFailed: () => {
            failures += 1;
          },
        });
        clock.advance(10_000);
        await peer.pings.next();
        if (autoPong) {
          await peer.texts.next();
          await roundTrips(peer);
          clock.advance(10_000);
          await peer.pings.next();
          expect(failures).toBe(0);
          stop();
        } else {
          clock.advance(10_000);
          expect(failures).toBe(1);
          expect(await ours.closedFlows.next()).toBe(channel.flow);
          expect(await drops.reasons.next()).toMatchObject({ reason: 'keep-alive-timeout' });
        }
      });

      test('fails when the server knows no SIP', async () => {
        if (protocol === 'WSS') return;
        const server = new WebSocketServer({ host, port: 0, handleProtocols: () => false });
        const sockets: WebSocket[] = [];
        server.on('connection', (socket) => sockets.push(socket));
        await once(server, 'listening');
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        const failed = new Promise<Error>((resolve) => {
          ours.send({ protocol, host, port }, outgoing(), resolve);
        });
        expect((await failed).message).toMatch(/subprotocol/);
        await untilOpen(ours, 1);
        for (const socket of sockets) socket.terminate();
        await new Promise((resolve) => server.close(resolve));
      });

      test('fails when nobody is there', async () => {
        const theirs = await begin();
        const target = theirs.address(protocol);
        await theirs.layer.close();
        const failed = new Promise<Error>((resolve) => {
          ours.send(target, outgoing(), resolve);
        });
        expect(await failed).toHaveProperty('code', 'ECONNREFUSED');
        await untilOpen(ours, 1);
      });

      test('fails when it does not stand in time', async () => {
        await restart({ connectTimeout: 3_000 });
        const theirs = await begin();
        const failed = new Promise<Error>((resolve) => {
          ours.send(theirs.address(protocol), outgoing(), resolve);
        });
        clock.advance(3_000);
        expect((await failed).message).toContain('connect-timeout');
        await theirs.layer.close();
      });
    });
  },
);

test('a secure WebSocket takes the certificate that a browser would', async () => {
  const authority = await TestAuthority.create();
  const own = await authority.issue({ dns: ['*.web.example'] });
  const clock = new VirtualClock();
  const listen = [{ protocol: 'WSS', host: '127.0.0.1', port: 0 }] as const;
  const ours = await TestLayer.start(clock, listen, { tls: { ...own, ca: authority.certificate } });
  const to = ours.address('WSS');
  ours.answer = (request, channel) => channel.send(ok(request), fail);
  ours.send({ ...to, serverName: 'sip.web.example' }, outgoing());
  expect((await ours.responses.next()).message.status).toBe(200);
  const failed = new Promise<Error>((resolve) => {
    ours.send({ ...to, serverName: 'other.invalid' }, outgoing(), resolve);
  });
  expect(await failed).toHaveProperty('code', 'ERR_TLS_CERT_ALTNAME_INVALID');
  await ours.layer.close();
  expect(clock.pending).toBe(0);
});
