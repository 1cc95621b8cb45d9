import { createSocket, type Socket } from 'node:dgram';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { MediaReceiver, MediaSockets } from '../../runtime/media/port';
import { UdpNetwork, type UdpNetworkOptions } from '../../runtime/media/udp-network';

const HOST = '127.0.0.1';

let clock: VirtualClock;
let network: UdpNetwork;
const others: Socket[] = [];

/** A range of the tests' own, away from the default one. */
function open(options: Partial<UdpNetworkOptions> = {}): UdpNetwork {
  clock = new VirtualClock();
  network = new UdpNetwork({ clock, portRange: { first: 41_000, last: 41_199 }, ...options });
  return network;
}

afterEach(async () => {
  await network.close();
  expect(network.open).toBe(0);
  expect(network.bound).toBe(0);
  expect(clock.pending).toBe(0);
  for (const socket of others.splice(0)) {
    await new Promise<void>((resolve) => {
      socket.close(resolve);
    });
  }
});

async function occupy(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  others.push(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, HOST, resolve);
  });
  return socket;
}

interface Arrived {
  readonly kind: 'rtp' | 'rtcp';
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

/** The next packet that arrives at `sockets`. */
function arrival(sockets: MediaSockets): Promise<Arrived> {
  return new Promise((resolve) => {
    const take =
      (kind: Arrived['kind']): MediaReceiver['onRtp'] =>
      (packet, host, port) => {
        resolve({ kind, text: Buffer.from(packet).toString(), host, port });
      };
    sockets.receiver = { onRtp: take('rtp'), onRtcp: take('rtcp') };
  });
}

/** Waits until the kernel has handed over what was sent before. */
async function flush(through: MediaSockets): Promise<void> {
  const probe = await network.allocate(HOST);
  const arrived = arrival(probe);
  through.sendRtp(Buffer.from('flush'), HOST, probe.local.port);
  await arrived;
  probe.release();
}

describe('the UDP network of media', () => {
  it('gives an even port for RTP and the next for RTCP', async () => {
    open();
    const one = await network.allocate(HOST);
    const other = await network.allocate(HOST);
    expect(one.local).toEqual({ host: HOST, port: 41_000 });
    expect(other.local).toEqual({ host: HOST, port: 41_002 });

    const rtp = arrival(other);
    one.sendRtp(Buffer.from('sound'), HOST, other.local.port);
    expect(await rtp).toEqual({ kind: 'rtp', text: 'sound', host: HOST, port: 41_000 });
    const rtcp = arrival(other);
    one.sendRtcp(Buffer.from('report'), HOST, other.local.port + 1);
    expect(await rtcp).toEqual({ kind: 'rtcp', text: 'report', host: HOST, port: 41_001 });
  });

  it('speaks IPv6', async () => {
    open();
    const one = await network.allocate('::1');
    const other = await network.allocate('::1');
    const arrived = arrival(other);
    one.sendRtp(Buffer.from('six'), '::1', other.local.port);
    expect(await arrived).toMatchObject({ text: 'six', host: '::1' });
  });

  it('rounds an odd range to whole pairs', async () => {
    open({ portRange: { first: 41_001, last: 41_004 } });
    expect((await network.allocate(HOST)).local.port).toBe(41_002);
    await expect(network.allocate(HOST)).rejects.toMatchObject({ status: 503 });
  });

  it('refuses a range without a pair', () => {
    open();
    expect(() => new UdpNetwork({ clock, portRange: { first: 41_001, last: 41_002 } })).toThrow(
      /41001-41002 holds no even port/,
    );
  });

  it('announces one address while it is bound to another', async () => {
    open({ bindHost: '0.0.0.0' });
    const outside = await network.allocate('198.51.100.7');
    expect(outside.local.host).toBe('198.51.100.7');
    const peer = await occupy(0);
    const arrived = arrival(outside);
    peer.send('hello', outside.local.port, HOST);
    expect(await arrived).toMatchObject({ text: 'hello' });
  });

  it('says what to do when the address is not of this machine', async () => {
    open();
    await expect(network.allocate('198.51.100.7')).rejects.toMatchObject({
      code: 'CALLCHART_MEDIA_BIND_FAILED',
      message: expect.stringContaining('198.51.100.7') as string,
    });
    expect(network.bound).toBe(0);
  });

  it('skips a pair of which either port is in use', async () => {
    open();
    await occupy(41_000);
    await occupy(41_003);
    expect((await network.allocate(HOST)).local.port).toBe(41_004);
    expect(network.bound).toBe(1);
  });

  it('counts what is allocated', async () => {
    open();
    const one = await network.allocate(HOST);
    const other = await network.allocate(HOST);
    expect(network.open).toBe(2);
    one.release();
    one.release();
    expect(network.open).toBe(1);
    other.release();
    expect(network.open).toBe(0);
    expect(network.bound).toBe(2);
  });

  it('uses released sockets again, but not before the quarantine is over', async () => {
    open({ quarantine: 2_000 });
    const first = await network.allocate(HOST);
    first.release();
    clock.advance(1_999);
    const second = await network.allocate(HOST);
    expect(second.local.port).not.toBe(first.local.port);
    clock.advance(1);
    const third = await network.allocate(HOST);
    expect(third.local.port).toBe(first.local.port);
    expect(network.counters).toMatchObject({ bound: 2, reused: 1 });
  });

  it('serves many calls one after the other with a handful of sockets', async () => {
    open({ quarantine: 100 });
    for (let call = 0; call < 500; call += 1) {
      const sockets = await network.allocate(HOST);
      clock.advance(10);
      sockets.release();
    }
    expect(network.bound).toBeLessThanOrEqual(12);
    expect(network.counters.reused).toBeGreaterThan(480);
  });

  it('drops and counts packets that come when nobody holds the ports', async () => {
    open();
    const sender = await network.allocate(HOST);
    const gone = await network.allocate(HOST);
    const { port } = gone.local;
    gone.release();
    sender.sendRtp(Buffer.from('late'), HOST, port);
    sender.sendRtcp(Buffer.from('late'), HOST, port + 1);
    await flush(sender);
    await flush(sender);
    expect(network.counters.unclaimed).toBe(2);
  });

  it('does nothing for a holder that has released, though others hold its ports now', async () => {
    open({ quarantine: 0 });
    const old = await network.allocate(HOST);
    old.release();
    const now = await network.allocate(HOST);
    expect(now.local.port).toBe(old.local.port);
    const peer = await network.allocate(HOST);
    const arrived = arrival(peer);
    old.sendRtp(Buffer.from('ghost'), HOST, peer.local.port);
    old.release();
    now.sendRtp(Buffer.from('real'), HOST, peer.local.port);
    expect((await arrived).text).toBe('real');
    expect(network.open).toBe(2);
  });

  it('rejects with 503 when the range is used up, and serves again later', async () => {
    open({ portRange: { first: 41_000, last: 41_003 }, quarantine: 1_000 });
    const one = await network.allocate(HOST);
    await network.allocate(HOST);
    const refused = { code: 'CALLCHART_MEDIA_PORTS_EXHAUSTED', status: 503 };
    await expect(network.allocate(HOST)).rejects.toMatchObject(refused);
    one.release();
    await expect(network.allocate(HOST)).rejects.toMatchObject(refused);
    clock.advance(1_000);
    expect((await network.allocate(HOST)).local.port).toBe(one.local.port);
  });

  it('gives two callers two pairs when they ask at once', async () => {
    open();
    const all = await Promise.all(Array.from({ length: 50 }, () => network.allocate(HOST)));
    expect(new Set(all.map((sockets) => sockets.local.port)).size).toBe(50);
    expect(network.open).toBe(50);
  });

  it('closes sockets that have been idle for long', async () => {
    open({ quarantine: 1_000, idleTime: 10_000 });
    const all = await Promise.all(Array.from({ length: 5 }, () => network.allocate(HOST)));
    for (const sockets of all) sockets.release();
    clock.advance(5_000);
    const busy = await network.allocate(HOST);
    expect(network.bound).toBe(5);
    clock.advance(12_000);
    expect(network.bound).toBe(1);
    busy.release();
    clock.advance(30_000);
    expect(network.bound).toBe(0);
    expect(clock.pending).toBe(0);
    const again = await network.allocate(HOST);
    expect(again.local.port % 2).toBe(0);
  });

  it('survives that nobody listens where it sends to', async () => {
    open();
    const closed = await occupy(0);
    const { port } = closed.address();
    await new Promise<void>((resolve) => {
      others.splice(others.indexOf(closed), 1);
      closed.close(resolve);
    });
    const sockets = await network.allocate(HOST);
    for (let i = 0; i < 10; i += 1) {
      sockets.sendRtp(Buffer.from('anybody?'), HOST, port);
      await flush(sockets);
    }
    const peer = await network.allocate(HOST);
    const arrived = arrival(peer);
    sockets.sendRtp(Buffer.from('still here'), HOST, peer.local.port);
    expect((await arrived).text).toBe('still here');
  });

  it('lets nobody in once it is closed', async () => {
    open();
    const held = await network.allocate(HOST);
    await network.close();
    held.sendRtp(Buffer.from('x'), HOST, 9);
    await expect(network.allocate(HOST)).rejects.toMatchObject({ status: 503 });
  });

  it('begins its search at a place that others do not know', async () => {
    const random = { uint32: () => 0x8000_0000 };
    open({ random });
    expect((await network.allocate(HOST)).local.port).toBe(41_100);
  });
});
