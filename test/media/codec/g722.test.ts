import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fraction, SeededRandom } from '../../../runtime/core/random';
import { codecKind } from '../../../runtime/media/codec/registry';
import { resample } from '../../../runtime/prompt/resample';
import { readWavFile } from '../../support/audio-compare';

const vectors = join(__dirname, '..', '..', 'vectors', 'codec');
const prompts = join(__dirname, '..', '..', '..', 'prompts', 'en');
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

function snr(wanted: Int16Array, got: Int16Array): number {
  let signal = 0;
  let noise = 1;
  for (let i = 0; i < wanted.length; i += 1) {
    signal += wanted[i]! ** 2;
    noise += (wanted[i]! - got[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function speech(): Int16Array {
  const clips = ['survey-welcome', 'voicemail-review', 'survey-calls'].flatMap((name) => {
    const { samples, sampleRate } = readWavFile(join(prompts, `${name}.wav`));
    return [...resample(samples, sampleRate, 16_000)];
  });
  return Int16Array.from(clips.slice(0, clips.length - (clips.length % 320)));
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
    const samples = samplesOf('mixed-16k.raw');
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

describe('concealment of lost G.722', () => {
  const said = encode(speech());
  const whole = decode(said);

  function withLosses(loss: number, seed: number, conceal: boolean): Int16Array {
    const random = new SeededRandom(seed);
    const decoder = kind.decoder(FORMAT);
    const heard = new Int16Array(whole.length);
    for (let at = 0; at < said.length; at += 160) {
      if (fraction(random) >= loss) decoder.decode(said, at, 160, heard, 2 * at);
      else if (conceal) decoder.conceal(heard, 2 * at, 320);
    }
    return heard;
  }

  it.each([0.05, 0.1])('is nearer to the speech than silence is, at a loss of %f', (loss) => {
    let overall = 0;
    let segmental = 0;
    for (let seed = 1; seed <= 5; seed += 1) {
      const silent = withLosses(loss, seed, false);
      const concealed = withLosses(loss, seed, true);
      overall += (snr(whole, concealed) - snr(whole, silent)) / 5;
      segmental += (segmentalSnr(whole, concealed) - segmentalSnr(whole, silent)) / 5;
    }
    expect(overall).toBeGreaterThan(2);
    expect(segmental).toBeGreaterThan(0.5);
  });

  it('goes on with a vowel as it was, and comes back to what is said', () => {
    const tone = Int16Array.from(
      { length: 320 * 40 },
      (_, i) => 6_000 * Math.sin(i / 10) + 2_000 * Math.sin(i / 5),
    );
    const octets = encode(tone);
    const expected = decode(octets);
    const decoder = kind.decoder(FORMAT);
    const heard = new Int16Array(tone.length);
    for (let frame = 0; frame < 40; frame += 1) {
      if (frame === 20) expect(decoder.conceal(heard, 320 * frame, 320)).toBe(true);
      else decoder.decode(octets, 160 * frame, 160, heard, 320 * frame);
    }
    const part = (from: number, to: number): number =>
      snr(expected.subarray(320 * from, 320 * to), heard.subarray(320 * from, 320 * to));
    expect(part(20, 21)).toBeGreaterThan(10);
    expect(part(22, 40)).toBeGreaterThan(20);
  });

  it('is silent in the end, and touches no more than it is told', () => {
    const decoder = kind.decoder(FORMAT);
    const out = new Int16Array(660).fill(9);
    for (let at = 0; at < 8_000; at += 160) decoder.decode(said, at, 160, out, 0);
    out.fill(9);
    let rounds = 0;
    while (decoder.conceal(out, 10, 320)) rounds += 1;
    expect(rounds).toBe(4);
    decoder.conceal(out, 10, 320);
    expect(out.subarray(10, 330).every((sample) => Math.abs(sample) <= 1)).toBe(true);
    expect([...out.subarray(0, 10), ...out.subarray(330)].every((sample) => sample === 9)).toBe(
      true,
    );
  });
});
