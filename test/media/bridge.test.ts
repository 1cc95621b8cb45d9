import { below, SeededRandom } from '../../runtime/core/random';
import { COMFORT_NOISE_PAYLOAD_TYPE } from '../../runtime/media/codec/comfort-noise';
import type { CodecName, MediaDirection } from '../../runtime/media/port';
import { EVENT_TYPE, noiseClip, type SentPacket } from '../support/media-pair';
import { BridgeScene, rtp, steps, toward, type End, type SceneOptions } from './bridge-scene';

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

/** What the phone on the other side of a leg gets: all packets that the leg sends. */
function relayed(leg: End): SentPacket[] {
  return scene.sentBy(leg);
}

/** Lets the left phone send `count` packets, 20 ms apart; ends just after the last. */
async function speak(count: number, first = 100, timestamp = 5_000): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    if (i > 0) await scene.clock.run(20);
    scene.send(
      scene.left,
      scene.first,
      rtp({ sequence: (first + i) & 0xffff, timestamp: (timestamp + 160 * i) >>> 0 }),
    );
  }
  await scene.clock.run(0);
}

/** RFC 3550 §5.1, as a receiver sees it: every packet has a number and a time of its own, and they rise. */
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
      const packets = relayed(leg);
      expect(Buffer.concat(packets.map((packet) => packet.payload))).toEqual(Buffer.from(bytes));
      expect(packets.map((packet) => packet.time - packets[0]!.time)).toEqual(
        packets.map((_, i) => 20 * i),
      );
      expectOneStream(packets);
      expect(new Set(steps(packets).timestamp)).toEqual(new Set([160]));
      expect(packets.map((packet) => packet.marker)).toEqual(packets.map((_, i) => i === 0));
    }
    expect(relayed(first)[0]!.ssrc).not.toBe(relayed(second)[0]!.ssrc);
    expect([1, 2]).not.toContain(relayed(second)[0]!.ssrc);
  });
});
