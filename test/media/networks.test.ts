import { codecKind } from '../../runtime/media/codec/registry';
import { compareAudio } from '../support/audio-compare';
import { DELAYS, delayed, FORMATS, listenTo, streamOf } from '../support/sound-network';
import { voice } from '../support/voice';

/** Of the sound that is compared: Opus decodes to what its listeners want. */
const RATES = { PCMU: 8_000, G722: 16_000, opus: 16_000, L16: 16_000 } as const;
type Name = keyof typeof RATES;
const DURATION = 2_000;

function said(name: Name, duration = DURATION): Int16Array {
  return voice(codecKind(name).sampleRate(FORMATS[name]), duration);
}

describe.each<Name>(['PCMU', 'G722', 'opus', 'L16'])('%s', (name) => {
  const format = FORMATS[name];
  const sampleRate = RATES[name];
  const stream = streamOf(format, said(name), { sampleRate });
  const lossy = streamOf(format, said(name), { sampleRate, loss: 0.2 });

  it.each(name === 'opus' ? [10, 40, 60] : [10, 30, 40, 60])(
    'is heard bit for bit from packets of %i ms',
    (ptime) => {
      const sound = said(name, 720);
      const other = streamOf(format, sound, { sampleRate, ptime });
      const { samples, line } = listenTo([{ stream: other }], () => [10], { sampleRate });
      expect(line.sampleRate).toBe(sampleRate);
      const { snr, offset } = compareAudio(other.reference, samples, sampleRate);
      expect(snr).toBe(Infinity);
      expect((1_000 * offset) / sampleRate).toBeLessThanOrEqual(60);
    },
  );

  it('is heard bit for bit though packets overtake each other, come twice and wrap their numbers', () => {
    const fate = (i: number): number[] => (i % 5 === 2 ? [28, 33] : i % 7 === 3 ? [5, 6, 24] : [5]);
    const { samples, line } = listenTo([{ stream }], fate, { sampleRate });
    expect(compareAudio(stream.reference, samples, sampleRate).snr).toBe(Infinity);
    expect(line.late).toBe(0);
    expect(line.duplicates).toBeGreaterThan(30);
  });

  it('is not cut where the peer says nothing and sends nothing', () => {
    const parts = [said(name, 1_000), said(name, 1_500).subarray(-said(name, 1_000).length)];
    // RFC 3550 §5.1: time goes on in a pause, the numbers do not.
    const streams = parts.map((part, i) => ({
      stream: streamOf(format, part, {
        sampleRate,
        sequence: 65_500 + 50 * i,
        timestamp: 3_000 * i * (format.clockRate / 1_000),
      }),
      from: 3_000 * i,
    }));
    const { samples, line, kinds } = listenTo(streams, () => [10], { sampleRate });
    const half = Math.round(samples.length / 2);
    streams.forEach(({ stream: { reference } }, i) => {
      const heard = i === 0 ? samples.subarray(0, half) : samples.subarray(half);
      const { gaps } = compareAudio(reference, heard, sampleRate);
      // A decoder that adapts takes a moment to find its way back.
      expect(gaps.filter(({ duration }) => duration > 10)).toEqual([]);
    });
    expect(line.late).toBe(0);
    expect(kinds.filter((kind) => kind === 'lost').length).toBeLessThanOrEqual(20);
  });

  describe.each(Object.entries(DELAYS))('over a network of %s delay', (_, delay) => {
    it('is heard whole, and waits no longer than the network asks for', () => {
      const { samples, line } = listenTo([{ stream }], delayed(delay, 3), { sampleRate });
      const { segmentalSnr, gaps } = compareAudio(stream.reference, samples, sampleRate);
      // What is not bit for bit are the packets that showed the delay first.
      expect(segmentalSnr).toBeGreaterThan(35);
      expect(line.late).toBeLessThanOrEqual(4);
      expect(gaps.length).toBeLessThanOrEqual(3);
      expect(line.delay).toBeLessThanOrEqual(130);
      expect(line.maxDelay).toBeLessThanOrEqual(220);
    });

    it('is understood though a fifth of the packets is lost', () => {
      const { samples, line } = listenTo([{ stream: lossy }], delayed(delay, 4, 0.2), {
        sampleRate,
      });
      const { gaps, silentFrames } = compareAudio(lossy.reference, samples, sampleRate);
      const lost = stream.packets.length / 5;
      // Each has a substitute; only runs of losses fade.
      expect(line.concealed + line.recovered).toBeGreaterThan(0.6 * lost);
      expect(silentFrames).toBeLessThan(0.1 * stream.packets.length);
      expect(gaps.length).toBeLessThanOrEqual(8);
      if (name === 'opus') expect(line.recovered).toBeGreaterThan(0.25 * lost);
    });
  });

  it('is played in its time again after a burst of losses and a stall that empties in a burst', () => {
    // Six packets are lost; later ten are held up, and come at once.
    const fate = (i: number): number[] => {
      if (i >= 30 && i < 36) return [];
      return i >= 60 && i < 70 ? [10 + 20 * (70 - i)] : [10];
    };
    const { samples, line } = listenTo([{ stream }], fate, { sampleRate });
    const before = stream.reference.subarray(0, (29 * sampleRate) / 50);
    const after = stream.reference.subarray((75 * sampleRate) / 50);
    expect(compareAudio(before, samples, sampleRate).snr).toBe(Infinity);
    expect(compareAudio(after, samples, sampleRate).segmentalSnr).toBeGreaterThan(25);
    expect(line.concealed).toBeGreaterThanOrEqual(4);
    expect(line.late).toBeLessThanOrEqual(10);
    expect(line.maxDelay).toBeLessThanOrEqual(260);
  });
});

