import { ComfortNoise } from '../../../runtime/media/codec/comfort-noise';

describe('ComfortNoise', () => {
  it('is silent until a level is known', () => {
    const out = new Int16Array(160).fill(1);
    new ComfortNoise().fill(out, 0, 160);
    expect(out.every((sample) => sample === 0)).toBe(true);
  });

  it.each([30, 50, 60])('has the level of -%i dBov', (dBov) => {
    const noise = new ComfortNoise(7);
    noise.setLevel(dBov);
    const out = new Int16Array(80_000);
    noise.fill(out, 0, out.length);
    const rms = Math.sqrt(out.reduce((sum, sample) => sum + sample * sample, 0) / out.length);
    expect(20 * Math.log10(rms / 32_768)).toBeGreaterThan(-dBov - 1);
    expect(20 * Math.log10(rms / 32_768)).toBeLessThan(-dBov + 1);
    const mean = out.reduce((sum, sample) => sum + sample, 0) / out.length;
    expect(Math.abs(mean)).toBeLessThan(rms / 20);
  });

  it('does not overflow at the highest level, and ignores the reserved bit', () => {
    const noise = new ComfortNoise(7);
    noise.setLevel(0x80);
    const out = new Int16Array(8000);
    noise.fill(out, 0, out.length);
    expect(Math.max(...out)).toBeGreaterThan(32_000);
    expect(Math.min(...out)).toBeLessThan(-32_000);
  });

  it('is the same for the same seed and fills only what it is told', () => {
    const make = (seed: number): Int16Array => {
      const noise = new ComfortNoise(seed);
      noise.setLevel(20);
      const out = new Int16Array(100);
      noise.fill(out, 10, 80);
      return out;
    };
    expect(make(3)).toEqual(make(3));
    expect(make(3)).not.toEqual(make(4));
    expect([...make(3).subarray(0, 10), ...make(3).subarray(90)].every((s) => s === 0)).toBe(true);
  });
});
