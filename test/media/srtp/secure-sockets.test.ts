import type { NetworkAddress } from '../../../runtime/core/address';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import type { MediaReceiver, MediaSecurity, MediaSockets } from '../../../runtime/media/port';
import {
  createDtlsCertificate,
  type DtlsCertificate,
} from '../../../runtime/media/srtp/certificate';
import { SecureSockets } from '../../../runtime/media/srtp/secure-sockets';
import { SrtpSender } from '../../../runtime/media/srtp/srtp-sender';
import { MemoryMediaNetwork } from '../../support/memory-media-network';

const SUITE = 'AES_CM_128_HMAC_SHA1_80';

type Sdes = MediaSecurity & { readonly type: 'sdes' };

function key(seed: number): Uint8Array {
  return Uint8Array.from({ length: 30 }, (_, index) => (index * 13 + seed) & 0xff);
}

/** What A and B have agreed on; each number is a key. */
function keys(a: number, b: number): { readonly forA: Sdes; readonly forB: Sdes } {
  const base = { type: 'sdes', suite: SUITE } as const;
  return {
    forA: { ...base, sendKey: key(a), receiveKey: key(b) },
    forB: { ...base, sendKey: key(b), receiveKey: key(a) },
  };
}

function rtp(sequence: number, fill = 7): Buffer {
  const packet = Buffer.alloc(172, fill);
  packet[0] = 0x80;
  packet[1] = 0;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(0xabcd, 8);
  return packet;
}

function rtcp(): Buffer {
  const packet = Buffer.alloc(28, 9);
  packet.writeUInt32BE(0x80c80006, 0);
  return packet;
}

interface End {
  readonly sockets: SecureSockets;
  readonly rtp: Buffer[];
  readonly rtcp: Buffer[];
  readonly drops: string[];
  readonly failures: string[];
  secured: number;
}

interface Line {
  readonly clock: VirtualClock;
  readonly network: MemoryMediaNetwork;
  readonly a: End;
  readonly b: End;
  readonly secure: (forA: MediaSecurity | undefined, forB: MediaSecurity | undefined) => void;
  readonly close: () => Promise<void>;
}

const certificateA = createDtlsCertificate(Date.UTC(2026, 0, 5));
const certificateB = createDtlsCertificate(Date.UTC(2026, 0, 5));

async function joined(
  network: MemoryMediaNetwork,
  clock: VirtualClock,
  host: string,
  certificate: DtlsCertificate,
): Promise<End> {
  const lower = await network.allocate(host);
  const result = { rtp: [], rtcp: [], drops: [], failures: [], secured: 0 } as Omit<End, 'sockets'>;
  const sockets = new SecureSockets(lower, {
    clock,
    certificate,
    anyHost: true,
    onDrop: (reason) => result.drops.push(reason),
    onSecured: () => {
      result.secured += 1;
    },
    onFailed: (reason) => result.failures.push(reason),
  });
  sockets.receiver = {
    onRtp: (packet) => result.rtp.push(Buffer.from(packet)),
    onRtcp: (packet) => result.rtcp.push(Buffer.from(packet)),
  };
  return Object.assign(result, { sockets });
}

async function line(): Promise<Line> {
  const clock = new VirtualClock();
  const network = new MemoryMediaNetwork(clock, () => [10]);
  const a = await joined(network, clock, '10.0.0.1', certificateA);
  const b = await joined(network, clock, '10.0.0.2', certificateB);
  return {
    clock,
    network,
    a,
    b,
    secure: (forA, forB) => {
      a.sockets.secure(forA, b.sockets.local);
      b.sockets.secure(forB, a.sockets.local);
    },
    close: async () => {
      a.sockets.release();
      b.sockets.release();
      await clock.run(1_000);
      expect(network.open).toBe(0);
      expect(clock.pending).toBe(0);
    },
  };
}

function say(from: End, to: End, packet: Uint8Array): void {
  from.sockets.sendRtp(packet, to.sockets.local.host, to.sockets.local.port);
}

