import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecKind } from '../../../runtime/media/codec/registry';

const vectors = join(__dirname, '..', '..', 'vectors', 'codec');
const kind = codecKind('G722');
const FORMAT = { name: 'G722', clockRate: 8_000 } as const;

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(vectors, name)));
}

function samplesOf(name: string): Int16Array {
  return new Int16Array(bytesOf(name).buffer);
}

function encode(samples: Int16Array, frame = 320): Uint8Array {
  const encoder = kind.encoder(FORMAT);
  const bytes = new Uint8Array(samples.length / 2);
  for (let at = 0; at < samples.length; at += frame) {
    const count = Math.min(frame, samples.length - at);
    encoder.encode(samples, at, count, bytes, at / 2);
  }
  return bytes;
}

function decode(bytes: Uint8Array, frame = 160): Int16Array {
  const decoder = kind.decoder(FORMAT);
  const samples = new Int16Array(bytes.length * 2);
  for (let at = 0; at < bytes.length; at += frame) {
    decoder.decode(bytes, at, Math.min(frame, bytes.length - at), samples, at * 2);
  }
  return samples;
}

/** Where two arrays first differ; -1 where they do not. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return i;
  return -1;
}

/** The mean of dB in frames of 20 ms that have sound, each kept within -10 to 40. */
function segmentalSnr(wanted: Int16Array, got: Int16Array): number {
  let sum = 0;
  let frames = 0;
  for (let at = 0; at + 320 <= wanted.length; at += 320) {
    let signal = 0;
    let noise = 1;
    for (let i = at; i < at + 320; i += 1) {
      signal += wanted[i]! ** 2;
      noise += (wanted[i]! - got[i]!) ** 2;
    }
    if (signal < 320 * 100 ** 2) continue;
    frames += 1;
    sum += Math.max(-10, Math.min(40, 10 * Math.log10(signal / noise)));
  }
  return sum / frames;
}

/** Speech of 2.4 s in G.722: the prompts are at 8 kHz, so that the upper band has next to nothing. */
function speech(): Int16Array {
  return samplesOf('mixed-16k.raw').subarray(0, 9_600);
}

describe('G.722', () => {
  it('encodes speech, noise, full scale, tones and silence to the bits of a second implementation', () => {
    expect(difference(encode(samplesOf('mixed-16k.raw')), bytesOf('mixed.g722'))).toBe(-1);
  });

  it('decodes them to the samples of a second implementation', () => {
    const decoded = decode(bytesOf('mixed.g722'));
    expect(difference(decoded, samplesOf('mixed-g722-16k.raw'))).toBe(-1);
  });

  it('decodes octets that no encoder would send as a second implementation does', () => {
    const decoded = decode(bytesOf('octets.g722'));
    expect(difference(decoded, samplesOf('octets-g722-16k.raw'))).toBe(-1);
  });

  it('does not mind where packets begin and end', () => {
    const samples = samplesOf('mixed-16k.raw');
    const bytes = encode(samples);
    for (const frame of [2, 160, 960, 1_234]) {
      expect(difference(encode(samples, frame), bytes)).toBe(-1);
      expect(difference(decode(bytes, frame / 2), decode(bytes))).toBe(-1);
    }
  });

  it('stays within its ranges, whatever it hears and whatever comes', () => {
    fc.assert(
      fc.property(
        fc.int16Array({ minLength: 320, maxLength: 320 }),
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        (samples, octets) => {
          const there = decode(encode(samples));
          expect(there).toHaveLength(320);
          expect(decode(octets)).toHaveLength(2 * octets.length);
        },
      ),
    );
  });

  it('is new after a reset', () => {
    const samples = speech();
    const bytes = encode(samples);
    const encoder = kind.encoder(FORMAT);
    const decoder = kind.decoder(FORMAT);
    const out = new Int16Array(samples.length);
    const octets = new Uint8Array(samples.length / 2);
    for (let round = 0; round < 2; round += 1) {
      encoder.encode(samples, 0, samples.length, octets, 0);
      decoder.decode(octets, 0, octets.length, out, 0);
      expect(difference(octets, bytes)).toBe(-1);
      expect(difference(out, decode(bytes))).toBe(-1);
      decoder.conceal(out, 0, 320);
      encoder.reset();
      decoder.reset();
      expect(decoder.conceal(out, 0, 320)).toBe(false);
      decoder.reset();
    }
  });
});
