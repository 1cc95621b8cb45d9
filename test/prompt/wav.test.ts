import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { WaveFile } from 'wavefile';
import { checkWav, readWav, writeWav } from '../../runtime/prompt/wav';
import { sine, sineSnr } from './sounds';

function vector(name: string): Buffer {
  return readFileSync(join(__dirname, '..', 'vectors', 'wav', name));
}

const tone = sine(440, 8000, 500);

function encoded(depth: string, channels: Int16Array[] = [tone], rate = 8000): Uint8Array {
  const wav = new WaveFile();
  wav.fromScratch(channels.length, rate, '16', channels.length === 1 ? channels[0]! : channels);
  if (depth === '8a') wav.toALaw();
  else if (depth === '8m') wav.toMuLaw();
  else if (depth !== '16') wav.toBitDepth(depth);
  return wav.toBuffer();
}

describe('reading a WAV file', () => {
  test.each([
    ['8', 30],
    ['16', 80],
    ['24', 80],
    ['32', 80],
    ['32f', 80],
    ['64', 80],
    ['8a', 33],
    ['8m', 33],
  ])('gives the samples of a file of %s bit, at least %d dB above the error', (depth, snr) => {
    const { sampleRate, samples } = readWav(encoded(depth));
    expect(sampleRate).toBe(8000);
    expect(sineSnr(samples, 440, 8000)).toBeGreaterThan(snr);
  });

  test.each(['8', '16', '24', '32', '32f', '64', '8a', '8m'])(
    'keeps the number of samples at %s bit',
    (depth) => {
      expect(readWav(encoded(depth)).samples).toHaveLength(tone.length);
    },
  );

  it('decodes IMA ADPCM as its writer meant it, all samples and no more', () => {
    const { sampleRate, samples } = readWav(vector('ima-adpcm-mono.wav'));
    expect(sampleRate).toBe(8000);
    expect(samples).toHaveLength(1200);
    expect(sineSnr(samples, 440, 8000, 10_011)).toBeGreaterThan(30);
    expect(Math.max(...samples.subarray(1150))).toBeGreaterThan(9_000);
  });

  it('decodes IMA ADPCM of two channels', () => {
    const { samples } = readWav(vector('ima-adpcm-stereo.wav'));
    expect(samples).toHaveLength(800);
    const left = sine(440, 8000, 100, 10_011);
    const right = sine(600, 8000, 100, 10_011);
    samples.forEach((sample, i) => {
      expect(Math.abs(sample - (left[i]! + right[i]!) / 2)).toBeLessThan(1500);
    });
  });

  it('reads the big-endian RIFX', () => {
    const wav = new WaveFile();
    wav.fromScratch(1, 8000, '16', tone, { container: 'RIFX' });
    expect(sineSnr(readWav(wav.toBuffer()).samples, 440, 8000)).toBeGreaterThan(80);
  });

  it('averages the channels', () => {
    const left = new Int16Array(100).fill(1000);
    const right = new Int16Array(100).fill(-400);
    for (const depth of ['16', '32f', '8m']) {
      const { samples } = readWav(encoded(depth, [left, right]));
      expect(samples).toHaveLength(100);
      expect(Math.abs(samples[50]! - 300)).toBeLessThan(20);
    }
  });

  it('takes an extensible file of floats for floats', () => {
    const plain = Buffer.from(encoded('32f'));
    const data = plain.indexOf('data');
    const header = Buffer.alloc(60);
    header.write('RIFF', 0);
    header.writeUInt32LE(52 + plain.length - data, 4);
    header.write('WAVEfmt ', 8);
    header.writeUInt32LE(40, 16);
    header.writeUInt16LE(0xfffe, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt32LE(8000, 24);
    header.writeUInt32LE(32_000, 28);
    header.writeUInt16LE(4, 32);
    header.writeUInt16LE(32, 34);
    header.writeUInt16LE(22, 36);
    header.writeUInt16LE(32, 38);
    header.writeUInt16LE(3, 44);
    header.write('000000001000800000aa00389b71', 46, 'hex');
    const extensible = Buffer.concat([header, plain.subarray(data)]);
    expect(sineSnr(readWav(extensible).samples, 440, 8000)).toBeGreaterThan(80);
  });

  it('limits floats beyond full scale instead of wrapping them', () => {
    const wav = new WaveFile();
    wav.fromScratch(1, 8000, '32f', [0.5, 2, -2, Number.NaN]);
    expect([...readWav(wav.toBuffer()).samples]).toEqual([16384, 32767, -32768, 0]);
  });

  it('gives what is there of a recording that was cut off', () => {
    const file = writeWav({ sampleRate: 8000, samples: tone });
    expect(readWav(file.subarray(0, 44 + 2001)).samples).toEqual(tone.slice(0, 1000));
  });

  it.each([
    ['an empty file', new Uint8Array(), 'empty'],
    ['text', Buffer.from('This is not sound.'.repeat(20)), 'not a WAV file'],
    ['no data chunk', writeWav({ sampleRate: 8000, samples: tone }).subarray(0, 36), 'damaged'],
    ['a sample rate of zero', header((file) => file.writeUInt32LE(0, 24)), '0 Hz'],
    ['no channels', header((file) => file.writeUInt16LE(0, 22)), '0 channels'],
    ['MP3 in WAV', header((file) => file.writeUInt16LE(0x55, 20)), 'not supported'],
  ])('refuses %s and says why', (_name, bytes, message) => {
    expect(() => readWav(bytes)).toThrow(message);
    expect(() => checkWav(bytes)).toThrow(message);
  });

  it('never fails but with an Error, whatever the bytes', () => {
    const files = [
      ...['8', '16', '32f', '8a'].map((depth) => Buffer.from(encoded(depth))),
      vector('ima-adpcm-mono.wav'),
      vector('ima-adpcm-stereo.wav'),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
        fc.nat(200),
        (file, changes, cut) => {
          const bytes = Buffer.from(file.subarray(0, file.length - cut));
          for (const [at, value] of changes) bytes[at] = value;
          try {
            expect(readWav(bytes).samples.length).toBeLessThanOrEqual(bytes.length * 2);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            expect((error as Error).message).not.toContain('Expected');
          }
        },
      ),
    );
  });
});

function header(change: (file: Buffer) => void): Buffer {
  const file = writeWav({ sampleRate: 8000, samples: tone });
  change(file);
  return file;
}

describe('writing a WAV file', () => {
  it('makes what reading gives back', () => {
    fc.assert(
      fc.property(
        fc.int16Array(),
        fc.integer({ min: 1000, max: 96_000 }),
        (samples, sampleRate) => {
          const read = readWav(
            writeWav({ sampleRate, samples }, { id: 'note', content: Buffer.from('x') }),
          );
          expect(read.sampleRate).toBe(sampleRate);
          expect([...read.samples]).toEqual([...samples]);
        },
      ),
    );
  });
});
