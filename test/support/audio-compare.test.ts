import { join } from 'node:path';
import { WaveFile } from 'wavefile';
import { fraction, SeededRandom } from '../../runtime/core/random';
import { compareAudio, readWavFile } from './audio-compare';

const { samples: source } = readWavFile(join(__dirname, '..', '..', 'prompts', 'en', 'menu.wav'));

function joined(...parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

function silence(samples: number): Int16Array {
  return new Int16Array(samples);
}

/** White noise of the given RMS. */
function noise(samples: number, level: number, seed = 1): Int16Array {
  const random = new SeededRandom(seed);
  const peak = level * Math.sqrt(3);
  return Int16Array.from({ length: samples }, () => Math.round((2 * fraction(random) - 1) * peak));
}

function added(a: Int16Array, b: Int16Array): Int16Array {
  return a.map((sample, i) => sample + (b[i] ?? 0));
}

const level = Math.sqrt(source.reduce((sum, x) => sum + x * x, 0) / source.length);

/** A place in the middle of speech: the loudest sample of the second half second. */
const loud = source.reduce(
  (at, x, i) => (i > 8000 && i < 24_000 && x > source[at]! ? i : at),
  8000,
);

describe('comparing a recording with its source', () => {
  it('finds nothing between equal sounds', () => {
    expect(compareAudio(source, source)).toMatchObject({
      offset: 0,
      overlap: source.length,
      snr: Infinity,
      segmentalSnr: 80,
      silentFrames: 0,
      gaps: [],
    });
    const { shifts, correlation, gain } = compareAudio(source, source);
    expect(shifts.length).toBeGreaterThan(8);
    expect(shifts.every((shift) => shift === 0)).toBe(true);
    expect(correlation).toBeCloseTo(1);
    expect(gain).toBeCloseTo(1);
  });

  it.each([0, 1, 7, 160, 8123, 40_000])('finds where the source begins, at sample %d', (start) => {
    const heard = joined(noise(start, 5), source, noise(3000, 5));
    expect(compareAudio(source, heard)).toMatchObject({ offset: start, snr: Infinity });
  });

  it('finds how much of the beginning is missing, and compares the rest', () => {
    expect(compareAudio(source, source.slice(1234))).toMatchObject({
      offset: -1234,
      overlap: source.length - 1234,
      snr: Infinity,
    });
  });

  it('compares what is there when the end is missing', () => {
    const heard = joined(silence(500), source.slice(0, 40_000));
    expect(compareAudio(source, heard)).toMatchObject({
      offset: 500,
      overlap: 40_000,
      snr: Infinity,
    });
  });

  it.each([10, 20, 37, 50])('measures noise of %d dB', (snr) => {
    const heard = joined(
      silence(777),
      added(source, noise(source.length, level / 10 ** (snr / 20))),
    );
    const found = compareAudio(source, heard);
    expect(found.offset).toBe(777);
    expect(Math.abs(found.snr - snr)).toBeLessThan(0.5);
    expect(found.segmentalSnr).toBeLessThan(found.snr);
    expect(found.gaps).toEqual([]);
  });

  it('gives what PCMU leaves of speech at least 37 dB less a little', () => {
    const wav = new WaveFile();
    wav.fromScratch(1, 8000, '16', source);
    wav.toMuLaw();
    wav.fromMuLaw();
    const found = compareAudio(source, Int16Array.from(wav.getSamples(true)));
    expect(found.offset).toBe(0);
    expect(found.snr).toBeGreaterThan(36);
    expect(found.snr).toBeLessThan(41);
  });

  it('measures a change of level', () => {
    const found = compareAudio(
      source,
      source.map((sample) => sample / 2),
    );
    expect(found.gain).toBeCloseTo(0.5, 2);
    expect(found.correlation).toBeCloseTo(1, 3);
    expect(found.snr).toBeCloseTo(6, 0);
  });

  it('finds a packet that was replaced by silence, with its place and length', () => {
    const heard = Int16Array.from(source);
    heard.fill(0, loud - 80, loud + 80);
    const { offset, gaps, silentFrames, shifts } = compareAudio(
      source,
      joined(silence(100), heard),
    );
    expect(offset).toBe(100);
    expect(gaps).toHaveLength(1);
    expect(Math.abs(gaps[0]!.at - (loud - 80) / 8)).toBeLessThanOrEqual(5);
    expect(Math.abs(gaps[0]!.duration - 20)).toBeLessThanOrEqual(5);
    expect(silentFrames).toBeGreaterThanOrEqual(1);
    expect(shifts.every((shift) => shift === 0)).toBe(true);
  });

  it('does not take the pauses of the source for gaps', () => {
    const heard = source.map((sample) => (Math.abs(sample) < 20 ? 0 : sample));
    expect(compareAudio(source, heard)).toMatchObject({ gaps: [], silentFrames: 0 });
  });

  it('finds from where a packet was lost without a replacement', () => {
    const heard = joined(source.slice(0, 12_000), source.slice(12_160));
    const { shifts, snr } = compareAudio(source, heard);
    const kinds = new Set(shifts);
    expect(kinds.size).toBe(2);
    expect(Math.max(...kinds) - Math.min(...kinds)).toBe(160);
    expect(shifts[0]! - shifts.at(-1)!).toBe(160);
    expect(snr).toBeLessThan(20);
  });

  it('finds from where a frame was played twice', () => {
    const heard = joined(source.slice(0, 40_000), source.slice(39_840));
    const { offset, shifts } = compareAudio(source, heard);
    expect(offset).toBe(0);
    expect(shifts.at(0)).toBe(0);
    expect(shifts.at(-1)).toBe(160);
  });

  it('says that another sound has nothing to do with the source', () => {
    const found = compareAudio(source, noise(source.length, level));
    expect(found.correlation).toBeLessThan(0.1);
    expect(found.snr).toBeLessThan(0);
    const silent = compareAudio(source, silence(source.length));
    expect(silent.correlation).toBe(0);
    expect(silent.snr).toBeCloseTo(0);
    expect(silent.silentFrames).toBeGreaterThan(100);
  });

  it('refuses to compare nothing', () => {
    expect(() => compareAudio(source, silence(0))).toThrow('nothing to compare');
  });
});
