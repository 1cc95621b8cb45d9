import { below, fraction, SecureRandom, SeededRandom, token } from '../../runtime/core/random';

describe('SeededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 50 }, () => random.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('spreads evenly over its range', () => {
    const random = new SeededRandom(1);
    const buckets = new Array<number>(16).fill(0);
    for (let i = 0; i < 160_000; i += 1) {
      const bucket = below(random, 16);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});

describe('SecureRandom', () => {
  it('does not repeat itself when its block is used up', () => {
    const random = new SecureRandom();
    const seen = new Set(Array.from({ length: 5_000 }, () => token(random, 128)));
    expect(seen.size).toBe(5_000);
  });
});

describe('derived values', () => {
  it('keeps fractions below one', () => {
    expect(fraction({ uint32: () => 0xffff_ffff })).toBeLessThan(1);
  });

  it('pads tokens to their width', () => {
    expect(token({ uint32: () => 5 }, 64)).toBe('0000000500000005');
  });
});
