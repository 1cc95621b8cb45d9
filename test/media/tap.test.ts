import type { MediaTap, TapOptions } from '../../runtime/media/port';
import {
  concat,
  hear,
  heardBy,
  indexOfSamples,
  mediaPair,
  noiseClip,
  throughCodec,
  type MediaPair,
} from '../support/media-pair';

let pair: MediaPair;

beforeEach(async () => {
  pair = await mediaPair();
});

afterEach(async () => {
  await pair.close();
  expect(pair.clock.pending).toBe(0);
});

function framesOf(tap: MediaTap): Int16Array[] {
  const frames: Int16Array[] = [];
  const frame = new Int16Array(tap.frameSize);
  tap.onReadable = () => {
    while (tap.read(frame)) frames.push(frame.slice());
  };
  return frames;
}

const AT_8: Pick<TapOptions, 'sampleRate'> = { sampleRate: 8_000 };

it('hears what the peer says, what it is sent, or both', async () => {
  const { a, b, clock } = pair;
  const said = noiseClip(600, 1, 4_000);
  const sent = noiseClip(600, 2, 4_000);
  const peer = framesOf(b.session.tap({ ...AT_8, hear: 'peer' }));
  const own = framesOf(b.session.tap({ ...AT_8, hear: 'own' }));
  const both = framesOf(b.session.tap({ ...AT_8, hear: 'both' }));
  await clock.run(100);
  a.session.play([{ type: 'clip', clip: said }]);
  b.session.play([{ type: 'clip', clip: sent }]);
  await clock.run(1_200);
  const heardPeer = concat(peer);
  const heardOwn = concat(own);
  expect(indexOfSamples(heardPeer, throughCodec(said.samples))).toBeGreaterThanOrEqual(0);
  expect(indexOfSamples(heardOwn, throughCodec(sent.samples))).toBeGreaterThanOrEqual(0);
  // Tick by tick the sum of the two.
  const mixed = concat(both);
  expect(mixed.length).toBe(heardPeer.length);
  const sum = heardPeer.map((sample, i) => sample + (heardOwn[i] as number));
  expect(mixed).toEqual(sum);
});

it('loses the oldest frames of a reader who is too slow, and counts them', async () => {
  const { b, clock } = pair;
  const tap = b.session.tap({ ...AT_8, hear: 'peer', buffer: 100 });
  await clock.run(1_000);
  const frame = new Int16Array(160);
  let read = 0;
  while (tap.read(frame)) read += 1;
  expect(read).toBe(5);
  expect(tap.lost).toBeGreaterThanOrEqual(44);
  expect(tap.lost + read).toBeLessThanOrEqual(51);
});

it('says sound behind a prompt, and tells how much was sent and waits', async () => {
  const { a, b, clock } = pair;
  hear(a);
  const tap = b.session.tap({ ...AT_8, hear: 'nothing' });
  const sound = noiseClip(500, 3);
  const prompt = noiseClip(300, 4);
  const playback = b.session.play([{ type: 'clip', clip: prompt }]);
  expect(tap.write(sound.samples)).toBe(4_000);
  await clock.run(200);
  expect([tap.waiting, tap.played]).toEqual([500, 0]);
  await clock.run(1_000);
  await playback.done;
  expect([tap.waiting, tap.played]).toEqual([0, 500]);
  const heard = heardBy(a);
  const first = indexOfSamples(heard, throughCodec(prompt.samples));
  const second = indexOfSamples(heard, throughCodec(sound.samples));
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second).toBeGreaterThanOrEqual(first + 2_400);
});

it('stops at once when what waits is cleared, and takes what comes then', async () => {
  const { a, b, clock } = pair;
  hear(a);
  const tap = b.session.tap({ ...AT_8, hear: 'peer' });
  await clock.run(100);
  tap.write(noiseClip(500, 5).samples);
  await clock.run(100);
  tap.clear();
  const { played } = tap;
  expect(tap.waiting).toBe(0);
  await clock.run(200);
  expect(tap.played).toBe(played);
  const next = noiseClip(200, 6);
  expect(tap.write(next.samples)).toBe(1_600);
  await clock.run(500);
  expect(indexOfSamples(heardBy(a), throughCodec(next.samples))).toBeGreaterThanOrEqual(0);
});

it('that only listens changes nothing of what is sent', async () => {
  const { b, clock } = pair;
  b.session.tap({ sampleRate: 16_000, hear: 'both' });
  await clock.run(1_000);
  expect(pair.rtpOf(b)).toHaveLength(0);
});

it('is heard in place of a bridge, which goes on behind it', async () => {
  const { a, b, clock, engine } = pair;
  const handler = { onDigit: () => undefined, onTimeout: () => undefined };
  const other = await engine.createSession({ localHost: '10.0.0.3', handler });
  const peer = await engine.createSession({ localHost: '10.0.0.4', handler });
  const codec = { name: 'PCMU', payloadType: 0, clockRate: 8_000 } as const;
  const rest = { codec, direction: 'sendrecv', ptime: 20 } as const;
  other.configure({ remote: { rtp: peer.local }, ...rest });
  peer.configure({ remote: { rtp: other.local }, ...rest });
  engine.bridge(b.session, other);
  hear(a);
  const bridged = noiseClip(1_500, 7);
  peer.play([{ type: 'clip', clip: bridged }]);
  await clock.run(300);
  const tap = b.session.tap({ ...AT_8, hear: 'peer' });
  await clock.run(40);
  const said = noiseClip(400, 8);
  tap.write(said.samples);
  await clock.run(1_500);
  const heard = heardBy(a);
  expect(indexOfSamples(heard, throughCodec(said.samples))).toBeGreaterThan(0);
  const last = throughCodec(bridged.samples.subarray(8 * 1_100, 8 * 1_400));
  expect(indexOfSamples(heard, last)).toBeGreaterThan(0);
});

it('closes with its session, and may be closed twice', async () => {
  const { b, clock } = pair;
  const tap = b.session.tap({ ...AT_8, hear: 'peer' });
  framesOf(tap);
  const other = b.session.tap({ ...AT_8, hear: 'own' });
  await clock.run(100);
  other.close();
  other.close();
  expect(other.closed).toBe(true);
  expect(tap.closed).toBe(false);
  void b.session.close();
  expect(tap.closed).toBe(true);
  expect(tap.write(new Int16Array(160))).toBe(0);
  expect(b.session.tap({ ...AT_8, hear: 'peer' }).closed).toBe(true);
  tap.close();
});
