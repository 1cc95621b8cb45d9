import fc from 'fast-check';
import {
  opusDuration,
  opusFrameSamples,
  opusHasCopy,
} from '../../../runtime/media/codec/opus-packet';

function duration(...bytes: number[]): number {
  return opusDuration(Uint8Array.from(bytes), 0, bytes.length);
}

/** A packet's first bytes, filled up to a length. */
function filled(length: number, ...bytes: number[]): Uint8Array {
  const packet = new Uint8Array(length);
  packet.set(bytes);
  return packet;
}

/** SILK narrow band, 20 ms; its frame count code is added. */
const SILK_20 = 1 << 3;
/** CELT full band, 20 ms and 2.5 ms. */
const CELT_20 = 31 << 3;
const CELT_2_5 = 28 << 3;

describe('the duration of an Opus packet', () => {
  it('is by configuration what table 2 of RFC 6716 §3.1 says', () => {
    const silk = [480, 960, 1_920, 2_880];
    const hybrid = [480, 960];
    const celt = [120, 240, 480, 960];
    const table = [silk, silk, silk, hybrid, hybrid, celt, celt, celt, celt].flat();
    expect(table.map((_, config) => opusFrameSamples(config << 3))).toEqual(table);
    expect(table.map((_, config) => duration(config << 3, 1, 2))).toEqual(table);
    // Stereo lasts no longer.
    expect(table.map((_, config) => duration((config << 3) | 4, 1, 2))).toEqual(table);
  });

  it('is that of two frames with codes 1 and 2, of M with code 3', () => {
    expect(duration(CELT_20 | 1, 1, 2)).toBe(1_920);
    expect(duration(CELT_20 | 2, 1, 9, 9, 9)).toBe(1_920);
    expect(duration(CELT_20 | 3, 6, 1, 2, 3, 4, 5, 6)).toBe(5_760);
    expect(duration(CELT_2_5 | 3, 48)).toBe(5_760);
  });

  it('takes frames without bytes: nothing was sent (DTX)', () => {
    expect(duration(SILK_20)).toBe(960);
    expect(duration(SILK_20 | 1)).toBe(1_920);
    expect(duration(SILK_20 | 2, 0)).toBe(1_920);
    expect(duration(SILK_20 | 3, 2)).toBe(1_920);
  });

  it('[R1] refuses a packet without a byte', () => {
    expect(duration()).toBe(-1);
  });

  it('[R2] refuses frames of more than 1,275 bytes', () => {
    expect(opusDuration(filled(1_276, CELT_20), 0, 1_276)).toBe(960);
    expect(opusDuration(filled(1_277, CELT_20), 0, 1_277)).toBe(-1);
    expect(opusDuration(filled(2_551, CELT_20 | 1), 0, 2_551)).toBe(1_920);
    expect(opusDuration(filled(2_553, CELT_20 | 1), 0, 2_553)).toBe(-1);
    expect(opusDuration(filled(1_278, CELT_20 | 2, 1), 0, 1_278)).toBe(1_920);
    expect(opusDuration(filled(1_279, CELT_20 | 2, 1), 0, 1_279)).toBe(-1);
    expect(opusDuration(filled(2_554, CELT_20 | 3, 2), 0, 2_554)).toBe(-1);
    expect(opusDuration(filled(1_280, CELT_20 | 3, 0x82, 1), 0, 1_280)).toBe(-1);
  });

  it('[R3] refuses code 1 with an odd number of bytes', () => {
    expect(duration(CELT_20 | 1, 1, 2, 3)).toBe(-1);
  });

  it('[R4] refuses code 2 with a length that is missing, cut off or too large', () => {
    expect(duration(CELT_20 | 2)).toBe(-1);
    expect(duration(CELT_20 | 2, 252)).toBe(-1);
    expect(duration(CELT_20 | 2, 1)).toBe(-1);
    expect(duration(CELT_20 | 2, 252, 0, 1)).toBe(-1);
    expect(opusDuration(filled(255, CELT_20 | 2, 252, 0), 0, 255)).toBe(1_920);
    expect(opusDuration(filled(254, CELT_20 | 2, 252, 0), 0, 254)).toBe(-1);
  });

  it('[R5] refuses no frames, and more than 120 ms', () => {
    expect(duration(CELT_20 | 3, 0)).toBe(-1);
    expect(duration(CELT_20 | 3, 7)).toBe(-1);
    expect(duration(CELT_2_5 | 3, 49)).toBe(-1);
    expect(duration((3 << 3) | 3, 3)).toBe(-1);
  });

  it('[R6] refuses frames of one size that do not share the bytes evenly, and too much padding', () => {
    expect(duration(CELT_20 | 3)).toBe(-1);
    expect(duration(CELT_20 | 3, 2, 1, 2, 3)).toBe(-1);
    expect(duration(CELT_20 | 3, 0x42, 1, 1, 1, 0)).toBe(1_920);
    expect(duration(CELT_20 | 3, 0x42, 2, 1, 1, 0)).toBe(-1);
    expect(duration(CELT_20 | 3, 0x42)).toBe(-1);
    expect(duration(CELT_20 | 3, 0x41, 255)).toBe(-1);
    expect(opusDuration(filled(258, CELT_20 | 3, 0x41, 255, 0), 0, 258)).toBe(960);
    expect(opusDuration(filled(257, CELT_20 | 3, 0x41, 255, 0), 0, 257)).toBe(-1);
  });

  it('[R7] refuses frames of their own sizes that are longer than the packet', () => {
    expect(duration(CELT_20 | 3, 0x83, 1, 2, 9, 9, 9)).toBe(2_880);
    expect(duration(CELT_20 | 3, 0x83, 1, 2, 9, 9)).toBe(-1);
    expect(duration(CELT_20 | 3, 0x83, 1)).toBe(-1);
    expect(duration(CELT_20 | 3, 0x82, 253)).toBe(-1);
  });

  it('says of no bytes whatever that they reach beyond their end, nor throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.integer({ min: -2, max: 90 }),
        fc.integer({ min: -2, max: 90 }),
        (bytes, from, length) => {
          const got = opusDuration(bytes, from, length);
          expect(got === -1 || (got >= 120 && got <= 5_760 && got % 120 === 0)).toBe(true);
          if (from < 0 || length < 1 || from + length > bytes.length) expect(got).toBe(-1);
          expect(typeof opusHasCopy(bytes, from, length)).toBe('boolean');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('the copy of the packet before, in an Opus packet', () => {
  const has = (...bytes: number[]): boolean => opusHasCopy(Uint8Array.from(bytes), 0, bytes.length);

  it('is announced behind one bit of activity for each 20 ms', () => {
    expect(has(SILK_20, 0b0100_0000)).toBe(true);
    expect(has(SILK_20, 0b1011_1111)).toBe(false);
    // 10 ms have one such bit, 40 ms two and 60 ms three.
    expect(has(0 << 3, 0b0100_0000)).toBe(true);
    expect(has(2 << 3, 0b0010_0000)).toBe(true);
    expect(has(2 << 3, 0b1101_1111)).toBe(false);
    expect(has(3 << 3, 0b0001_0000)).toBe(true);
    expect(has(3 << 3, 0b1110_1111)).toBe(false);
  });

  it('may be of the side channel alone', () => {
    expect(has(SILK_20 | 4, 0b0001_0000)).toBe(true);
    expect(has(SILK_20 | 4, 0b1010_1111)).toBe(false);
    expect(has(SILK_20, 0b0001_0000)).toBe(false);
  });

  it('is in no packet of music, of silence or that breaks a rule', () => {
    expect(has(CELT_20, 0xff)).toBe(false);
    expect(has(SILK_20)).toBe(false);
    expect(has(SILK_20 | 1, 0xff)).toBe(false);
  });

  it('is looked for in the first frame, behind all lengths', () => {
    expect(has(SILK_20 | 1, 0b0100_0000, 0)).toBe(true);
    expect(has(SILK_20 | 2, 1, 0b0100_0000)).toBe(true);
    expect(has(SILK_20 | 2, 0, 0xff)).toBe(false);
    expect(has(SILK_20 | 3, 2, 0b0100_0000, 0)).toBe(true);
    expect(has(SILK_20 | 3, 0x83, 1, 1, 0b0100_0000, 0, 0)).toBe(true);
    expect(has(SILK_20 | 3, 0xc2, 1, 1, 0b0100_0000, 0, 0)).toBe(true);
    expect(has(SILK_20 | 3, 0x82, 0, 0xff)).toBe(false);
    expect(has(SILK_20 | 3, 0x41, 1, 0xff)).toBe(false);
  });
});
