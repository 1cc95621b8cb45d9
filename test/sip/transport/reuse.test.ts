import { VirtualClock } from '../../../runtime/core/virtual-clock';
import { TestAuthority, type TestCertificate } from './certificates';
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
  wire,
} from './harness';
import { dialTls, TlsPeerServer } from './tls-peer';

const answered = /SIP\/2\.0 (\d+) [^]*?\r\n\r\n/;
const request = /OPTIONS [^]*?\r\n\r\n/;

describe.each(loopbacks)('connections at %s', (host) => {
  let clock: VirtualClock;
  let authority: TestAuthority;
  let own: TestCertificate;
  let ours: TestLayer;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    own = await authority.issue({ dns: ['sip.example'], addresses: [host] });
  });

  beforeEach(async () => {
    clock = new VirtualClock();
    const listen = [
      { protocol: 'TLS', host, port: 0 },
      { protocol: 'TCP', host, port: 0 },
    ] as const;
    ours = await TestLayer.start(clock, listen, {
      tls: { ...own, ca: authority.certificate, clientCertificates: 'optional' },
    });
    ours.answer = (message, channel) => channel.send(ok(message), fail);
  });

  afterEach(async () => {
    await ours.layer.close();
    expect(ours.layer.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  describe('that we open', () => {
    test('carry what is for the same server and name, and nothing else', async () => {
      const both = await authority.issue({ dns: ['a.example', 'b.example'] });
      const server = await TlsPeerServer.start(host, { cert: both.certificate, key: both.key });
      const target = { protocol: 'TLS', host, port: server.port } as const;
      ours.send({ ...target, serverName: 'a.example' }, outgoing());
      ours.send({ ...target, serverName: 'A.example' }, outgoing());
      const { peer } = await server.connections.next();
      await peer.receive(request);
      await peer.receive(request);
      expect(server.accepted).toBe(1);
      // RFC 5923 §9.3: a connection on behalf of one domain is not for another.
      ours.send({ ...target, serverName: 'b.example' }, outgoing());
      const { peer: other } = await server.connections.next();
      await other.receive(request);
      expect(server.accepted).toBe(2);
      await server.close();
    });

    test('offer themselves for requests of the peer, over TLS', async () => {
      const { certificate, key } = await authority.issue({ dns: ['a.example'] });
      const server = await TlsPeerServer.start(host, { cert: certificate, key });
      const sent = outgoing();
      ours.send({ protocol: 'TLS', host, port: server.port, serverName: 'a.example' }, sent);
      expect(sent.topVia.params.has('alias')).toBe(true);
      const { peer } = await server.connections.next();
      await peer.receive(request);
      peer.send(wire({ callId: 'back' }));
      expect(await peer.receive(answered)).toContain('Call-ID: back');
      await server.close();
    });

    test('do not over TCP, nor does what a former hop wrote stay', async () => {
      const server = await TcpServer.start(host);
      const sent = outgoing();
      sent.headers.removeFirst('Via');
      sent.headers.prepend('Via', 'SIP/2.0/TLS 0.0.0.0;branch=z9hG4bKformer;alias;keep');
      ours.send({ protocol: 'TCP', host, port: server.port }, sent);
      expect([...sent.topVia.params.keys()]).toEqual(['branch', 'rport', 'keep']);
      const peer = await server.connections.next();
      await peer.receive(request);
      await server.close();
    });
  });

  describe('that a peer opens', () => {
    async function connect(names: readonly string[] | undefined, via: string) {
      const shown = names === undefined ? undefined : await authority.issue({ dns: names });
      const { peer } = await dialTls(ours.address('TLS'), {
        ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
      });
      peer.send(wire({ via }));
      await peer.receive(answered);
      return peer;
    }

    /** Where the request goes: along the peer's connection, or to the server that it names. */
    async function goesTo(peer: TcpPeer, server: TlsPeerServer, serverName: string) {
      const target = { protocol: 'TLS', host, port: server.port, serverName } as const;
      ours.send(target, outgoing());
      const back = peer.receive(request).then(() => 'along');
      const anew = server.connections.next().then(() => 'anew');
      const where = await Promise.race([back, anew]);
      peer.socket.destroy();
      await server.close();
      await untilOpen(ours, 2);
      return where;
    }

    async function listener(): Promise<TlsPeerServer> {
      const { certificate, key } = await authority.issue({ dns: ['a.example', 'b.example'] });
      return TlsPeerServer.start(host, { cert: certificate, key });
    }

    test('carry requests to where it says it listens, when its certificate is for that name', async () => {
      const server = await listener();
      const via = `SIP/2.0/TLS a.example:${server.port};branch=z9hG4bKa;alias`;
      const peer = await connect(['a.example'], via);
      expect(await goesTo(peer, server, 'a.example')).toBe('along');
    });

    test.each([
      ['another name', ['a.example'], ';alias', 'b.example'],
      ['what it did not offer', ['a.example'], '', 'a.example'],
      ['one that showed no certificate', undefined, ';alias', 'a.example'],
    ])('carry nothing for %s', async (_what, names, alias, serverName) => {
      const server = await listener();
      const via = `SIP/2.0/TLS a.example:${server.port};branch=z9hG4bKa${alias}`;
      const peer = await connect(names, via);
      expect(await goesTo(peer, server, serverName)).toBe('anew');
    });

    test('carry nothing by an alias over TCP, where nobody knows who it is', async () => {
      const server = await TcpServer.start(host);
      const peer = await TcpPeer.connect(ours.address('TCP'));
      peer.send(
        wire({
          via: `SIP/2.0/TCP ${host === '::1' ? '[::1]' : host}:${server.port};branch=z9hG4bKa;alias`,
        }),
      );
      await peer.receive(answered);
      ours.send({ protocol: 'TCP', host, port: server.port }, outgoing());
      const other = await server.connections.next();
      await other.receive(request);
      peer.socket.destroy();
      await server.close();
    });

    test('carry what is for their very address, but not for a name that they did not prove', async () => {
      const { peer } = await dialTls(ours.address('TLS'));
      peer.send(wire());
      await peer.receive(answered);
      const target = { protocol: 'TLS', host, port: peer.port } as const;
      ours.send(target, outgoing());
      await peer.receive(request);
      const failed = new Promise<Error>((resolve) => {
        ours.send({ ...target, serverName: 'a.example' }, outgoing(), resolve);
      });
      expect(await failed).toHaveProperty('code', 'ECONNREFUSED');
      peer.socket.destroy();
    });
  });

  describe('by a protocol that is not listened on', () => {
    test('are made by TLS in the name of the TCP listener, and carry requests both ways', async () => {
      const alone = await TestLayer.start(clock, [{ protocol: 'TCP', host, port: 0 }], {
        tls: { ca: authority.certificate },
      });
      alone.answer = (message, channel) => channel.send(ok(message), fail);
      const sent = outgoing();
      const channel = alone.send({ ...ours.address('TLS'), serverName: 'sip.example' }, sent);
      expect((await alone.responses.next()).message.status).toBe(200);
      const { port } = alone.address('TCP');
      expect(sent.topVia).toMatchObject({ protocol: 'TLS', host, port });
      expect(sent.topVia.params.has('alias')).toBe(false);
      expect(alone.layer.contactAddress(channel)).toEqual({ protocol: 'TLS', host, port });
      const { channel: theirs } = await ours.requests.next();
      const back = outgoing();
      ours.layer.openFlow(theirs.flow ?? '', back)?.send(back, fail);
      expect((await ours.responses.next()).message.status).toBe(200);
      await alone.layer.close();
      expect(alone.layer.openConnections).toBe(0);
    });

    test('need a listener over TCP of that family', async () => {
      const family = host.includes(':') ? 6 : 4;
      const serves = (layer: TestLayer) =>
        (['UDP', 'TCP', 'TLS', 'WS', 'WSS'] as const).filter((each) =>
          layer.layer.serves(each, family),
        );
      const udp = await TestLayer.start(clock, [{ protocol: 'UDP', host, port: 0 }]);
      expect(serves(udp)).toEqual(['UDP']);
      const target = { protocol: 'TLS', host, port: 5061 } as const;
      expect(() => udp.layer.open(target, outgoing())).toThrow(/no listener serves TLS/);
      const tcp = await TestLayer.start(clock, [{ protocol: 'TCP', host, port: 0 }]);
      expect(serves(tcp)).toEqual(['TCP', 'TLS', 'WS', 'WSS']);
      expect(tcp.layer.serves('TLS', family === 6 ? 4 : 6)).toBe(false);
      const ws = await TestLayer.start(clock, [{ protocol: 'WS', host, port: 0 }]);
      expect(serves(ws)).toEqual(['TLS', 'WS', 'WSS']);
      for (const { layer } of [udp, tcp, ws]) await layer.close();
    });
  });

  test('without TLS carry nothing for a sips: URI', () => {
    const secret = outgoing();
    secret.requestUri = 'sips:bob@sip.example';
    const target = { protocol: 'TCP', host, port: 5060 } as const;
    expect(() => ours.layer.open(target, secret)).toThrow(/sips: URI cannot go over TCP/);
    expect(ours.layer.open({ ...target, protocol: 'TLS' }, secret).protocol).toBe('TLS');
  });
});

describe('a source that is not admitted', () => {
  const host = '127.0.0.1';
  let clock: VirtualClock;
  let ours: TestLayer;
  const banned = new Set<string>();

  beforeEach(async () => {
    clock = new VirtualClock();
    banned.clear();
    const listen = [
      { protocol: 'UDP', host, port: 0 },
      { protocol: 'TCP', host, port: 0 },
    ] as const;
    ours = await TestLayer.start(clock, listen, { admit: (remote) => !banned.has(remote.host) });
    ours.answer = (message, channel) => channel.send(ok(message), fail);
  });

  afterEach(async () => {
    await ours.layer.close();
    expect(clock.pending).toBe(0);
  });

  test('gets nothing over UDP', async () => {
    const peer = await UdpPeer.start(host);
    const via = 'SIP/2.0/UDP x;rport;branch=z9hG4bKa';
    banned.add(host);
    peer.send(wire({ via, callId: 'first' }), ours.address('UDP'));
    const tcp = await TcpPeer.connect(ours.address('TCP'));
    await tcp.closed;
    expect(ours.requests.size).toBe(0);
    banned.clear();
    peer.send(wire({ via, callId: 'second' }), ours.address('UDP'));
    expect(await peer.messages.next()).toMatchObject({ callId: 'second' });
    peer.close();
  });

  test('cannot connect, and what it had open is closed with the next octets', async () => {
    const before = await TcpPeer.connect(ours.address('TCP'));
    before.send(wire());
    await before.receive(answered);
    await ours.requests.next();
    banned.add(host);
    const refused = await TcpPeer.connect(ours.address('TCP'));
    await refused.closed;
    before.send(wire());
    await before.closed;
    expect(ours.requests.size).toBe(0);
    await untilOpen(ours, 2);
  });

  test('still answers what we send', async () => {
    banned.add(host);
    const server = await TcpServer.start(host);
    const sent = outgoing();
    ours.send({ protocol: 'TCP', host, port: server.port }, sent);
    const peer = await server.connections.next();
    const text = await peer.receive(request);
    const [via] = /Via: .*\r\n/.exec(text) ?? [''];
    peer.send(
      `SIP/2.0 200 OK\r\n${via}From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
    );
    expect((await ours.responses.next()).message.status).toBe(200);
    await server.close();
    await untilOpen(ours, 2);
  });
});
