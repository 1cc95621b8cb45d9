import fc from 'fast-check';
import { decodeG711, encodeG711, g711DecodeTable } from '../../../runtime/media/codec/g711';
import type { CodecName } from '../../../runtime/media/port';

/**
 * G.711 by its own tables, written out independently of the codec: the segment end points and step
 * sizes of tables 1a (A-law, 13 bits with the sign) and 2a (mu-law, 14 bits with the sign).
 */
const A_SEGMENTS = [
  [0, 2],
  [32, 2],
  [64, 4],
  [128, 8],
  [256, 16],
  [512, 32],
  [1024, 64],
  [2048, 128],
] as const;
const MU_SEGMENTS = [
  [0, 2],
  [31, 4],
  [95, 8],
  [223, 16],
  [479, 32],
  [991, 64],
  [2015, 128],
  [4063, 256],
] as const;

/** The output value in 16 bits of a character signal, positive half. */
function expectedMu(segment: number, step: number): number {
  const [start, size] = MU_SEGMENTS[segment] as readonly [number, number];
  // Table 2a: the first step of the first segment is the half step 0 to 1, with output 0.
  if (segment === 0) return 4 * 2 * step;
  return 4 * (start + size * step + size / 2);
}

function expectedA(segment: number, step: number): number {
  const [start, size] = A_SEGMENTS[segment] as readonly [number, number];
  return 8 * (start + size * step + size / 2);
}

const CODECS: readonly CodecName[] = ['PCMU', 'PCMA'];

function encodeOne(codec: CodecName, sample: number): number {
  const out = new Uint8Array(1);
  encodeG711(codec, Int16Array.of(sample), 0, 1, out, 0);
  return out[0] as number;
}

describe('G.711', () => {
  it('decodes all mu-law bytes to the values of table 2a', () => {
    const table = g711DecodeTable('PCMU');
    for (let byte = 0; byte < 256; byte += 1) {
      const bits = byte ^ 0xff;
      const value = expectedMu((bits >> 4) & 7, bits & 15);
      expect([byte, table[byte]]).toEqual([byte, bits & 0x80 ? 0 - value : value]);
    }
  });

  it('decodes all A-law bytes to the values of table 1a', () => {
    const table = g711DecodeTable('PCMA');
    for (let byte = 0; byte < 256; byte += 1) {
      const bits = byte ^ 0x55;
      const value = expectedA((bits >> 4) & 7, bits & 15);
      expect([byte, table[byte]]).toEqual([byte, bits & 0x80 ? value : -value]);
    }
  });

  it('encodes all 65,536 samples by the decision values of the tables', () => {
    const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    for (const codec of CODECS) {
      const out = new Uint8Array(65_536);
      encodeG711(codec, samples, 0, 65_536, out, 0);
      const wrong = samples.findIndex((sample, i) => out[i] !== characterOf(codec, sample));
      expect([codec, wrong]).toEqual([codec, -1]);
    }
  });

  it.each(CODECS)('gives each byte of %s back, but for the negative zero of mu-law', (codec) => {
    const table = g711DecodeTable(codec);
    for (let byte = 0; byte < 256; byte += 1) {
      const expected = codec === 'PCMU' && byte === 0x7f ? 0xff : byte;
      expect(encodeOne(codec, table[byte] as number)).toBe(expected);
    }
  });

  it('knows the digital milliwatt of table 5 as a sine of 0 dBm0', () => {
    const wave = Uint8Array.of(0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e);
    const out = new Int16Array(8);
    decodeG711('PCMU', wave, 0, 8, out, 0);
    const power = out.reduce((sum, sample) => sum + sample * sample, 0) / 8;
    expect(Math.sqrt(2 * power)).toBeCloseTo(22_653, -1);
  });

  it('loses at most the half of a step', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CODECS),
        fc.integer({ min: -32_000, max: 32_000 }),
        (codec, sample) => {
          const decoded = g711DecodeTable(codec)[encodeOne(codec, sample)] as number;
          const step = Math.max(16, Math.abs(sample) / 16);
          expect(Math.abs(decoded - sample)).toBeLessThanOrEqual(step / 2 + 8);
        },
      ),
    );
  });

  it.each(CODECS)('keeps the signal of a sine at 37 dB or more over its noise in %s', (codec) => {
    const sine = Int16Array.from({ length: 8000 }, (_, i) => 12_000 * Math.sin(i * 0.7354));
    const bytes = new Uint8Array(8000);
    const back = new Int16Array(8000);
    encodeG711(codec, sine, 0, 8000, bytes, 0);
    decodeG711(codec, bytes, 0, 8000, back, 0);
    let signal = 0;
    let noise = 0;
    sine.forEach((sample, i) => {
      signal += sample ** 2;
      noise += (sample - (back[i] as number)) ** 2;
    });
    expect(10 * Math.log10(signal / noise)).toBeGreaterThanOrEqual(37);
  });

  it.each(CODECS)('touches no more than the range it is given in %s', (codec) => {
    const bytes = new Uint8Array(10).fill(1);
    encodeG711(codec, new Int16Array(10).fill(5000), 2, 4, bytes, 3);
    expect([...bytes].map((byte) => byte !== 1)).toEqual([
      ...[false, false, false, true, true, true, true, false, false, false],
    ]);
    const samples = new Int16Array(10).fill(1);
    decodeG711(codec, bytes, 3, 4, samples, 5);
    expect([...samples].map((sample) => sample !== 1)).toEqual([
      ...[false, false, false, false, false, true, true, true, true, false],
    ]);
  });

  it('has a byte for silence', () => {
    expect(encodeOne('PCMU', 0)).toBe(0xff);
    expect(encodeOne('PCMA', 0)).toBe(0xd5);
    expect(g711DecodeTable('PCMU')[0xff]).toBe(0);
    expect(Math.abs(g711DecodeTable('PCMA')[0xd5] as number)).toBe(8);
  });
});

/** The byte whose interval between decision values holds the sample, found by search. */
function characterOf(codec: CodecName, sample: number): number {
  // The low bits that a law does not see are cut, and the negative half is the mirror of the other.
  const bits = codec === 'PCMU' ? 2 : 3;
  const magnitude = (sample < 0 ? ~sample : sample) >> bits;
  const segments = codec === 'PCMU' ? MU_SEGMENTS : A_SEGMENTS;
  let segment = 7;
  while ((segments[segment] as readonly [number, number])[0] > magnitude) segment -= 1;
  const [start, size] = segments[segment] as readonly [number, number];
  // In mu-law's first segment the half step comes first: decisions at 1, 3, 5, …
  const offset = codec === 'PCMU' && segment === 0 ? magnitude + 1 : magnitude - start;
  const step = Math.min(15, Math.floor(offset / size));
  const character = (segment << 4) | step;
  return codec === 'PCMU'
    ? (character | (sample < 0 ? 0x80 : 0)) ^ 0xff
    : (character | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}