describe('secure sockets', () => {
  it('pass everything on as it is, and the very same bytes, while there is no security', () => {
    const seen: unknown[] = [];
    const lower: MediaSockets = {
      local: { host: '10.0.0.1', port: 4_000 },
      sendRtp: (packet, host, port) => seen.push(packet, host, port),
      sendRtcp: (packet, host, port) => seen.push(packet, host, port),
      receiver: undefined,
      release: () => undefined,
    };
    const sockets = new SecureSockets(lower, {
      clock: new VirtualClock(),
      anyHost: true,
      onDrop: (reason) => seen.push(reason),
      onFailed: (reason) => seen.push(reason),
    });
    const receiver: MediaReceiver = {
      onRtp: (packet) => seen.push(packet),
      onRtcp: (packet) => seen.push(packet),
    };
    sockets.receiver = receiver;
    const [first, second, third, fourth] = [rtp(1), rtcp(), rtp(2), rtcp()];
    sockets.sendRtp(first, 'h', 1);
    sockets.sendRtcp(second, 'h', 2);
    lower.receiver?.onRtp(third, 'h', 1);
    lower.receiver?.onRtcp(fourth, 'h', 2);
    expect(sockets.ready).toBe(true);
    expect(seen).toHaveLength(8);
    [first, 'h', 1, second, 'h', 2, third, fourth].forEach((each, place) => {
      expect(seen[place]).toBe(each);
    });
  });

  it('protect RTP and RTCP with the keys of SDES, on two ports and on one', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    const { host, port } = b.sockets.local;
    say(a, b, rtp(1));
    a.sockets.sendRtcp(rtcp(), host, port + 1);
    // RFC 5761: a report from the port of RTP.
    say(a, b, rtcp());
    say(b, a, rtp(9));
    await clock.run(20);
    expect(b.rtp).toEqual([rtp(1), rtcp()]);
    expect(b.rtcp).toEqual([rtcp()]);
    expect(a.rtp).toEqual([rtp(9)]);
    expect(network.sent.map(({ bytes }) => bytes.length)).toEqual([182, 42, 42, 182]);
    expect(network.sent.every(({ bytes }) => !bytes.includes(Buffer.alloc(16, 7)))).toBe(true);
    expect([...a.drops, ...b.drops]).toEqual([]);
    await close();
  });

  it('leave what they are given as it was: it may be sent to somebody else too', async () => {
    const { clock, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    const packet = rtp(1);
    say(a, b, packet);
    expect(packet).toEqual(rtp(1));
    await clock.run(20);
    await close();
  });

  it('take nothing plain, nothing of another key and nothing twice, and count each', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    say(a, b, rtp(1));
    await clock.run(20);
    const [packet] = network.sent;
    const from = a.sockets.local;
    const to = b.sockets.local;
    const inject = async (bytes: Uint8Array, target: NetworkAddress): Promise<void> => {
      network.send(target.port % 2 === 1 ? 'rtcp' : 'rtp', from, target, bytes);
      await clock.run(20);
    };
    await inject(rtp(2), to);
    await inject(rtcp(), to);
    await inject(rtcp(), { ...to, port: to.port + 1 });
    const stranger = new SrtpSender(SUITE, key(77));
    const out = Buffer.alloc(200);
    await inject(out.subarray(0, stranger.protectRtp(rtp(3), 172, out)), to);
    await inject(packet?.bytes ?? Buffer.alloc(0), to);
    await inject(Buffer.from([0x16, 0xfe, 0xfd]), to);
    await inject(Buffer.from([0x00, 0x01]), to);
    await inject(Buffer.alloc(0), to);
    expect(b.rtp).toEqual([rtp(1)]);
    expect(b.rtcp).toEqual([]);
    expect(b.drops).toEqual([
      'srtp-auth',
      'srtp-auth',
      'srtp-auth',
      'srtp-auth',
      'srtp-replay',
      'dtls-unexpected',
      'rtp-version',
      'rtp-version',
    ]);
    await close();
  });

  it('go on with keys that another offer and answer has left, counters and all', async () => {
    const { clock, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    for (let index = 0; index < 0x2_0000; index += 0x2000) {
      say(a, b, rtp(index));
      await clock.run(10);
    }
    secure({ ...forA, sendKey: forA.sendKey.slice() }, { ...forB });
    secure(undefined, undefined);
    secure(forA, forB);
    say(a, b, rtp(0x2_0001));
    await clock.run(20);
    expect(b.rtp).toHaveLength(17);
    expect([...a.drops, ...b.drops]).toEqual([]);
    await close();
  });

  it('understand the keys before for five seconds after others have come, and no longer', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    say(a, b, rtp(1));
    await clock.run(20);
    const next = keys(3, 4);
    // B has the answer first: A still sends under the old key.
    b.sockets.secure(next.forB, a.sockets.local);
    say(a, b, rtp(2));
    a.sockets.sendRtcp(rtcp(), b.sockets.local.host, b.sockets.local.port + 1);
    await clock.run(20);
    expect(b.rtp).toEqual([rtp(1), rtp(2)]);
    expect(b.rtcp).toHaveLength(1);
    say(a, b, rtp(3));
    const late = network.sent.at(-1)?.bytes ?? Buffer.alloc(0);
    await clock.run(5_000);
    network.send('rtp', a.sockets.local, b.sockets.local, late);
    say(a, b, rtp(4));
    await clock.run(20);
    expect(b.rtp).toHaveLength(3);
    expect(b.drops).toEqual(['srtp-auth', 'srtp-auth']);
    a.sockets.secure(next.forA, b.sockets.local);
    say(a, b, rtp(5));
    say(b, a, rtp(6));
    await clock.run(20);
    expect(b.rtp.at(-1)).toEqual(rtp(5));
    expect(a.rtp).toEqual([rtp(6)]);
    await close();
  });

  it('take the plain RTCP of baresip for what it is: a PING before its keys, and a BYE after them', async () => {
    // Seen with baresip 1.0: it opens the way through a NAT, and its RTCP says good-bye when its encryption has gone.
    const ping = Buffer.from('80cc00036ea2c81550494e47504f4e47', 'hex');
    const bye = Buffer.from(
      '81cb000334ea07e10441646a6f000000' +
        '81ca000834ea07e101197369703a616c696365403132372e302e302e313a323137353200',
      'hex',
    );
    const { clock, network, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    const odd = ({ host, port }: NetworkAddress): NetworkAddress => ({ host, port: port + 1 });
    network.send('rtcp', odd(a.sockets.local), odd(b.sockets.local), ping);
    network.send('rtcp', odd(a.sockets.local), odd(b.sockets.local), bye);
    await clock.run(20);
    // Too short to have a tag, and without one that fits.
    expect(b.drops).toEqual(['srtp-malformed', 'srtp-auth']);
    expect(b.rtcp).toEqual([]);
    await close();
  });

  it('send nothing that cannot be protected', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    say(a, b, rtp(1));
    say(a, b, rtp(1));
    say(a, b, Buffer.alloc(5_000, 0x80));
    say(a, b, Buffer.alloc(3));
    await clock.run(20);
    expect(network.sent).toHaveLength(1);
    expect(a.sockets.unsent).toBe(3);
    await close();
  });

  it('get keys by DTLS over the port of RTP, and let nothing through before', async () => {
    const { clock, network, a, b, secure, close } = await line();
    secure(
      { type: 'dtls', role: 'client', fingerprint: certificateB.fingerprint },
      { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint },
    );
    expect(a.sockets.ready).toBe(false);
    say(a, b, rtp(1));
    a.sockets.sendRtcp(rtcp(), b.sockets.local.host, b.sockets.local.port + 1);
    expect(a.sockets.unsent).toBe(2);
    network.send('rtp', a.sockets.local, b.sockets.local, rtp(2));
    await clock.run(15);
    expect(b.drops).toEqual(['srtp-missing']);
    await clock.run(100);
    expect([a.secured, b.secured]).toEqual([1, 1]);
    expect(a.sockets.ready && b.sockets.ready).toBe(true);
    expect(network.sent.every(({ kind }) => kind === 'rtp')).toBe(true);
    say(a, b, rtp(3));
    say(b, a, rtp(4));
    a.sockets.sendRtcp(rtcp(), b.sockets.local.host, b.sockets.local.port + 1);
    network.send('rtp', a.sockets.local, b.sockets.local, rtp(5));
    await clock.run(20);
    expect(b.rtp).toEqual([rtp(3)]);
    expect(a.rtp).toEqual([rtp(4)]);
    expect(b.rtcp).toEqual([rtcp()]);
    expect(b.drops).toEqual(['srtp-missing', 'srtp-auth']);
    expect([...a.failures, ...b.failures]).toEqual([]);
    await close();
  });

  it('keep a DTLS association through another offer and answer, and make a new one for another peer', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const client = { type: 'dtls', role: 'client', fingerprint: certificateB.fingerprint } as const;
    const server = { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint } as const;
    secure(client, server);
    await clock.run(100);
    const before = network.sent.length;
    secure({ ...client }, { ...server });
    await clock.run(100);
    expect(network.sent).toHaveLength(before);
    say(a, b, rtp(1));
    await clock.run(20);
    secure(
      { ...server, fingerprint: certificateB.fingerprint },
      { ...client, fingerprint: certificateA.fingerprint },
    );
    // Under the old keys until there are new ones.
    say(a, b, rtp(2));
    await clock.run(200);
    expect([a.secured, b.secured]).toEqual([2, 2]);
    say(a, b, rtp(3));
    await clock.run(20);
    expect(b.rtp).toEqual([rtp(1), rtp(2), rtp(3)]);
    await close();
  });

  it('make keys of their own for a port of RTCP (RFC 5764 §3)', async () => {
    const { clock, network, a, b, close } = await line();
    const controlOf = ({ sockets }: End): NetworkAddress => ({
      host: sockets.local.host,
      port: sockets.local.port + 1,
    });
    const forA = { type: 'dtls', role: 'client', fingerprint: certificateB.fingerprint } as const;
    const forB = { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint } as const;
    a.sockets.secure(forA, b.sockets.local, controlOf(b));
    b.sockets.secure(forB, a.sockets.local, controlOf(a));
    await clock.run(100);
    const { host, port } = controlOf(b);
    a.sockets.sendRtcp(rtcp(), host, port);
    say(a, b, rtp(1));
    // A report under the keys of RTP is not one of this port.
    say(a, b, rtcp());
    say(a, b, rtcp());
    const misplaced = network.sent.at(-1)?.bytes ?? Buffer.alloc(0);
    network.send('rtcp', controlOf(a), controlOf(b), misplaced);
    await clock.run(20);
    expect(b.rtcp).toEqual([rtcp()]);
    expect(b.rtp).toEqual([rtp(1), rtcp(), rtcp()]);
    expect(b.drops).toEqual(['srtp-auth']);
    expect([a.secured, b.secured]).toEqual([1, 1]);
    const handshakes = network.sent.filter(({ bytes }) => (bytes[0] ?? 0) < 64);
    expect(handshakes.filter(({ kind }) => kind === 'rtcp').length).toBe(handshakes.length / 2);
    await close();
  });

  it('keep a DTLS association in the hold of old phones, which has no address', async () => {
    const { clock, a, b, secure, close } = await line();
    const client = { type: 'dtls', role: 'client', fingerprint: certificateB.fingerprint } as const;
    secure(client, { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint });
    await clock.run(100);
    a.sockets.secure(client, { host: '0.0.0.0', port: b.sockets.local.port });
    a.sockets.secure(client, b.sockets.local);
    say(a, b, rtp(1));
    await clock.run(200);
    expect(b.rtp).toEqual([rtp(1)]);
    expect([a.secured, b.secured]).toEqual([1, 1]);
    await close();
  });

  it('tell when the peer is not the one of the fingerprint, and go on letting nothing through', async () => {
    const { clock, network, a, b, secure, close } = await line();
    secure(
      { type: 'dtls', role: 'client', fingerprint: certificateA.fingerprint },
      { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint },
    );
    await clock.run(30_000);
    expect(a.failures).toEqual(['the certificate of the peer is not that of its fingerprint']);
    expect(b.failures).toHaveLength(1);
    expect([a.secured, b.secured]).toEqual([0, 0]);
    const before = network.sent.length;
    say(a, b, rtp(1));
    expect(network.sent).toHaveLength(before);
    await close();
  });

  it('go from DTLS to SDES, to nothing and back', async () => {
    const { clock, a, b, secure, close } = await line();
    secure(
      { type: 'dtls', role: 'client', fingerprint: certificateB.fingerprint },
      { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint },
    );
    await clock.run(100);
    say(a, b, rtp(1));
    await clock.run(20);
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    say(a, b, rtp(2));
    await clock.run(20);
    secure(undefined, undefined);
    say(a, b, rtp(3));
    await clock.run(20);
    secure(forA, forB);
    say(a, b, rtp(4));
    await clock.run(20);
    expect(b.rtp).toEqual([rtp(1), rtp(2), rtp(3), rtp(4)]);
    await close();
  });

  it('answer the hello of a peer whose answer has a longer way than its packets, without it being said again', async () => {
    const { clock, network, a, b, close } = await line();
    const forA = { type: 'dtls', role: 'server', fingerprint: certificateB.fingerprint } as const;
    const forB = { type: 'dtls', role: 'client', fingerprint: certificateA.fingerprint } as const;
    const controlOf = ({ sockets }: End): NetworkAddress => ({
      host: sockets.local.host,
      port: sockets.local.port + 1,
    });
    b.sockets.secure(forB, a.sockets.local, controlOf(a));
    await clock.run(900);
    expect(network.sent).toHaveLength(8);
    a.sockets.secure(forA, b.sockets.local, controlOf(b));
    // Five ways of 10 ms are left; the client would say hello again at 1,875 ms only.
    await clock.run(60);
    expect([a.secured, b.secured]).toEqual([1, 1]);
    const { host, port } = controlOf(b);
    a.sockets.sendRtcp(rtcp(), host, port);
    say(a, b, rtp(1));
    await clock.run(20);
    expect(b.rtcp).toEqual([rtcp()]);
    expect(b.rtp).toEqual([rtp(1)]);
    expect([a.rtp, a.rtcp, a.drops, b.drops]).toEqual([[], [], [], []]);
    await close();
  });

  it('answer the hello of a peer that has become another before they know it', async () => {
    const { clock, network, a, secure, close } = await line();
    secure(
      { type: 'dtls', role: 'server', fingerprint: certificateB.fingerprint },
      { type: 'dtls', role: 'client', fingerprint: certificateA.fingerprint },
    );
    await clock.run(100);
    // As one that has moved does: a socket of its own, the same certificate.
    const moved = await joined(network, clock, '10.0.0.3', certificateB);
    moved.sockets.secure(
      { type: 'dtls', role: 'client', fingerprint: certificateA.fingerprint },
      a.sockets.local,
    );
    await clock.run(100);
    expect(moved.secured).toBe(0);
    expect(a.drops).toEqual(['dtls-unexpected']);
    a.sockets.secure(
      { type: 'dtls', role: 'server', fingerprint: certificateB.fingerprint },
      moved.sockets.local,
    );
    await clock.run(60);
    expect([a.secured, moved.secured]).toEqual([2, 1]);
    say(moved, a, rtp(7));
    await clock.run(20);
    expect(a.rtp).toEqual([rtp(7)]);
    moved.sockets.release();
    await close();
  });

  it('make a new association with a peer that has moved, although its fingerprint is the same (RFC 5763 §6.6)', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const forA = { type: 'dtls', role: 'client', fingerprint: certificateB.fingerprint } as const;
    const forB = { type: 'dtls', role: 'server', fingerprint: certificateA.fingerprint } as const;
    secure(forA, forB);
    await clock.run(100);
    say(a, b, rtp(1));
    const moved = await joined(network, clock, '10.0.0.3', certificateB);
    moved.sockets.secure(forB, a.sockets.local);
    const before = network.sent.length;
    a.sockets.secure(forA, moved.sockets.local);
    // The old one is torn down where it was.
    expect(network.sent[before]).toMatchObject({ to: b.sockets.local });
    expect(network.sent[before]?.bytes[0]).toBe(21);
    // Until there are keys the place that is new gets nothing that it could read, and nothing plain.
    say(a, moved, rtp(2));
    await clock.run(100);
    expect([a.secured, moved.secured]).toEqual([2, 1]);
    expect(moved.rtp).toEqual([]);
    say(a, moved, rtp(3));
    say(moved, a, rtp(4));
    await clock.run(20);
    expect(moved.rtp).toEqual([rtp(3)]);
    expect(a.rtp).toEqual([rtp(4)]);
    expect([...a.failures, ...moved.failures]).toEqual([]);
    moved.sockets.release();
    await close();
  });

  it('never use an index of a key again that comes back after another, as forked answers make it', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const first = keys(1, 2);
    const second = keys(3, 4);
    const { host, port } = b.sockets.local;
    const report = async (): Promise<Buffer> => {
      a.sockets.sendRtcp(rtcp(), host, port + 1);
      await clock.run(20);
      return network.sent.at(-1)?.bytes as Buffer;
    };
    const indexOf = (packet: Buffer): number => packet.readUInt32BE(packet.length - 14) & 0xffff;
    secure(first.forA, first.forB);
    const captured = await report();
    expect(indexOf(captured)).toBe(0);
    secure(second.forA, second.forB);
    expect(indexOf(await report())).toBe(0);
    secure(first.forA, first.forB);
    expect(indexOf(await report())).toBe(1);
    // Nor is what it has protected taken again.
    const from = { ...a.sockets.local, port: a.sockets.local.port + 1 };
    network.send('rtcp', from, { host, port: port + 1 }, captured);
    await clock.run(20);
    expect(b.rtcp).toHaveLength(3);
    expect(b.drops).toEqual(['srtp-replay']);
    await close();
  });

  it('give the sockets back once, and are silent from then on', async () => {
    const { clock, network, a, b, secure, close } = await line();
    const { forA, forB } = keys(1, 2);
    secure(forA, forB);
    a.sockets.release();
    a.sockets.release();
    a.sockets.secure(forA, b.sockets.local);
    say(a, b, rtp(1));
    await clock.run(20);
    expect(network.sent).toEqual([]);
    await close();
  });
});
