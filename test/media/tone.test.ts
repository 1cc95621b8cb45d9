import { isToneName, namedTone } from '../../runtime/core/tones';
import { ToneGenerator, ZERO_DBM0_PEAK } from '../../runtime/media/tone';

function whole(generator: ToneGenerator, piece = 160): Int16Array {
  const out = new Int16Array(generator.length);
  for (let at = 0; at < out.length;) {
    const count = generator.fill(out, at, Math.min(piece, out.length - at));
    expect(count).toBeGreaterThan(0);
    at += count;
  }
  return out;
}

/** dBm0 of one frequency in some samples (Goertzel over a whole number of periods). */
function levelAt(samples: Int16Array, frequency: number, rate: number): number {
  let real = 0;
  let imaginary = 0;
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * frequency * i) / rate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  const peak = (2 * Math.hypot(real, imaginary)) / samples.length;
  return 20 * Math.log10(peak / ZERO_DBM0_PEAK);
}

describe('ToneGenerator', () => {
  it.each([8000, 16_000, 48_000])('makes each frequency of its level at %i Hz', (rate) => {
    const tone = { frequencies: [440, 480], cadence: [], duration: 1000, level: -19 };
    const generator = new ToneGenerator(tone, rate);
    expect(generator.length).toBe(rate);
    // Half a second from the middle: 220 and 240 whole periods.
    const samples = whole(generator).subarray(rate / 4, (rate * 3) / 4);
    expect(levelAt(samples, 440, rate)).toBeCloseTo(-19, 1);
    expect(levelAt(samples, 480, rate)).toBeCloseTo(-19, 1);
    expect(levelAt(samples, 1000, rate)).toBeLessThan(-60);
  });

  it('is -10 dBm0 where nothing is said', () => {
    const samples = whole(new ToneGenerator({ frequencies: [1000], cadence: [], duration: 300 }));
    expect(samples).toHaveLength(2400);
    expect(levelAt(samples.subarray(800, 1600), 1000, 8000)).toBeCloseTo(-10, 1);
  });

  it('is the same in pieces of any size', () => {
    const tone = { frequencies: [425], cadence: [30, 17], duration: 500 };
    const once = whole(new ToneGenerator(tone), 4000);
    for (const piece of [1, 7, 160]) {
      const pieces = whole(new ToneGenerator(tone), piece);
      const worst = Math.max(...pieces.map((sample, i) => Math.abs(sample - (once[i] as number))));
      expect(worst).toBeLessThanOrEqual(1);
    }
  });

  it('keeps its cadence', () => {
    const tone = { frequencies: [480, 620], cadence: [500, 250], duration: 2000 };
    const samples = whole(new ToneGenerator(tone));
    const sounds = (from: number, to: number): boolean =>
      samples.subarray(from * 8, to * 8).some((sample) => sample !== 0);
    expect(sounds(0, 500)).toBe(true);
    expect(sounds(500, 750)).toBe(false);
    expect(sounds(750, 1250)).toBe(true);
    expect(sounds(1250, 1500)).toBe(false);
    expect(sounds(1500, 2000)).toBe(true);
  });

  it('rises and falls without a click', () => {
    const samples = whole(new ToneGenerator({ frequencies: [1000], cadence: [], duration: 300 }));
    expect(Math.max(...samples.subarray(0, 4).map(Math.abs))).toBeLessThan(1500);
    expect(Math.max(...samples.subarray(-4).map(Math.abs))).toBeLessThan(1500);
  });

  it('ends after its duration and can be set to any place', () => {
    const generator = new ToneGenerator({ frequencies: [1000], cadence: [], duration: 30 });
    const out = new Int16Array(400).fill(9);
    expect(generator.fill(out, 0, 400)).toBe(240);
    expect(out[240]).toBe(9);
    expect(generator.fill(out, 0, 400)).toBe(0);
    generator.position = 200;
    expect(generator.fill(out, 0, 400)).toBe(40);
  });

  it('clips instead of wrapping when it is too loud', () => {
    const tone = { frequencies: [440, 480], cadence: [], duration: 200, level: 6 };
    const samples = whole(new ToneGenerator(tone));
    const jumps = samples.map((sample, i) =>
      i === 0 ? 0 : Math.abs(sample - (samples[i - 1] as number)) >> 1,
    );
    expect(Math.max(...samples)).toBe(32_767);
    expect(Math.max(...jumps)).toBeLessThan(20_000);
  });

  it('takes a cadence of no length for none', () => {
    const samples = whole(
      new ToneGenerator({ frequencies: [1000], cadence: [0, 0], duration: 20 }),
    );
    expect(samples.some((sample) => sample !== 0)).toBe(true);
  });
});

describe('namedTone', () => {
  it.each(['beep', 'ringback', 'busy', 'congestion', 'dial'] as const)(
    'makes %s audible',
    (name) => {
      const samples = whole(new ToneGenerator(namedTone(name, 900)));
      expect(samples).toHaveLength(7200);
      expect(samples.some((sample) => Math.abs(sample) > 1000)).toBe(true);
    },
  );

  it('beeps at 1 kHz for 300 ms', () => {
    expect(namedTone('beep')).toEqual({ frequencies: [1000], cadence: [], duration: 300 });
  });

  it('knows its names', () => {
    expect(isToneName('busy')).toBe(true);
    expect(isToneName('toString')).toBe(false);
  });
});
