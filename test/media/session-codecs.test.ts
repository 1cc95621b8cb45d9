import type { AudioClip, PlayItem } from '../../runtime/core/audio';
import type { CodecName } from '../../runtime/media/port';
import { ToneGenerator } from '../../runtime/media/tone';
import { compareAudio } from '../support/audio-compare';
import {
  CODECS,
  EVENT_TYPE,
  concat,
  indexOfSamples,
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

describe('a change of the codec in a call', () => {
  it('goes on in the prompt, and with the numbers of the stream', async () => {
    const { a, b, clock } = await connect({ codec: 'PCMU' });
    const heard = listen(b, 16_000);
    const sound = voice(16_000, 3_000);
    a.session.play([item(clipOf(sound, 16_000))]);
    for (const codec of ['G722', 'opus', 'PCMA'] as const) {
      await clock.run(700);
      b.session.configure(parametersTo(a, { codec }));
      a.session.configure(parametersTo(b, { codec }));
    }
    await clock.run(1_500);
    const packets = pair.rtpOf(a);
    expect([...new Set(packets.map(({ payloadType }) => payloadType))]).toEqual([0, 9, 111, 8]);
    for (let i = 1; i < packets.length; i += 1) {
      expect((packets[i]!.sequence - packets[i - 1]!.sequence) & 0xffff).toBe(1);
      expect(packets[i]!.time - packets[i - 1]!.time).toBe(20);
      // RFC 3551 §4.1: in units of the clock of the codec that it is in.
      const units = packets[i]!.payloadType === 111 ? 960 : 160;
      expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(units);
    }
    // Each codec has a delay of its own.
    for (const from of [50, 750, 1_450, 2_150]) {
      const part = sound.subarray(16 * from, 16 * (from + 600));
      const compared = compareAudio(part, heard(), 16_000);
      expect(compared.correlation).toBeGreaterThan(0.9);
      expect(compared.gaps).toEqual([]);
    }
  });
});

describe('digits', () => {
  it.each<CodecName>(['G722', 'opus'])('are events in the clock of %s', async (codec) => {
    const { a, b, clock } = await connect({ codec });
    a.session.play([item(clipOf(voice(16_000, 400), 16_000))]);
    await clock.run(200);
    await Promise.all([a.session.sendDigits('5#', 100, 80), clock.run(1_000)]);
    expect(b.digits).toEqual(['5', '#']);
    const perMs = CODECS[codec].clockRate / 1_000;
    const events = pair.rtpOf(a).filter(({ payloadType }) => payloadType === EVENT_TYPE);
    const durations = events.map(({ payload }) => payload.readUInt16BE(2));
    expect(Math.max(...durations)).toBe(100 * perMs);
    // RFC 4733 §2.5.1.2: one stream with the audio.
    const all = pair.rtpOf(a);
    for (let i = 1; i < all.length; i += 1) {
      expect((all[i]!.sequence - all[i - 1]!.sequence) & 0xffff).toBe(1);
      expect((all[i]!.timestamp - all[i - 1]!.timestamp) | 0).toBeGreaterThanOrEqual(0);
    }
    expect(new Set(all.map(({ ssrc }) => ssrc)).size).toBe(1);
    const starts = events.filter(({ marker }) => marker);
    expect((starts[1]!.timestamp - starts[0]!.timestamp) >>> 0).toBe(180 * perMs);
  });

  it.each<CodecName>(['PCMU', 'PCMA', 'G722', 'opus', 'L16'])(
    'are heard as their tones in %s where the peer takes no events',
    async (codec) => {
      const { a, b, clock } = await connect({ codec });
      a.session.configure(parametersTo(b, { codec, events: false }));
      b.session.configure(parametersTo(a, { codec, events: false }));
      const sent = a.session.sendDigits('1234567890*#ABCD', 80, 80);
      await clock.run(4_000);
      await sent;
      expect(b.digits.join('')).toBe('1234567890*#ABCD');
      expect(pair.rtpOf(a).every(({ payloadType }) => payloadType !== EVENT_TYPE)).toBe(true);
    },
  );

  it('are tones when that is asked for, although the peer takes events', async () => {
    const { a, b, clock } = await connect();
    const heard = listen(b, 8_000);
    const sent = a.session.sendDigits('7', 100, 60, 'inband');
    await clock.run(600);
    await sent;
    expect(pair.rtpOf(a).every(({ payloadType }) => payloadType === 0)).toBe(true);
    const tone = { frequencies: [852, 1_209], cadence: [], duration: 100, level: -7 };
    const expected = new Int16Array(800);
    new ToneGenerator(tone).fill(expected, 0, 800);
    expect(compareAudio(expected, heard()).snr).toBeGreaterThan(25);
  });
});

describe('hearing what is sent', () => {
  it.each(CASES)('gives in %s what the peer hears, at any rate', async (codec, rate) => {
    const { a, b, clock } = await connect({ codec });
    const own: Int16Array[] = [];
    inner(a).hearOwn(rate, (frame) => own.push(frame.slice()));
    const heard = listen(b, rate);
    a.session.play([item(clipOf(voice(rate, 1_000), rate))]);
    await clock.run(1_500);
    expect(concat(own).length / rate).toBeCloseTo(1.5, 1);
    const sent = concat(own);
    const start = sent.findIndex((sample) => sample !== 0);
    const part = sent.subarray(start, start + 0.9 * rate);
    expect(indexOfSamples(heard(), part)).toBeGreaterThanOrEqual(start);
    const other: Int16Array[] = [];
    inner(a).hearOwn(48_000, (frame) => other.push(frame.slice()));
    await clock.run(100);
    expect(other.every(({ length }) => length === 960)).toBe(true);
  });

  it('has the tone of a key that is sent as an event', async () => {
    const { a, clock } = await connect({ codec: 'G722' });
    const own: Int16Array[] = [];
    inner(a).hearOwn(8_000, (frame) => own.push(frame.slice()));
    await Promise.all([a.session.sendDigits('7', 100, 60, 'event'), clock.run(500)]);
    const tone = { frequencies: [852, 1_209], cadence: [], duration: 100, level: -10 };
    const expected = new Int16Array(800);
    new ToneGenerator(tone).fill(expected, 0, 800);
    expect(compareAudio(expected, concat(own)).correlation).toBeGreaterThan(0.95);
  });
});

describe('what is fed', () => {
  it.each<CodecName>(['PCMU', 'G722', 'opus'])(
    'is heard in %s, of any rate and in packets of any length',
    async (codec) => {
      for (const ptime of [10, 30, 60]) {
        const { a, b, clock } = await connect({ codec, ptime });
        const heard = listen(b, 16_000);
        const sound = voice(16_000, 1_500);
        let at = 0;
        inner(a).feed({
          sampleRate: 16_000,
          pull: (frame) => {
            if (at >= sound.length) return false;
            frame.set(sound.subarray(at, at + frame.length));
            at += frame.length;
            return true;
          },
        });
        await clock.run(2_000);
        inner(a).feed(undefined);
        const compared = compareAudio(sound, heard(), 16_000);
        expect(compared.correlation).toBeGreaterThan(0.9);
        expect(compared.gaps).toEqual([]);
        if (ptime !== 60) await pair.close();
      }
    },
  );

  it('by a tap is heard in place of what the call feeds, for as long as it gives anything', async () => {
    const { a, b, clock } = await connect();
    const heard = listen(b, 8_000);
    const level = (value: number, frames: number) => ({
      sampleRate: 8_000,
      pull: (frame: Int16Array) => {
        frame.fill(value);
        frames -= 1;
        return frames >= 0;
      },
    });
    inner(a).feed(level(1_000, Infinity));
    inner(a).feed(level(-5_000, 10), 'tap');
    await clock.run(600);
    inner(a).feed(undefined, 'tap');
    inner(a).feed(undefined);
    const samples = heard();
    expect(samples.filter((sample) => sample < -4_000).length).toBe(1_600);
    expect(samples.filter((sample) => sample > 900).length).toBeGreaterThan(1_600);
    expect(samples.indexOf(samples.find((sample) => sample > 900)!)).toBeGreaterThan(
      samples.findIndex((sample) => sample < -4_000),
    );
  });
});
