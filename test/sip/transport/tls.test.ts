import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DropTrace } from '../../../runtime/core/trace';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { TransportLimits, TransportOptions } from '../../../runtime/sip/transport/options';
import { TestAuthority, type TestCertificate } from './certificates';
import {
  fail,
  loopbacks,
  ok,
  outgoing,
  TcpPeer,
  TcpServer,
  TestLayer,
  untilOpen,
  watchDrops,
  wire,
  type Inbox,
} from './harness';
import { dialTls, TlsPeerServer } from './tls-peer';

const answered = /SIP\/2\.0 (\d+) [^]*?\r\n\r\n/;

let authority: TestAuthority;
let stranger: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
  stranger = await TestAuthority.create('Somebody');
});

describe.each(loopbacks)('SIP over TLS at %s', (host) => {
  let clock: VirtualClock;
  let own: TestCertificate;
  let drops: { readonly reasons: Inbox<DropTrace>; readonly stop: () => void };
  const layers: TestLayer[] = [];
  const peers: TcpPeer[] = [];
  const servers: TlsPeerServer[] = [];

  async function begin(
    tls: TransportOptions['tls'] = {},
    limits: Partial<TransportLimits> = {},
  ): Promise<TestLayer> {
    const layer = await TestLayer.start(clock, [{ protocol: 'TLS', host, port: 0 }], {
      tls: { ...own, ca: authority.certificate, ...tls },
      limits,
    });
    layer.answer = (request, channel) => channel.send(ok(request), fail);
    layers.push(layer);
    return layer;
  }

  async function dial(...args: Parameters<typeof dialTls>): ReturnType<typeof dialTls> {
    const dialled = await dialTls(...args);
    peers.push(dialled.peer);
    return dialled;
  }

  /** A server that shows this certificate. */
  async function serve({ certificate, key }: TestCertificate): Promise<TlsPeerServer> {
    const server = await TlsPeerServer.start(host, { cert: certificate, key });
    servers.push(server);
    return server;
  }

  /** Sends to that server under this name; the failure, or the text that came. */
  async function attempt(ours: TestLayer, server: TlsPeerServer, serverName: string) {
    const target = { protocol: 'TLS', host, port: server.port, serverName } as const;
    const failed = new Promise<Error>((resolve) => {
      ours.send(target, outgoing(), resolve);
    });
    const arrived = server.connections.next().then(async ({ peer }) => {
      const nothing = peer.closed.then(() => failed);
      return Promise.race([peer.receive(/OPTIONS sip:bob/), nothing]);
    });
    // Whatever was said arrives before the end of the connection.
    return Promise.race([arrived, failed.then((error) => (server.accepted > 0 ? arrived : error))]);
  }

  beforeAll(async () => {
    own = await authority.issue({ dns: ['sip.example'], addresses: [host] });
  });

  beforeEach(() => {
    clock = new VirtualClock();
    drops = watchDrops();
  });

  afterEach(async () => {
    drops.stop();
    for (const peer of peers.splice(0)) peer.socket.destroy();
    for (const { layer } of layers.splice(0)) {
      await layer.close();
      expect(layer.openConnections).toBe(0);
    }
    for (const server of servers.splice(0)) await server.close();
    expect(clock.pending).toBe(0);
  });

  describe('a connection that a peer opens', () => {
    test('carries requests and their responses', async () => {
      const ours = await begin();
      const { peer } = await dial(ours.address('TLS'));
      peer.send(wire({ callId: 'one' }) + wire({ callId: 'two' }));
      expect(await peer.receive(answered)).toContain('Call-ID: one');
      expect(await peer.receive(answered)).toContain('Call-ID: two');
      const { channel } = await ours.requests.next();
      expect([channel.protocol, channel.reliable]).toEqual(['TLS', true]);
      expect(channel.remote).toEqual({ host, port: peer.port });
      expect(channel.peerNames).toBeUndefined();
      expect(ours.layer.contactAddress(channel)).toEqual(ours.address('TLS'));
    });

    test('has its keep-alive answered', async () => {
      const ours = await begin();
      const { peer } = await dial(ours.address('TLS'));
      peer.send('\r\n\r\n');
      expect(await peer.receive(/\r\n/)).toBe('\r\n');
    });

    test('that is closed gets its response on a new one, to the sent-by’s name and port', async () => {
      const ours = await begin();
      ours.answer = undefined;
      const server = await serve(await authority.issue({ dns: ['pc.example'] }));
      const { peer } = await dial(ours.address('TLS'));
      peer.send(wire({ via: `SIP/2.0/TLS pc.example:${server.port};branch=z9hG4bKa` }));
      const { message, channel } = await ours.requests.next();
      peer.socket.destroy();
      await untilOpen(ours, 1);
      channel.send(ok(message), fail);
      const { peer: other } = await server.connections.next();
      expect(await other.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });
  });

  describe('is bounded', () => {
    test('in the time that a handshake takes', async () => {
      const ours = await begin({}, { messageTimeout: 5_000 });
      const stalling = await TcpPeer.connect(ours.address('TLS'));
      peers.push(stalling);
      await untilOpen(ours, 2);
      clock.advance(4_999);
      // The first octets of a handshake buy no time.
      stalling.send(Buffer.from([22, 3, 1]));
      const { peer } = await dial(ours.address('TLS'));
      clock.advance(1);
      await stalling.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'handshake-timeout' });
      peer.send(wire());
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
      peer.socket.destroy();
      await untilOpen(ours, 1);
    });

    test('in the number of handshakes under way', async () => {
      const ours = await begin({}, { maxHandshakes: 1 });
      const { peer } = await dial(ours.address('TLS'));
      peer.send(wire());
      await peer.receive(answered);
      const stalling = await TcpPeer.connect(ours.address('TLS'));
      peers.push(stalling);
      await untilOpen(ours, 3);
      const refused = await TcpPeer.connect(ours.address('TLS'));
      await refused.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'handshake-limit' });
      peer.send(wire());
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });

    test('in the number of connections, handshakes included', async () => {
      const ours = await begin({}, { maxConnectionsPerPeer: 1 });
      const stalling = await TcpPeer.connect(ours.address('TLS'));
      peers.push(stalling);
      await untilOpen(ours, 2);
      const refused = await TcpPeer.connect(ours.address('TLS'));
      await refused.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'connection-limit' });
    });

    test('in the time that a message takes', async () => {
      const ours = await begin({}, { messageTimeout: 5_000 });
      const { peer: slow } = await dial(ours.address('TLS'));
      const { peer: other } = await dial(ours.address('TLS'));
      slow.send(wire().slice(0, 100));
      // By the time that the other is answered, the first octets of the slow one are there.
      other.send(wire());
      await other.receive(answered);
      other.send(wire());
      await other.receive(answered);
      clock.advance(5_001);
      await slow.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'slow-sender' });
      other.send(wire());
      expect(await other.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });

    test('in the header that it takes: ten megabytes get 513, and no more room than one', async () => {
      const ours = await begin();
      const { peer } = await dial(ours.address('TLS'));
      const [head = ''] = wire().split('\r\nContent-Length');
      const before = process.memoryUsage().arrayBuffers;
      peer.send(`${head}\r\n`);
      const line = Buffer.from(`X-Much: ${'x'.repeat(8_000)}\r\n`);
      for (let sent = 0; sent < 10_000_000 && peer.socket.writable; sent += line.length) {
        if (!peer.socket.write(line)) await Promise.race([once(peer.socket, 'drain'), peer.closed]);
      }
      expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 513 /);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
      peer.socket.destroy();
      await untilOpen(ours, 1);
      expect(ours.requests.size).toBe(0);
    });
  });

  test('who speaks no TLS is closed, and nobody else', async () => {
    const ours = await begin();
    const { peer } = await dial(ours.address('TLS'));
    const plain = await TcpPeer.connect(ours.address('TLS'));
    plain.send(wire());
    await plain.closed;
    expect(await drops.reasons.next()).toMatchObject({ reason: 'handshake-failed' });
    peer.send(wire());
    expect(await peer.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
  });

  test('who leaves in the handshake leaves nothing behind', async () => {
    const ours = await begin();
    const socket = connect(ours.address('TLS').port, host);
    await once(socket, 'connect');
    await untilOpen(ours, 2);
    socket.resetAndDestroy();
    await untilOpen(ours, 1);
    expect(clock.pending).toBe(0);
  });

  describe('the certificate of a server', () => {
    const accepted: readonly (readonly [string, Parameters<TestAuthority['issue']>[0], string])[] =
      [
        ['its DNS name', { dns: ['a.example', 'proxy.example'] }, 'proxy.example'],
        ['its DNS name, whatever its case', { dns: ['Proxy.Example'] }, 'proxy.EXAMPLE'],
        ['its sip: URI', { uris: ['sip:carrier.example'] }, 'carrier.example'],
        ['its common name, having no other', { commonName: 'old.example' }, 'old.example'],
        ['its address', { addresses: [host] }, host],
      ];

    test.each(accepted)('counts for %s', async (_what, subject, name) => {
      const ours = await begin();
      const server = await serve(await authority.issue(subject));
      expect(await attempt(ours, server, name)).toMatch(/OPTIONS/);
    });

    const refused: readonly (readonly [string, Parameters<TestAuthority['issue']>[0], string])[] = [
      ['for another name', { dns: ['other.example'] }, 'CALLCHART_TLS_SERVER_NAME'],
      ['for a part of the name', { dns: ['example'] }, 'CALLCHART_TLS_SERVER_NAME'],
      // RFC 5922 §7.2
      ['with a wildcard', { dns: ['*.example'] }, 'CALLCHART_TLS_SERVER_NAME'],
      ['for a user there', { uris: ['sip:a@proxy.example'] }, 'CALLCHART_TLS_SERVER_NAME'],
      [
        'with the name where it no longer counts',
        { commonName: 'proxy.example', dns: ['other.example'] },
        'CALLCHART_TLS_SERVER_NAME',
      ],
      ['for its address only', { addresses: [host] }, 'CALLCHART_TLS_SERVER_NAME'],
      [
        'that has expired',
        { dns: ['proxy.example'], notAfter: new Date('2020-01-01') },
        'CERT_HAS_EXPIRED',
      ],
    ];

    test.each(refused)('%s is refused, and nothing was said', async (_what, subject, code) => {
      const ours = await begin();
      const server = await serve(await authority.issue(subject));
      const error = await attempt(ours, server, 'proxy.example');
      expect(error).toMatchObject({ code });
      await untilOpen(ours, 1);
    });

    test('of an unknown authority is refused', async () => {
      const ours = await begin();
      const server = await serve(await stranger.issue({ dns: ['proxy.example'] }));
      const error = await attempt(ours, server, 'proxy.example');
      expect(error).toHaveProperty('code', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });

    test('is not looked at when that was switched off', async () => {
      const ours = await begin({ verify: false });
      const server = await serve(await stranger.issue({ dns: ['other.example'] }));
      expect(await attempt(ours, server, 'proxy.example')).toMatch(/OPTIONS/);
    });

    test('must be for the address when there is no name', async () => {
      const ours = await begin();
      const server = await serve(await authority.issue({ dns: ['proxy.example'] }));
      const error = await new Promise((resolve) => {
        ours.send({ protocol: 'TLS', host, port: server.port }, outgoing(), resolve);
      });
      expect(error).toMatchObject({ code: 'CALLCHART_TLS_SERVER_NAME', status: 503 });
    });
  });

  test('a server that stalls in the handshake fails our request in time', async () => {
    const ours = await begin({}, { connectTimeout: 3_000 });
    const mute = await TcpServer.start(host);
    const failed = new Promise<Error>((resolve) => {
      ours.send({ protocol: 'TLS', host, port: mute.port }, outgoing(), resolve);
    });
    await mute.connections.next();
    clock.advance(3_000);
    expect((await failed).message).toContain('connect-timeout');
    await mute.close();
  });

  describe('SNI', () => {
    test('chooses our certificate by the name that the client asks for', async () => {
      const other = await authority.issue({ dns: ['other.example'] });
      const wild = await authority.issue({ dns: ['*.wild.example'] });
      const ours = await begin({ names: { 'Other.example': other, '*.wild.example': wild } });
      async function shown(servername: string): Promise<string | undefined> {
        const { socket } = await dial(ours.address('TLS'), { servername });
        return socket.getPeerCertificate().subjectaltname;
      }
      expect(await shown('other.EXAMPLE')).toBe('DNS:other.example');
      expect(await shown('a.wild.example')).toBe('DNS:*.wild.example');
      expect(await shown('a.b.wild.example')).toContain('DNS:sip.example');
      expect(await shown('sip.example')).toContain('DNS:sip.example');
      expect(await shown('')).toContain('DNS:sip.example');
    });

    test('tells a server the name that we want, but no address', async () => {
      const ours = await begin({ verify: false });
      const server = await serve(own);
      const base = { protocol: 'TLS', host, port: server.port } as const;
      ours.send({ ...base, serverName: 'proxy.example' }, outgoing());
      const { socket: named } = await server.connections.next();
      expect('servername' in named && named.servername).toBe('proxy.example');
      ours.send(base, outgoing());
      const { socket: unnamed } = await server.connections.next();
      expect('servername' in unnamed && unnamed.servername).toBe(false);
    });
  });

  describe('the certificate of a client', () => {
    async function connectWith(
      mode: 'off' | 'optional' | 'required',
      shown: TestCertificate | undefined,
    ): Promise<{ readonly ours: TestLayer; readonly peer: TcpPeer }> {
      const ours = await begin({ clientCertificates: mode });
      const { peer } = await dial(
        ours.address('TLS'),
        shown === undefined ? {} : { cert: shown.certificate, key: shown.key },
      );
      peer.send(wire());
      return { ours, peer };
    }

    test.each(['optional', 'required'] as const)('gives its names when %s', async (mode) => {
      const shown = await authority.issue({
        dns: ['Trunk.example'],
        uris: ['sip:carrier.example', 'sips:not.example', 'https://web.example'],
      });
      const { ours } = await connectWith(mode, shown);
      const { channel } = await ours.requests.next();
      expect(channel.peerNames).toEqual(['trunk.example', 'carrier.example']);
    });

    test('is not asked for otherwise', async () => {
      const { ours } = await connectWith('off', await authority.issue({ dns: ['a.example'] }));
      expect((await ours.requests.next()).channel.peerNames).toBeUndefined();
    });

    test('may be missing when it is optional', async () => {
      const { ours } = await connectWith('optional', undefined);
      expect((await ours.requests.next()).channel.peerNames).toBeUndefined();
    });

    test.each([
      ['missing', 'required', () => Promise.resolve(undefined)],
      ['of an unknown authority', 'required', () => stranger.issue({ dns: ['a.example'] })],
      ['of an unknown authority', 'optional', () => stranger.issue({ dns: ['a.example'] })],
      [
        'expired',
        'optional',
        () => authority.issue({ dns: ['a.example'], notAfter: new Date('2020-01-01') }),
      ],
    ] as const)('%s closes the connection when it is %s', async (_what, mode, shown) => {
      const { ours, peer } = await connectWith(mode, await shown());
      await peer.closed;
      expect(await drops.reasons.next()).toMatchObject({ reason: 'handshake-failed' });
      expect(ours.requests.size).toBe(0);
    });

    test('of ours is shown to servers that ask', async () => {
      const theirs = await begin({ clientCertificates: 'required' });
      const ours = await begin();
      ours.send({ ...theirs.address('TLS'), serverName: 'sip.example' }, outgoing());
      const { channel } = await theirs.requests.next();
      expect(channel.peerNames).toContain('sip.example');
      expect((await ours.responses.next()).message.status).toBe(200);
    });
  });

  describe('certificates that are read again', () => {
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'callchart-tls-'));
    });

    afterEach(() => rmSync(folder, { recursive: true }));

    function write({ certificate, key }: TestCertificate): { certificate: string; key: string } {
      const paths = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
      writeFileSync(paths.certificate, certificate);
      writeFileSync(paths.key, key);
      return paths;
    }

    test('are shown from then on, and connections that stand go on', async () => {
      const ours = await begin(write(await authority.issue({ dns: ['old.example'] })));
      const before = await dial(ours.address('TLS'));
      expect(before.socket.getPeerCertificate().subjectaltname).toBe('DNS:old.example');
      write(await authority.issue({ dns: ['new.example'] }));
      await ours.layer.reloadCertificates();
      const after = await dial(ours.address('TLS'));
      expect(after.socket.getPeerCertificate().subjectaltname).toBe('DNS:new.example');
      before.peer.send(wire());
      expect(await before.peer.receive(answered)).toMatch(/^SIP\/2\.0 200 /);
    });

    test('by their names, too', async () => {
      const paths = write(await authority.issue({ dns: ['old.example'] }));
      const ours = await begin({ names: { 'b.example': paths } });
      write(await authority.issue({ dns: ['new.example'] }));
      await ours.layer.reloadCertificates();
      const { socket } = await dial(ours.address('TLS'), { servername: 'b.example' });
      expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:new.example');
    });

    test('and cannot be used change nothing', async () => {
      const paths = write(await authority.issue({ dns: ['old.example'] }));
      const ours = await begin(paths);
      writeFileSync(paths.key, 'nonsense');
      const reload = ours.layer.reloadCertificates();
      await expect(reload).rejects.toMatchObject({ code: 'CALLCHART_TLS_KEY' });
      const { socket } = await dial(ours.address('TLS'));
      expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:old.example');
    });
  });
});
