import { setImmediate as turn } from 'node:timers/promises';
import { resample, resampleGently } from '../../runtime/prompt/resample';
import { rms, sine, sineSnr } from './sounds';

const rates = [6000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 47_999, 48_000, 96_000];

describe('changing the sample rate', () => {
  test.each(rates)('keeps a tone in place and in level, from %d Hz to 8 kHz', (rate) => {
    const samples = resample(sine(1000, rate, 1000), rate, 8000);
    expect(samples).toHaveLength(8000);
    expect(sineSnr(samples, 1000, 8000)).toBeGreaterThan(60);
  });

  test.each([16_000, 44_100, 48_000])('does not drift over 20 seconds from %d Hz', (rate) => {
    const samples = resample(sine(300, rate, 20_000), rate, 8000);
    const end = samples.subarray(samples.length - 8000);
    expect(sineSnr(end, 300, 8000)).toBeGreaterThan(60);
  });

  test.each(rates.filter((rate) => rate > 12_000))(
    'passes speech and stops what would fold back, from %d Hz',
    (rate) => {
      const gain = (frequency: number): number => {
        const samples = resample(sine(frequency, rate, 500), rate, 8000).subarray(100, 3900);
        return 20 * Math.log10(Math.max(rms(samples), 0.1) / (10_000 / Math.SQRT2));
      };
      expect(Math.abs(gain(300))).toBeLessThan(0.1);
      expect(Math.abs(gain(3300))).toBeLessThan(0.3);
      expect(gain(4300)).toBeLessThan(-60);
      expect(gain(5900)).toBeLessThan(-60);
    },
  );

  it('keeps silence silent and full scale within the range', () => {
    expect(Math.max(...resample(new Int16Array(4800), 48_000, 8000))).toBe(0);
    const square = Int16Array.from({ length: 4800 }, (_, i) => (i % 96 < 48 ? 32767 : -32768));
    const samples = resample(square, 48_000, 8000);
    expect(samples[20]! > 20_000 && samples[28]! < -20_000).toBe(true);
  });

  it('gives the same samples when it gives way to other work in between', async () => {
    const source = sine(700, 44_100, 3000);
    let turns = 0;
    let done = false;
    const gently = resampleGently(source, 44_100, 8000).finally(() => (done = true));
    while (!done) {
      await turn();
      turns += 1;
    }
    expect(turns).toBeGreaterThan(4);
    expect(await gently).toEqual(resample(source, 44_100, 8000));
  });
});
