import { SeededRandom } from '../../runtime/core/random';
import { VirtualClock } from '../../runtime/core/virtual-clock';
import type { DatagramSocket } from '../../runtime/sip/transport/port';
import { perfectLink, SimulatedNetwork, type LinkConditions } from './simulated-network';

const here = { host: '10.0.0.1', port: 5060 };
const there = { host: '10.0.0.2', port: 5060 };

interface Arrival {
  readonly at: number;
  readonly octet: number;
}

async function setUp(conditions: Partial<LinkConditions>, seed = 1) {
  const clock = new VirtualClock(0);
  const network = new SimulatedNetwork({
    clock,
    random: new SeededRandom(seed),
    conditions: { ...perfectLink, ...conditions },
  });
  const arrivals: Arrival[] = [];
  const sender = await network.bind(here, ignore);
  const receiver = await network.bind(there, {
    onDatagram: (bytes) => arrivals.push({ at: clock.now(), octet: bytes[0] as number }),
    onSocketError: () => undefined,
  });
  return { clock, network, arrivals, sender, receiver };
}

const ignore = { onDatagram: () => undefined, onSocketError: () => undefined };

function sendMany(socket: DatagramSocket, count: number): void {
  for (let i = 0; i < count; i += 1) {
    socket.send(Uint8Array.of(i % 256), there.host, there.port, () => undefined);
  }
}

describe('the simulated network', () => {
  test('delivers after the delay, with the address of the sender', async () => {
    const clock = new VirtualClock(0);
    const network = new SimulatedNetwork({ clock, random: new SeededRandom(1) });
    const seen: unknown[] = [];
    await network.bind(there, {
      onDatagram: (bytes, host, port) => seen.push([clock.now(), [...bytes], host, port]),
      onSocketError: () => undefined,
    });
    const sender = await network.bind(here, ignore);
    sender.send(Uint8Array.of(1, 2), there.host, there.port, () => undefined);
    clock.advance(0.5);
    expect(seen).toEqual([]);
    clock.advance(0.5);
    expect(seen).toEqual([[1, [1, 2], here.host, here.port]]);
    expect(clock.pending).toBe(0);
  });

  test('copies what is sent, since the sender may use its buffer again', async () => {
    const { clock, sender, arrivals } = await setUp({});
    const buffer = Uint8Array.of(7);
    sender.send(buffer, there.host, there.port, () => undefined);
    buffer[0] = 8;
    clock.advance(10);
    expect(arrivals).toEqual([{ at: 1, octet: 7 }]);
  });

  test('loses the share it was told to', async () => {
    const { clock, sender, arrivals, network } = await setUp({ loss: 0.25 });
    sendMany(sender, 4_000);
    clock.advance(10);
    expect(arrivals.length).toBeGreaterThan(2_850);
    expect(arrivals.length).toBeLessThan(3_150);
    expect(network.counters.lost + arrivals.length).toBe(4_000);
  });

  test('doubles the share it was told to', async () => {
    const { clock, sender, arrivals } = await setUp({ duplication: 0.1 });
    sendMany(sender, 4_000);
    clock.advance(10);
    expect(arrivals.length).toBeGreaterThan(4_300);
    expect(arrivals.length).toBeLessThan(4_500);
  });

  test('holds some back, so that later ones overtake them', async () => {
    const { clock, sender, arrivals } = await setUp({ reordering: 0.2, reorderDelay: 20 });
    sendMany(sender, 100);
    clock.advance(30);
    const late = arrivals.filter(({ at }) => at === 21);
    expect(arrivals).toHaveLength(100);
    expect(late.length).toBeGreaterThan(5);
    expect(arrivals.map(({ octet }) => octet)).not.toEqual([...Array(100).keys()]);
  });

  test('does the same again for the same seed, and something else for another', async () => {
    const conditions = { loss: 0.1, duplication: 0.1, reordering: 0.1, delay: { min: 1, max: 50 } };
    const run = async (seed: number): Promise<readonly Arrival[]> => {
      const { clock, sender, arrivals } = await setUp(conditions, seed);
      sendMany(sender, 200);
      clock.advance(100);
      return arrivals;
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  test('can treat each link differently', async () => {
    const { clock, network, sender, arrivals } = await setUp({});
    network.conditions = (from) =>
      from.port === here.port ? { ...perfectLink, loss: 1 } : perfectLink;
    sendMany(sender, 5);
    clock.advance(10);
    expect(arrivals).toEqual([]);
  });

  test('refuses an address that is bound, and gives it back when closed', async () => {
    const { network, receiver } = await setUp({});
    await expect(network.bind(there, ignore)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await receiver.close();
    await expect(network.bind(there, ignore)).resolves.toMatchObject({ local: there });
  });

  test('reports sending on a closed socket later, not at once', async () => {
    const { clock, sender } = await setUp({});
    await sender.close();
    const errors: string[] = [];
    sender.send(Uint8Array.of(1), there.host, there.port, ({ message }) => errors.push(message));
    expect(errors).toEqual([]);
    clock.advance(0);
    expect(errors).toEqual(['socket is closed']);
  });

  test('counts what arrives where nobody listens', async () => {
    const { clock, network, sender, receiver } = await setUp({});
    await receiver.close();
    sendMany(sender, 3);
    clock.advance(10);
    expect(network.counters.unreachable).toBe(3);
  });

  test('delivers to a wildcard what goes to any address', async () => {
    const clock = new VirtualClock(0);
    const network = new SimulatedNetwork({ clock, random: new SeededRandom(1) });
    let count = 0;
    await network.bind(
      { host: '0.0.0.0', port: 5060 },
      { onDatagram: () => (count += 1), onSocketError: () => undefined },
    );
    const sender = await network.bind(here, ignore);
    sender.send(Uint8Array.of(1), '10.9.9.9', 5060, () => undefined);
    clock.advance(1);
    expect(count).toBe(1);
  });

  test('gives media an even port for RTP and the next for RTCP, and takes both back', async () => {
    const clock = new VirtualClock(0);
    const network = new SimulatedNetwork({ clock, random: new SeededRandom(1) });
    const media = network.media();
    const one = await media.allocate('10.0.0.1');
    const two = await media.allocate('10.0.0.2');
    const heard: string[] = [];
    two.receiver = {
      onRtp: (packet, host, port) => heard.push(`rtp ${packet[0]} ${host}:${port}`),
      onRtcp: (packet, host, port) => heard.push(`rtcp ${packet[0]} ${host}:${port}`),
    };
    expect(one.local.port % 2).toBe(0);
    one.sendRtp(Uint8Array.of(1), two.local.host, two.local.port);
    one.sendRtcp(Uint8Array.of(2), two.local.host, two.local.port + 1);
    clock.advance(1);
    expect(heard).toEqual([
      `rtp 1 10.0.0.1:${one.local.port}`,
      `rtcp 2 10.0.0.1:${one.local.port + 1}`,
    ]);
    expect([media.open, network.open]).toEqual([2, 4]);
    one.release();
    one.release();
    await media.close();
    expect([media.open, network.open, clock.pending]).toEqual([0, 0, 0]);
  });
});
