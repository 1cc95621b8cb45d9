import type { AudioClip, PlayItem } from '../../runtime/core/audio';
import type { CodecName } from '../../runtime/media/port';
import { compareAudio } from '../support/audio-compare';
import {
  CODECS,
  concat,
  inner,
  mediaPair,
  parametersTo,
  type MediaPair,
  type MediaPairOptions,
  type Party,
} from '../support/media-pair';
import { voice } from '../support/voice';

let pair: MediaPair;

async function connect(options: MediaPairOptions = {}): Promise<MediaPair> {
  pair = await mediaPair(options);
  return pair;
}

/** Every test ends with nothing left open. */
afterEach(async () => {
  await pair.close();
  expect(pair.network.open).toBe(0);
  expect(pair.engine.openSessions).toBe(0);
  expect(pair.clock.pending).toBe(0);
});

let clips = 0;

function clipOf(samples: Int16Array, sampleRate: number): AudioClip {
  clips += 1;
  return { id: `codecs-${clips}`, sampleRate, samples };
}

function item(clip: AudioClip): PlayItem {
  return { type: 'clip', clip };
}

/** All that a party hears from now on, at a rate. */
function listen(who: Party, sampleRate: number): () => Int16Array {
  const frames: Int16Array[] = [];
  inner(who).hear(sampleRate, (frame) => frames.push(frame.slice()));
  return () => concat(frames);
}

/** What a voice of a rate has to come through a codec with, in dB: the codec's own noise, measured beside it. */
const CASES: readonly (readonly [CodecName, number, number])[] = [
  ['PCMU', 8_000, 30],
  ['PCMA', 8_000, 30],
  ['G722', 16_000, 18],
  ['L16', 16_000, 79],
  ['opus', 16_000, 8],
];

describe.each(CASES)('a prompt in %s', (codec, rate, least) => {
  it.each([10, 20, 30, 40, 50, 60])('is heard in packets of %i ms', async (ptime) => {
    const { a, b, clock } = await connect({ codec, ptime });
    const heard = listen(b, rate);
    const sound = voice(rate, 1_500);
    const playback = a.session.play([item(clipOf(sound, rate))]);
    await clock.run(2_000);
    await expect(playback.done).resolves.toEqual({ type: 'completed', position: 1_500 });
    const packets = pair.rtpOf(a);
    const units = (CODECS[codec].clockRate * ptime) / 1_000;
    expect(packets.length).toBe(Math.ceil(1_500 / ptime));
    for (let i = 1; i < packets.length; i += 1) {
      expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(units);
      expect((packets[i]!.sequence - packets[i - 1]!.sequence) & 0xffff).toBe(1);
      // On the beat of the ticks, which packets of another length come before by less than one.
      const early = packets[0]!.time + i * ptime - packets[i]!.time;
      expect(early).toBeGreaterThanOrEqual(0);
      expect(early).toBeLessThan(20);
    }
    const compared = compareAudio(sound, heard(), rate);
    expect(compared.correlation).toBeGreaterThan(0.9);
    expect(compared.segmentalSnr).toBeGreaterThan(least);
    expect(compared.gaps).toEqual([]);
  });
});
