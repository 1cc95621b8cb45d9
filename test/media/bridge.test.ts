import { below, SeededRandom } from '../../runtime/core/random';
import type { CodecName, MediaDirection, PlaybackOptions } from '../../runtime/media/port';
import type { PlayItem } from '../../runtime/core/audio';
import { noiseClip, type SentPacket } from '../support/media-pair';
import { BridgeScene, rtp, steps, toward, type SceneOptions } from './bridge-scene';

let scene: BridgeScene;

async function connect(options: SceneOptions = {}): Promise<BridgeScene> {
  scene = await BridgeScene.make(options);
  return scene;
}

/** Every test ends with nothing left open. */
afterEach(async () => {
  await scene.close();
  expect(scene.network.open).toBe(0);
  expect(scene.engine.openSessions).toBe(0);
  expect(scene.clock.pending).toBe(0);
});

function noise(count: number, seed = 3): Uint8Array {
  const random = new SeededRandom(seed);
  return Uint8Array.from({ length: count }, () => below(random, 256));
}

function prompt(duration: number): readonly PlayItem[] {
  return [{ type: 'clip', clip: noiseClip(duration) }];
}

/** What the right phone gets. */
function relayed(): SentPacket[] {
  return scene.sentBy(scene.second);
}

/** The number that {@link rtp} put into each payload. */
function names(packets: readonly SentPacket[]): number[] {
  return packets.map((packet) => packet.payload[0] as number);
}

interface Speech {
  readonly from?: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
  readonly marker?: boolean;
}

/** The left phone sends `count` packets, 20 ms apart; returns 20 ms after the last. */
async function speak(count: number, speech: Speech = {}): Promise<void> {
  const { from = 100, timestamp = 5_000, marker = false, ssrc = 0x1111 } = speech;
  for (let i = 0; i < count; i += 1) {
    const packet = rtp({
      sequence: (from + i) & 0xffff,
      timestamp: (timestamp + 160 * i) >>> 0,
      ssrc,
      marker: marker && i === 0,
    });
    scene.send(scene.left, scene.first, packet);
    await scene.clock.run(20);
  }
}

/** RFC 3550 §5.1, as a receiver sees it: one source, no number missing, no time twice. */
function expectOneStream(packets: readonly SentPacket[]): void {
  expect(new Set(packets.map((packet) => packet.ssrc)).size).toBe(1);
  const { sequence, timestamp } = steps(packets);
  expect(sequence).toEqual(sequence.map(() => 1));
  for (const [i, step] of timestamp.entries()) {
    expect(step).toBeGreaterThanOrEqual(packets[i]!.payload.length);
  }
}

