import { CODEC_NAMES, type CodecName } from '../../../runtime/core/audio';
import type { CodecFormat } from '../../../runtime/media/codec/port';
import { availableCodecs, codecKind, opusProblem } from '../../../runtime/media/codec/registry';

const FORMATS: Readonly<Record<CodecName, CodecFormat>> = {
  PCMU: { name: 'PCMU', clockRate: 8_000 },
  PCMA: { name: 'PCMA', clockRate: 8_000 },
  G722: { name: 'G722', clockRate: 8_000 },
  opus: { name: 'opus', clockRate: 48_000, channels: 2 },
  L16: { name: 'L16', clockRate: 16_000 },
};
/** Samples a second, and the least dB of a tone over what the codec adds to it. */
const EXPECTED: Readonly<Record<CodecName, readonly [rate: number, decibel: number]>> = {
  PCMU: [8_000, 37],
  PCMA: [8_000, 37],
  G722: [16_000, 25],
  opus: [48_000, 15],
  L16: [16_000, 100],
};

function tone(sampleRate: number, frames: number): Int16Array {
  const length = (frames * sampleRate) / 50;
  return Int16Array.from(
    { length },
    (_, i) => 10_000 * Math.sin((i * 2_000 * Math.PI) / sampleRate),
  );
}

/** The best ratio, in dB, over delays up to 10 ms. */
function quality(said: Int16Array, heard: Int16Array, sampleRate: number): number {
  let best = -Infinity;
  for (let delay = 0; delay < sampleRate / 100; delay += 1) {
    let signal = 0;
    let noise = 0.001;
    for (let i = sampleRate / 10; i + delay < heard.length; i += 1) {
      signal += said[i]! ** 2;
      noise += (said[i]! - heard[i + delay]!) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / noise));
  }
  return best;
}

describe('codec registry', () => {
  it('has every encoding that SDP may name', () => {
    expect(availableCodecs()).toEqual(CODEC_NAMES);
    expect(CODEC_NAMES.map((name) => codecKind(name).name)).toEqual(CODEC_NAMES);
    expect(opusProblem()).toBeUndefined();
  });

  it('knows which encodings may be joined anywhere', () => {
    const free = CODEC_NAMES.filter((name) => codecKind(name).stateless);
    expect(free).toEqual(['PCMU', 'PCMA', 'L16']);
  });
});

describe.each(CODEC_NAMES)('%s', (name) => {
  const kind = codecKind(name);
  const format = FORMATS[name];
  const [sampleRate, decibel] = EXPECTED[name];

  it('samples at the rate at which nothing is lost', () => {
    expect(kind.sampleRate(format)).toBe(sampleRate);
  });

  it('gives a tone back, frame by frame, with its duration in units of the RTP clock', () => {
    const encoder = kind.encoder(format);
    const decoder = kind.decoder(format);
    expect([encoder.sampleRate, decoder.sampleRate]).toEqual([sampleRate, sampleRate]);
    const frame = sampleRate / 50;
    const said = tone(sampleRate, 50);
    const heard = new Int16Array(said.length);
    const bytes = new Uint8Array(1 + encoder.maxBytes(frame));
    for (let at = 0; at < said.length; at += frame) {
      const length = encoder.encode(said, at, frame, bytes, 1);
      expect(length).toBeGreaterThan(0);
      expect(length).toBeLessThanOrEqual(encoder.maxBytes(frame));
      expect(kind.duration(format, bytes, 1, length)).toBe(format.clockRate / 50);
      expect(decoder.decode(bytes, 1, length, heard, at)).toBe(frame);
    }
    expect(quality(said, heard, sampleRate)).toBeGreaterThan(decibel);
    encoder.close();
    decoder.close();
  });

  it.each([10, 20, 30, 40, 50, 60])('takes packets of %i ms', (ptime) => {
    const encoder = kind.encoder(format);
    const decoder = kind.decoder(format);
    const count = (sampleRate * ptime) / 1_000;
    const said = tone(sampleRate, 6);
    const bytes = new Uint8Array(encoder.maxBytes(count));
    const length = encoder.encode(said, 0, count, bytes, 0);
    expect(kind.duration(format, bytes, 0, length)).toBe((format.clockRate * ptime) / 1_000);
    expect(decoder.decode(bytes, 0, length, new Int16Array(count), 0)).toBe(count);
    encoder.close();
    decoder.close();
  });

  it('conceals a loss after a tone, with something to hear that fades out', () => {
    const encoder = kind.encoder(format);
    const decoder = kind.decoder(format);
    const frame = sampleRate / 50;
    const said = tone(sampleRate, 20);
    const bytes = new Uint8Array(encoder.maxBytes(frame));
    const out = new Int16Array(frame);
    expect(decoder.conceal(out, 0, frame)).toBe(false);
    for (let at = 0; at < said.length; at += frame) {
      const length = encoder.encode(said, at, frame, bytes, 0);
      decoder.decode(bytes, 0, length, out, 0);
    }
    const power = (): number => out.reduce((sum, sample) => sum + sample ** 2, 0) / frame;
    expect(decoder.conceal(out, 0, frame)).toBe(true);
    const first = power();
    expect(first).toBeGreaterThan(1_000_000);
    for (let i = 0; i < 50; i += 1) decoder.conceal(out, 0, frame);
    expect(power()).toBeLessThan(first / 1_000);
    encoder.close();
    decoder.close();
  });

  it('says that nothing, and what reaches beyond the bytes, is no payload', () => {
    const decoder = kind.decoder(format);
    const bytes = new Uint8Array(10);
    const out = new Int16Array(6_000);
    for (const [from, length] of [
      [0, 0],
      [4, 8],
      [10, 1],
    ] as const) {
      expect(kind.duration(format, bytes, from, length)).toBe(-1);
      expect(decoder.decode(bytes, from, length, out, 0)).toBe(-1);
    }
    expect(decoder.decode(bytes, 0, 10, new Int16Array(4), 0)).toBe(-1);
    decoder.close();
  });

  it('closes twice without harm', () => {
    const encoder = kind.encoder(format);
    const decoder = kind.decoder(format);
    encoder.close();
    encoder.close();
    decoder.close();
    decoder.close();
  });
});
