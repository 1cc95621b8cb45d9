import { decodeG711, encodeG711, g711DecodeTable } from '../../../runtime/media/codec/g711';
import { applyGain, gainFactor, gainTable } from '../../../runtime/media/codec/gain';

const LAWS = ['PCMU', 'PCMA'] as const;

describe('gain', () => {
  it('doubles with 6.02 dB and changes nothing with 0', () => {
    expect(gainFactor(6.0206)).toBeCloseTo(2, 4);
    expect(gainFactor(-20)).toBeCloseTo(0.1, 10);
    expect(gainFactor(0)).toBe(1);
  });

  it('changes the samples of its range, to the nearest', () => {
    const samples = Int16Array.of(100, 101, -101, 32_000, 7);
    applyGain(samples, 1, 3, 0.5);
    expect([...samples]).toEqual([100, 51, -50, 16_000, 7]);
  });

  it('stays at the ends of the range instead of turning over', () => {
    const samples = Int16Array.of(20_000, -20_000, 32_767, -32_768);
    applyGain(samples, 0, 4, 2);
    expect([...samples]).toEqual([32_767, -32_768, 32_767, -32_768]);
  });

  it.each(LAWS)('gives each byte of %s as the byte of its sound, made louder', (codec) => {
    const decoded = g711DecodeTable(codec);
    for (const gain of [-20, -6, -0.5, 3, 12]) {
      const table = gainTable(codec, gain);
      for (let byte = 0; byte < 256; byte += 1) {
        const wanted = Math.max(-32_768, Math.min(32_767, decoded[byte]! * gainFactor(gain)));
        const got = decoded[table[byte]!]!;
        expect(Math.abs(got - wanted)).toBeLessThanOrEqual(Math.abs(wanted) / 30 + 8);
      }
    }
  });

  it.each(LAWS)('leaves all bytes of %s as they are with 0 dB', (codec) => {
    expect([...gainTable(codec, 0)]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
  });

  it.each(LAWS)('sounds by its table of %s as it does by way of samples', (codec) => {
    const samples = Int16Array.from({ length: 160 }, (_, i) => 9_000 * Math.sin(i / 3));
    const bytes = new Uint8Array(160);
    encodeG711(codec, samples, 0, 160, bytes, 0);
    const byTable = bytes.map((byte) => gainTable(codec, -7.5)[byte]!);
    decodeG711(codec, bytes, 0, 160, samples, 0);
    applyGain(samples, 0, 160, gainFactor(-7.5));
    encodeG711(codec, samples, 0, 160, bytes, 0);
    expect(byTable).toEqual(bytes);
  });

  it('makes a table once, while it is among the last 64', () => {
    const table = gainTable('PCMU', -3);
    expect(gainTable('PCMU', -3.04)).toBe(table);
    expect(gainTable('PCMA', -3)).not.toBe(table);
    for (let i = 0; i < 64; i += 1) gainTable('PCMA', -40 + i / 10);
    expect(gainTable('PCMU', -3)).not.toBe(table);
    expect(gainTable('PCMU', -3)).toEqual(table);
  });
});