describe('a bridge', () => {
  it('sends each packet on at once, byte for byte, in both directions', async () => {
    const { left, first, second, right, clock } = await connect();
    const bytes = noise(160 * 50);
    for (let i = 0; i < 50; i += 1) {
      const payload = bytes.subarray(160 * i, 160 * (i + 1));
      scene.send(left, first, rtp({ sequence: i, timestamp: 160 * i, ssrc: 1, payload }));
      scene.send(right, second, rtp({ sequence: i, timestamp: 160 * i, ssrc: 2, payload }));
      await clock.run(20);
    }
    for (const leg of [first, second]) {
      const packets = scene.sentBy(leg);
      expect(Buffer.concat(packets.map((packet) => packet.payload))).toEqual(Buffer.from(bytes));
      const incoming = scene.sentBy(leg === first ? right : left);
      expect(packets.map((packet) => packet.time)).toEqual(incoming.map((packet) => packet.time));
      expectOneStream(packets);
      expect(new Set(steps(packets).timestamp)).toEqual(new Set([160]));
      expect(packets.map((packet) => packet.marker)).toEqual(packets.map((_, i) => i === 0));
      expect([1, 2]).not.toContain(packets[0]!.ssrc);
    }
    expect(scene.sentBy(first)[0]!.ssrc).not.toBe(scene.sentBy(second)[0]!.ssrc);
  });

  it('keeps packets as long as they come', async () => {
    const { left, first, clock } = await connect();
    let timestamp = 0;
    let sequence = 0;
    for (const ptime of [10, 20, 30, 40, 60, 20, 10]) {
      const payload = noise(8 * ptime, ptime);
      scene.send(left, first, rtp({ sequence, timestamp, payload }));
      await clock.run(ptime);
      sequence += 1;
      timestamp += 8 * ptime;
    }
    const packets = relayed();
    expect(packets.map((packet) => packet.payload.length)).toEqual([
      80, 160, 240, 320, 480, 160, 80,
    ]);
    expect(packets[4]!.payload).toEqual(Buffer.from(noise(480, 60)));
    expectOneStream(packets);
    expect(steps(packets).timestamp).toEqual([80, 160, 240, 320, 480, 160]);
  });

  it('leaves out header extensions, contributing sources and padding', async () => {
    const { left, first, clock } = await connect();
    const payload = noise(160);
    const plain = rtp({ sequence: 1, timestamp: 1, payload });
    const extra = Buffer.from([0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
    const full = Buffer.concat([plain.subarray(0, 12), extra, payload, Buffer.from([0, 0, 3])]);
    full[0] = 0x80 | 0x20 | 0x10 | 1;
    scene.send(left, first, full);
    await clock.run(20);
    expect(relayed()[0]!.payload).toEqual(Buffer.from(payload));
    expect(scene.network.sent.at(-1)!.bytes.length).toBe(172);
  });

  it.each<[CodecName, CodecName]>([
    ['PCMU', 'PCMA'],
    ['PCMA', 'PCMU'],
    ['PCMA', 'PCMA'],
  ])('recodes %s to %s, each byte to the step that its level falls into', async (from, to) => {
    const { left, first, clock } = await connect({ codecs: [from, to] });
    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const payloadType = from === 'PCMU' ? 0 : 8;
    scene.send(left, first, rtp({ sequence: 1, timestamp: 0, payload, payloadType }));
    await clock.run(20);
    const [packet] = relayed();
    expect(packet!.payloadType).toBe(to === 'PCMU' ? 0 : 8);
    for (let byte = 0; byte < 256; byte += 1) {
      const got = packet!.payload[byte] as number;
      expect(got).toBe(from === to ? byte : quantized(to, linear(from, byte)));
    }
  });

  it('passes loss on as gaps and disorder as disorder', async () => {
    const { left, first, clock } = await connect();
    for (const sequence of [0, 1, 3, 2, 4, 8, 7, 9]) {
      scene.send(left, first, rtp({ sequence, timestamp: 160 * sequence }));
      await clock.run(20);
    }
    const packets = relayed();
    expect(names(packets)).toEqual([0, 1, 3, 2, 4, 8, 7, 9]);
    const offset = packets[0]!.sequence;
    const base = packets[0]!.timestamp;
    expect(packets.map((packet) => (packet.sequence - offset) & 0xffff)).toEqual(names(packets));
    expect(packets.map((packet) => (packet.timestamp - base) >>> 0)).toEqual(
      names(packets).map((name) => 160 * name),
    );
    expect(scene.right.session.statistics()).toMatchObject({ packetsLost: 2 });
  });

  it('gives the receiver the same numbers of loss and disorder as there were, whatever happens', async () => {
    const random = new SeededRandom(5);
    const { first } = await connect({
      fate: ({ from }) => {
        if (from.host !== '10.0.1.1') return [1];
        const dice = below(random, 100);
        return dice < 10 ? [] : dice < 20 ? [45] : dice < 25 ? [5, 8] : [5];
      },
    });
    await speak(2_000, { from: 64_000, timestamp: 0xffff_0000 });
    await scene.clock.run(100);
    const { packetsLost } = first.session.statistics();
    expect(packetsLost).toBeGreaterThan(100);
    const heard = scene.right.session.statistics();
    expect(Math.abs(heard.packetsLost - packetsLost)).toBeLessThanOrEqual(1);
    const packets = relayed();
    expect(new Set(packets.map(({ sequence }) => sequence)).size).toBe(packets.length);
    const base = packets[0]!;
    for (const { sequence, timestamp } of packets) {
      expect((timestamp - base.timestamp) | 0).toBe(
        160 * (((sequence - base.sequence) << 16) >> 16),
      );
    }
  });

  it('sends a packet that comes twice once', async () => {
    const { left, first, clock } = await connect();
    for (const sequence of [5, 6, 6, 5, 7]) {
      scene.send(left, first, rtp({ sequence, timestamp: 160 * sequence }));
      await clock.run(10);
    }
    expect(names(relayed())).toEqual([5, 6, 7]);
  });

  it('keeps the pauses of a sender that suppresses silence, and its markers', async () => {
    await connect();
    await speak(5, { marker: true });
    await scene.clock.run(3_000);
    await speak(5, { from: 105, timestamp: 5_000 + 8 * 3_100, marker: true });
    const packets = relayed();
    expectOneStream(packets);
    expect(steps(packets).timestamp).toEqual([160, 160, 160, 160, 8 * 3_020, 160, 160, 160, 160]);
    expect(packets.map((packet) => packet.marker)).toEqual(
      packets.map((_, i) => i === 0 || i === 5),
    );
  });

  it('lets numbers and time stamps wrap', async () => {
    await connect();
    await speak(40, { from: 0xfff0, timestamp: 0xffff_ff00 });
    const packets = relayed();
    expect(packets.length).toBe(40);
    expectOneStream(packets);
    expect(new Set(steps(packets).timestamp)).toEqual(new Set([160]));
  });

  it('goes on in one stream when the sender becomes another source', async () => {
    await connect();
    await speak(10);
    await scene.clock.run(100);
    await speak(10, { from: 40_000, timestamp: 99, ssrc: 0x2222 });
    const packets = relayed();
    // The first packet of a new source is not believed before the second.
    expect(packets.length).toBe(19);
    expectOneStream(packets);
    expect(packets.filter((packet) => packet.marker)).toEqual([packets[0], packets[10]]);
    expect(steps(packets).timestamp[9]).toBe(8 * (packets[10]!.time - packets[9]!.time));
  });

  it('goes on in one stream when the numbers of the sender start anew', async () => {
    await connect();
    await speak(10);
    await speak(10, { from: 30_000, timestamp: 7_000_000 });
    const packets = relayed();
    expect(packets.length).toBe(19);
    expectOneStream(packets);
    for (const step of steps(packets).timestamp) expect(step).toBeLessThanOrEqual(400);
  });

  it.each([-4_000_000, 4_000_000])('evens out a jump of the time stamps by %i', async (jump) => {
    await connect();
    await speak(10, { timestamp: 5_000_000 });
    await speak(10, { from: 110, timestamp: 5_000_000 + 1_600 + jump });
    const packets = relayed();
    expect(packets.length).toBe(20);
    expectOneStream(packets);
    for (const step of steps(packets).timestamp) expect(step).toBe(160);
    expect(packets[10]!.marker).toBe(true);
  });

  it('sends nothing that is not sound of the codec', async () => {
    const { left, first, clock } = await connect();
    await speak(3);
    for (const payload of [new Uint8Array(0), new Uint8Array(961)]) {
      scene.send(left, first, rtp({ sequence: 103, timestamp: 5_480, ssrc: 0x1111, payload }));
    }
    scene.send(left, first, rtp({ sequence: 104, timestamp: 5_640, ssrc: 0x1111, payloadType: 9 }));
    scene.send(left, first, Buffer.alloc(11));
    await clock.run(20);
    expect(relayed().length).toBe(3);
    expect(first.session.statistics().packetsDiscarded).toBe(4);
  });

  it('passes a burst on, but no flood', async () => {
    const { left, first, clock } = await connect();
    let sequence = 0;
    const flood = async (count: number, packetsAMs: number): Promise<void> => {
      for (let i = 0; i < count; i += 1, sequence += 1) {
        scene.send(left, first, rtp({ sequence, timestamp: 160 * sequence }));
        if ((i + 1) % packetsAMs === 0) await clock.run(1);
      }
    };
    await flood(150, 150);
    expect(relayed().length).toBe(150);
    await flood(10_000, 5);
    expect(relayed().length).toBeLessThan(150 + 200 + 0.2 * 2_000 + 10);
    expect(first.session.statistics().packetsDiscarded).toBeGreaterThan(9_000);
  });

  it('makes a stream that is valid of anything at all', async () => {
    const random = new SeededRandom(11);
    const { left, first, clock } = await connect();
    for (let i = 0; i < 3_000; i += 1) {
      const packet = rtp({
        sequence: below(random, 4) === 0 ? below(random, 65_536) : i,
        timestamp: below(random, 4) === 0 ? random.uint32() : 160 * i,
        ssrc: below(random, 3),
        payloadType: below(random, 10) === 0 ? below(random, 128) : 0,
        payload: new Uint8Array(below(random, 200)),
      });
      scene.send(left, first, packet);
      await clock.run(below(random, 40));
    }
    const packets = relayed();
    expect(packets.length).toBeGreaterThan(100);
    expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  });
});

describe('comfort noise', () => {
  const noisePacket = (sequence: number, timestamp: number): Buffer =>
    rtp({
      sequence,
      timestamp,
      ssrc: 0x1111,
      payloadType: 13,
      payload: Uint8Array.of(60),
    });

  it('is sent on to a peer that has agreed to it, under its payload type', async () => {
    const { left, first, second, right } = await connect();
    second.session.configure(toward(right, 'PCMU', { comfortNoise: 97 }));
    await speak(3);
    scene.send(left, first, noisePacket(103, 5_480));
    await scene.clock.run(1_000);
    await speak(3, { from: 104, timestamp: 5_480 + 8_000, marker: true });
    const packets = relayed();
    expect(packets.map((packet) => packet.payloadType)).toEqual([0, 0, 0, 97, 0, 0, 0]);
    expect(packets[3]!.payload).toEqual(Buffer.from([60]));
    expect(steps(packets).sequence).toEqual([1, 1, 1, 1, 1, 1]);
    expect(steps(packets).timestamp).toEqual([160, 160, 160, 8_000, 160, 160]);
  });

  it('is a pause for a peer that has not, and no loss', async () => {
    const { left, first } = await connect();
    await speak(3);
    scene.send(left, first, noisePacket(103, 5_480));
    await scene.clock.run(1_000);
    await speak(3, { from: 104, timestamp: 5_480 + 8_000, marker: true });
    const packets = relayed();
    expect(packets.length).toBe(6);
    expectOneStream(packets);
    expect(steps(packets).timestamp).toEqual([160, 160, 8_160, 160, 160]);
  });
});

describe('a prompt on a bridged leg', () => {
  it('is heard in place of the other leg, which then goes on, in one stream', async () => {
    const { second, clock } = await connect();
    await speak(10);
    await clock.run(7);
    const done = second.session.play(prompt(400)).done;
    await speak(40, { from: 110, timestamp: 5_000 + 1_600 });
    await expect(done).resolves.toEqual({ type: 'completed', position: 400 });
    const packets = relayed();
    expectOneStream(packets);
    const own = packets.filter((packet) => new Set(packet.payload).size > 1);
    expect(own.length).toBe(20);
    const start = packets.indexOf(own[0]!);
    expect(packets.slice(start, start + 20)).toEqual(own);
    // All that came before and after, and nothing in between.
    expect(names(packets.slice(0, start))).toEqual(
      Array.from({ length: start }, (_, i) => 100 + i),
    );
    expect(names(packets.slice(start + 20)).at(-1)).toBe(149);
    expect(packets.length).toBeGreaterThanOrEqual(48);
    expect(packets.filter((packet) => packet.marker)).toEqual([
      packets[0],
      packets[start],
      packets[start + 20],
    ]);
  });

  it('is not heard by the other leg, which is heard on', async () => {
    const { first, right, second, clock } = await connect();
    second.session.play(prompt(400));
    for (let i = 0; i < 10; i += 1) {
      scene.send(right, second, rtp({ sequence: i, timestamp: 160 * i }));
      await clock.run(20);
    }
    expect(names(scene.sentBy(first))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('gives way at once when it is stopped', async () => {
    const { second, clock } = await connect();
    const playback = second.session.play(prompt(60_000));
    await speak(10);
    playback.stop();
    await clock.run(15);
    await speak(3, { from: 110, timestamp: 6_600 });
    expect(names(relayed()).slice(-3)).toEqual([110, 111, 112]);
    expectOneStream(relayed());
  });

  it('leaves the time stamps where real time is, however often it comes and goes', async () => {
    const { left, first, second, clock } = await connect();
    const random = new SeededRandom(9);
    const loop: PlaybackOptions = { loop: Infinity };
    let playback = second.session.play(prompt(1_000), loop);
    let playing = true;
    for (let i = 0; i < 3_000; i += 1) {
      scene.send(left, first, rtp({ sequence: i, timestamp: 160 * i }));
      await clock.run(3);
      if (below(random, 10) === 0) {
        if (playing) playback.stop();
        else playback = second.session.play(prompt(1_000), loop);
        playing = !playing;
      }
      await clock.run(17);
    }
    playback.stop();
    const packets = relayed();
    expectOneStream(packets);
    const switches = packets.filter((packet) => packet.marker).length;
    expect(switches).toBeGreaterThan(200);
    const [start, end] = [packets[0]!, packets.at(-1)!];
    const drift = ((end.timestamp - start.timestamp) | 0) / 8 - (end.time - start.time);
    expect(Math.abs(drift)).toBeLessThan(60);
  });

  it.each([20.01, 19.99])('follows without a gap on a clock of %d ms a packet', async (period) => {
    const { left, first, second, clock } = await connect();
    for (let i = 0; i < 8_000; i += 1) {
      scene.send(left, first, rtp({ sequence: i, timestamp: 160 * i }));
      await clock.run(period);
    }
    second.session.play(prompt(400));
    await clock.run(500);
    const packets = relayed();
    expectOneStream(packets);
    const own = packets.findIndex((packet) => new Set(packet.payload).size > 1);
    expect(own).toBe(8_000);
    expect(steps(packets).timestamp[own - 1]).toBeLessThan(160 + 330);
  });
});

describe('an echo on a bridged leg', () => {
  it('takes the place of the other leg while it lasts', async () => {
    const { second, right, clock } = await connect();
    const stop = second.session.echo();
    right.session.play(prompt(1_000));
    await speak(25);
    expect(names(relayed()).some((name, i) => name === 100 + i)).toBe(false);
    expect(relayed().length).toBeGreaterThan(10);
    stop();
    await clock.run(20);
    await speak(5, { from: 125, timestamp: 5_000 + 160 * 26 });
    expect(names(relayed()).slice(-4)).toEqual([126, 127, 128, 129]);
    expectOneStream(relayed());
  });
});

describe('hold', () => {
  it.each<[MediaDirection, MediaDirection, boolean]>([
    ['sendrecv', 'sendrecv', true],
    ['recvonly', 'sendonly', true],
    ['sendonly', 'sendrecv', false],
    ['inactive', 'sendrecv', false],
    ['sendrecv', 'recvonly', false],
    ['sendrecv', 'inactive', false],
  ])('from a leg that is %s to one that is %s is heard: %s', async (of, to, heard) => {
    const { first, second, left, right } = await connect();
    await speak(5);
    first.session.configure(toward(left, 'PCMU', { direction: of }));
    second.session.configure(toward(right, 'PCMU', { direction: to }));
    await speak(5, { from: 105, timestamp: 5_800 });
    expect(relayed().length).toBe(heard ? 10 : 5);
    first.session.configure(toward(left));
    second.session.configure(toward(right));
    await speak(5, { from: 110, timestamp: 6_600 });
    expect(names(relayed()).slice(-5)).toEqual([110, 111, 112, 113, 114]);
    expectOneStream(relayed());
  });

  it('plays music to the leg that is held', async () => {
    const { first, second, left } = await connect();
    first.session.configure(toward(left, 'PCMU', { direction: 'sendonly' }));
    second.session.play(prompt(1_000));
    await scene.clock.run(1_100);
    expect(relayed().length).toBe(50);
  });
});

describe('a change of offer and answer', () => {
  it('recodes from the next packet on', async () => {
    const { second, right } = await connect();
    await speak(3);
    second.session.configure(toward(right, 'PCMA'));
    await speak(3, { from: 103, timestamp: 5_480 });
    expect(relayed().map((packet) => packet.payloadType)).toEqual([0, 0, 0, 8, 8, 8]);
    expectOneStream(relayed());
  });

  it('waits for the first one', async () => {
    const other = await connect();
    other.bridge.close();
    const late = await other.end('10.0.0.9');
    const bridge = other.engine.bridge(other.first.session, late.session);
    await speak(3);
    expect(other.sentBy(late)).toEqual([]);
    late.session.configure(toward(other.right));
    await speak(3, { from: 103, timestamp: 5_480 });
    expect(names(other.sentBy(late))).toEqual([103, 104, 105]);
    bridge.close();
    void late.session.close();
  });
});

describe('figures and reports', () => {
  it('count what each leg sent and received', async () => {
    const { first, second, left, right, clock } = await connect();
    left.session.play(prompt(20_000));
    right.session.play(prompt(20_000));
    await clock.run(25_000);
    for (const leg of [first, second]) {
      expect(leg.session.statistics()).toMatchObject({
        packetsSent: 1_000,
        packetsReceived: 1_000,
        packetsLost: 0,
        packetsDiscarded: 0,
        remoteLoss: 0,
      });
      expect(leg.session.statistics().roundTrip).toBeDefined();
    }
    expect(right.session.statistics()).toMatchObject({ packetsReceived: 1_000, packetsLost: 0 });
  });

  it('relate the time stamps of a sender report to those of the packets', async () => {
    const { second, left, clock } = await connect();
    left.session.play(prompt(30_000));
    await clock.run(30_000);
    const reports = scene.network.sent.filter(
      ({ kind, from, bytes }) =>
        kind === 'rtcp' && from.host === second.session.local.host && bytes[1] === 200,
    );
    expect(reports.length).toBeGreaterThan(2);
    const packets = relayed();
    for (const { time, bytes } of reports) {
      const before = packets.filter((packet) => packet.time <= time);
      const last = before.at(-1)!;
      expect(bytes.readUInt32BE(20)).toBe(before.length);
      const since = (bytes.readUInt32BE(16) - last.timestamp) | 0;
      expect(Math.abs(since - 8 * (time - last.time))).toBeLessThanOrEqual(160);
    }
  });

  it('report the leg whose media has stopped, and not the other', async () => {
    const { first, second, right, clock } = await connect({ mediaTimeout: 5_000 });
    right.session.play(prompt(20_000));
    await clock.run(15_000);
    expect(first.timeouts).toBe(1);
    expect(second.timeouts).toBe(0);
  });
});

describe('the end of a bridge', () => {
  it('leaves both legs as they were', async () => {
    const { bridge, second, right, clock } = await connect();
    await speak(5);
    bridge.close();
    bridge.close();
    await speak(5, { from: 105, timestamp: 5_800 });
    expect(relayed().length).toBe(5);
    second.session.play(prompt(100));
    await clock.run(200);
    expectOneStream(relayed());
    expect(relayed().length).toBe(10);
    expect(right.session.statistics().packetsLost).toBe(0);
  });

  it('comes with the end of either leg', async () => {
    const { engine, first, second, left, right, clock } = await connect();
    void first.session.close();
    scene.send(right, second, rtp({ sequence: 1, timestamp: 1 }));
    await clock.run(20);
    expect(scene.sentBy(first)).toEqual([]);
    const third = await scene.end('10.0.0.3');
    third.session.configure(toward(left));
    const next = engine.bridge(second.session, third.session);
    scene.send(right, second, rtp({ sequence: 2, timestamp: 161 }));
    await clock.run(20);
    expect(scene.sentBy(third).length).toBe(1);
    void third.session.close();
    next.close();
    expect(() => engine.bridge(first.session, second.session).close()).not.toThrow();
  });

  it('has to come before another begins', async () => {
    const { engine, first, second } = await connect();
    expect(() => engine.bridge(first.session, second.session)).toThrow('bridged already');
    expect(() => engine.bridge(first.session, first.session)).toThrow('two sessions');
    scene.bridge.close();
    engine.bridge(second.session, first.session).close();
  });

  it('needs no timer while it lasts but the housekeeping of its legs', async () => {
    const { clock } = await connect();
    await speak(5);
    await clock.run(100);
    expect(clock.pending).toBe(1);
  });
});

/** G.711 by its defining formulas, for comparison: what a byte means in 16 bits. */
function linear(codec: CodecName, byte: number): number {
  if (codec === 'PCMU') {
    const bits = byte ^ 0xff;
    const magnitude = ((((bits & 15) << 1) + 33) << ((bits >> 4) & 7)) - 33;
    return (bits & 0x80 ? -magnitude : magnitude) * 4;
  }
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 1) + 1;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 32) << (exponent - 1);
  return (bits & 0x80 ? magnitude : -magnitude) * 8;
}

/** The byte whose range holds a level: G.711's tables of decision values, searched. */
function quantized(codec: CodecName, level: number): number {
  const magnitude = level < 0 ? -level - 1 : level;
  let index = 0;
  for (let i = 1; i < 128 && magnitude >= decision(codec, i); i += 1) index = i;
  const sign = level < 0 ? 0 : 0x80;
  return codec === 'PCMU' ? (sign | 0x7f) - index : (sign | index) ^ 0x55;
}

/** Where the range of the step begins, in 16 bits. */
function decision(codec: CodecName, index: number): number {
  const [segment, step] = [index >> 4, index & 15];
  if (codec === 'PCMU') return (((16 + step) << (segment + 1)) - 33) * 4;
  return 16 * (segment === 0 ? step : (16 + step) << (segment - 1));
}
