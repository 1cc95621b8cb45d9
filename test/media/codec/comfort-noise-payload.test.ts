import fc from 'fast-check';
import { ComfortNoise } from '../../../runtime/media/codec/comfort-noise';
import {
  MOST_REFLECTIONS,
  readNoise,
  type NoiseDescription,
} from '../../../runtime/media/codec/comfort-noise-payload';

/** RFC 3389 §3: the level, and a byte for each coefficient, 127 for none and one for each 258/32 768. */
function payloadOf({ level, reflections }: NoiseDescription): Uint8Array {
  return Uint8Array.of(level, ...reflections.map((k) => 127 + Math.round((k * 32_768) / 258)));
}

function levelOf(samples: Int16Array): number {
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
  return 10 * Math.log10(power / 32_768 ** 2);
}

/** Power below and above half the band, as dB of their ratio: how much the noise leans to the low side. */
function slope(samples: Int16Array): number {
  let low = 0;
  let high = 0;
  for (let i = 1; i < samples.length; i += 1) {
    low += (samples[i]! + samples[i - 1]!) ** 2;
    high += (samples[i]! - samples[i - 1]!) ** 2;
  }
  return 10 * Math.log10(low / high);
}

describe('comfort noise payload', () => {
  it('reads the level without the bit that must be zero, and the coefficients by the formula of §3.2', () => {
    const bytes = Uint8Array.of(9, 0x80 | 45, 127, 0, 254, 128);
    const noise = readNoise(bytes, 1, 5);
    expect(noise?.level).toBe(45);
    expect(noise?.reflections).toEqual([
      0,
      (258 * -127) / 32_768,
      (258 * 127) / 32_768,
      258 / 32_768,
    ]);
  });

  it('takes one byte as a level alone, and none as nothing', () => {
    expect(readNoise(Uint8Array.of(60), 0, 1)).toEqual({ level: 60, reflections: [] });
    expect(readNoise(new Uint8Array(4), 2, 0)).toBeUndefined();
    expect(readNoise(new Uint8Array(4), 2, 3)).toBeUndefined();
  });

  it('leaves out what comes from the reserved index on, and what is too long', () => {
    expect(readNoise(Uint8Array.of(60, 127, 255, 3), 0, 4)?.reflections).toEqual([0]);
    expect(readNoise(new Uint8Array(500), 0, 500)?.reflections).toHaveLength(MOST_REFLECTIONS);
  });

  it('reads all that a payload says', () => {
    const payload = fc.tuple(
      fc.integer({ min: 0, max: 127 }),
      fc.array(fc.integer({ min: 0, max: 254 }), { maxLength: MOST_REFLECTIONS }),
    );
    fc.assert(
      fc.property(payload, ([level, indexes]) => {
        const bytes = Uint8Array.of(level, ...indexes);
        expect(payloadOf(readNoise(bytes, 0, bytes.length)!)).toEqual(bytes);
      }),
    );
  });
});

describe('noise by a payload', () => {
  it.each([
    [[-0.9], 10],
    [[0.9], -10],
    [[], 0],
  ])(
    'has the spectrum of the coefficients %j, at the level of the payload',
    (reflections, lean) => {
      const bytes = payloadOf({ level: 40, reflections });
      const noise = new ComfortNoise();
      expect(noise.setPayload(bytes, 0, bytes.length)).toBe(true);
      const out = new Int16Array(80_000);
      noise.fill(out, 0, out.length);
      expect(Math.abs(levelOf(out) + 40)).toBeLessThan(0.5);
      // One pole at 0.9: the sum of two neighbours against their difference is (1 + 0.9) / (1 - 0.9).
      expect(Math.abs(slope(out) - lean * 1.28)).toBeLessThan(0.8);
    },
  );

  it('goes on as it was after an empty payload', () => {
    const noise = new ComfortNoise();
    noise.setLevel(40);
    expect(noise.setPayload(new Uint8Array(0), 0, 0)).toBe(false);
    const out = new Int16Array(8_000);
    noise.fill(out, 0, out.length);
    expect(Math.abs(levelOf(out) + 40)).toBeLessThan(1);
  });

  it('never gets louder than its level allows, whatever the payload', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 16 }), (bytes) => {
        const noise = new ComfortNoise(5);
        noise.setPayload(bytes, 0, bytes.length);
        const out = new Int16Array(4_000);
        noise.fill(out, 0, out.length);
        // Very narrow bands swing about their mean.
        expect(levelOf(out)).toBeLessThan(8 - (bytes[0]! & 0x7f));
      }),
      { numRuns: 200 },
    );
  });
});