describe('Opus', () => {
  const stream = streamOf(FORMATS.opus, voice(48_000, 2_000), { sampleRate: 16_000, loss: 0.2 });

  it('brings a lost packet back from the one behind it when that is at hand', () => {
    const fate = (i: number): number[] => (i % 6 === 4 ? [] : [10]);
    const { line, samples } = listenTo([{ stream }], fate, { sampleRate: 16_000 });
    const lost = Math.floor(stream.packets.length / 6);
    expect(line.recovered).toBeGreaterThanOrEqual(0.8 * lost);
    const { segmentalSnr, gaps } = compareAudio(stream.reference, samples, 16_000);
    expect(gaps).toEqual([]);
    expect(segmentalSnr).toBeGreaterThan(8);
  });

  it('is decoded at the rate that listeners want, and goes on when that rises', () => {
    const at48 = streamOf(FORMATS.opus, voice(48_000, 2_000));
    const rates: number[] = [];
    const { line, kinds } = listenTo([{ stream: at48 }], () => [10], {
      sampleRate: 8_000,
      eachTick: (now, heard) => {
        if (now === 1_007) heard.listen(48_000);
        rates.push(heard.sampleRate);
      },
    });
    expect(new Set(rates.slice(0, 50))).toEqual(new Set([8_000]));
    expect(rates.at(-1)).toBe(48_000);
    expect(kinds.slice(3, 100).filter((kind) => kind !== 'audio')).toEqual([]);
    expect(line.concealed).toBeLessThanOrEqual(10);
  });

  it('sounds the same behind a change of the rate as if there had been none', () => {
    const at48 = streamOf(FORMATS.opus, voice(48_000, 2_000));
    const { samples } = listenTo([{ stream: at48 }], () => [10], {
      sampleRate: 16_000,
      eachTick: (now, heard) => {
        if (now === 1_007) heard.listen(48_000);
      },
    });
    // 50 frames at 16 kHz, then the others at 48 kHz.
    const later = samples.subarray(50 * 320);
    const { snr, gaps } = compareAudio(at48.reference.subarray(53 * 960), later, 48_000);
    expect(gaps).toEqual([]);
    expect(snr).toBeGreaterThan(25);
  });

  it('is decoded at a lower rate again once the peer has paused', () => {
    const fate = (i: number): number[] => [i < 50 ? 10 : 1_010];
    const { line } = listenTo([{ stream }], fate, {
      sampleRate: 48_000,
      eachTick: (now, heard) => {
        if (now === 507) heard.listen(8_000);
        if (now === 907) expect(heard.sampleRate).toBe(48_000);
      },
    });
    expect(line.sampleRate).toBe(8_000);
  });
});

describe('a change of codec', () => {
  it('lets the sound that waits be heard first, and none be lost', () => {
    const before = streamOf(FORMATS.PCMU, voice(8_000, 1_000, 1), { timestamp: 0 });
    const after = streamOf(FORMATS.G722, voice(16_000, 1_000, 2), {
      sequence: 60_050,
      timestamp: 8_000,
    });
    const { samples, kinds } = listenTo(
      [{ stream: before }, { stream: after, from: 1_000 }],
      () => [10],
      { until: 1_980 },
    );
    expect(kinds.slice(3, 95).filter((kind) => kind !== 'audio')).toEqual([]);
    const first = samples.subarray(0, 8_500);
    expect(compareAudio(before.reference.subarray(0, 7_800), first).snr).toBe(Infinity);
    const last = samples.subarray(9_000);
    expect(compareAudio(after.reference.subarray(320), last, 16_000).snr).toBeGreaterThan(60);
  });

  it('between the two laws of G.711 is no change at all, packet by packet', () => {
    const sound = voice(8_000, 1_000);
    const laws = [streamOf(FORMATS.PCMU, sound), streamOf(FORMATS.PCMA, sound)];
    const mixed = laws.map((stream, law) => ({
      stream: { ...stream, packets: stream.packets.filter((_, i) => i % 2 === law) },
    }));
    const { samples, line } = listenTo(mixed, () => [10]);
    const { snr, gaps } = compareAudio(sound, samples);
    expect(snr).toBeGreaterThan(35);
    expect(gaps).toEqual([]);
    expect(line.concealed).toBeLessThanOrEqual(4);
  });
});

describe('what is known of the sound', () => {
  it('is its level and how long it lasted', () => {
    const tone = Int16Array.from({ length: 16_000 }, (_, i) =>
      i < 8_000 ? 16_384 * Math.sin((i * 2 * Math.PI * 1_000) / 8_000) : 0,
    );
    const { line } = listenTo([{ stream: streamOf(FORMATS.PCMA, tone) }], () => [5]);
    // A sine of half the full scale.
    expect(line.level).toBeCloseTo(-9.03, 0);
    expect(line.talkTime).toBeGreaterThanOrEqual(980);
    expect(line.talkTime).toBeLessThanOrEqual(1_020);
  });

  it('is how long it waited', () => {
    const stream = streamOf(FORMATS.G722, voice(16_000, 1_000));
    const { line } = listenTo([{ stream }], () => [10]);
    expect(line.delay).toBeGreaterThanOrEqual(40);
    expect(line.delay).toBeLessThanOrEqual(60);
    expect(line.maxDelay).toBeLessThanOrEqual(60);
  });
});
