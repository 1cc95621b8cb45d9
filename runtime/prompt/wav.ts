import { WaveFile } from 'wavefile';
import { decodeImaAdpcm } from './ima-adpcm';

/** Sound as a file or a voice gives it: one channel, 16-bit linear PCM. */
export interface Sound {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/** The parts of wavefile's untyped `fmt`, `fact` and `data` that are read here. */
interface Format {
  readonly audioFormat: number;
  readonly numChannels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
  readonly subformat: readonly number[];
}

const EXTENSIBLE = 0xfffe;
const MAX_CHANNELS = 8;
const MIN_RATE = 1_000;
const MAX_RATE = 384_000;

/** Full scale of what is decoded, by wavefile's name of the sample format. */
const FULL_SCALE: Readonly<Record<string, number>> = {
  '16': 0x8000,
  '24': 0x80_0000,
  '32': 0x8000_0000,
  '32f': 1,
  '64': 1,
};

/**
 * Reads a WAV file: 8, 16, 24 and 32 bit, 32 and 64 bit float, A-law, µ-law, IMA ADPCM, RIFF,
 * RIFX and RF64; channels are averaged. A data chunk that promises more than the file has gives what
 * is there, because a recording that was cut off is still a recording. Throws an `Error` that says what is wrong.
 */
export function readWav(bytes: Uint8Array): Sound {
  const { wav, format } = open(bytes, true);
  return { sampleRate: format.sampleRate, samples: decode(wav, format) };
}

/** Checks what {@link readWav} checks about the header, without decoding. Throws the same errors. */
export function checkWav(bytes: Uint8Array): void {
  open(bytes, false);
}

function open(bytes: Uint8Array, withSamples: boolean): { wav: WaveFile; format: Format } {
  if (bytes.length === 0) throw new Error('the file is empty');
  const wav = new WaveFile();
  try {
    wav.fromBuffer(bytes, withSamples);
  } catch (cause) {
    throw new Error('it is not a WAV file, or its header is damaged', { cause });
  }
  let format = wav.fmt as Format;
  const inner = format.subformat[0];
  if (format.audioFormat === EXTENSIBLE && inner !== undefined && inner !== 1) {
    // wavefile takes every extensible file for integers; the sub-format says whether that is so.
    wav.fromBuffer(withFormatCode(bytes, inner), withSamples);
    format = wav.fmt as Format;
  }
  const { numChannels, sampleRate } = format;
  if (wav.bitDepth !== '4' && wav.bitDepth !== '8' && !/^8[am]$/.test(wav.bitDepth)) {
    if (
      FULL_SCALE[wav.bitDepth] === undefined ||
      ![1, 3, EXTENSIBLE].includes(format.audioFormat)
    ) {
      throw new Error(
        `its encoding (WAV format ${format.audioFormat}, ${wav.bitDepth} bit) is not supported`,
      );
    }
  }
  if (numChannels < 1 || numChannels > MAX_CHANNELS) {
    throw new Error(`it has ${numChannels} channels`);
  }
  if (sampleRate < MIN_RATE || sampleRate > MAX_RATE) {
    throw new Error(`its sample rate is ${sampleRate} Hz`);
  }
  return { wav, format: { ...format } };
}

function decode(wav: WaveFile, format: Format): Int16Array {
  const raw = rawBytes(wav);
  if (wav.bitDepth === '16' && wav.container !== 'RIFX' && format.numChannels === 1) {
    // The common case without a detour through floating point.
    const count = raw.length >> 1;
    const samples = new Int16Array(count);
    const view = new DataView(raw.buffer, raw.byteOffset, count * 2);
    for (let i = 0; i < count; i += 1) samples[i] = view.getInt16(i * 2, true);
    return samples;
  }
  const channels = format.numChannels;
  const eightBit = wav.bitDepth === '8';
  const scale = eightBit ? 256 : 0x8000 / (FULL_SCALE[wav.bitDepth] ?? 0x8000);
  const interleaved = decodeInterleaved(wav, raw, format);
  const samples = new Int16Array(Math.floor(interleaved.length / channels));
  for (let i = 0, at = 0; i < samples.length; i += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1, at += 1) sum += interleaved[at] ?? 0;
    const mean = sum / channels;
    samples[i] = clamp((eightBit ? mean - 128 : mean) * scale);
  }
  return samples;
}

function decodeInterleaved(wav: WaveFile, raw: Uint8Array, format: Format): ArrayLike<number> {
  const { blockAlign, numChannels } = format;
  if (wav.bitDepth === '4') {
    const samples = decodeImaAdpcm(raw, blockAlign, numChannels);
    // The last block is filled up; the header says how much of it is meant.
    const announced = (wav.fact as { dwSampleLength?: number }).dwSampleLength ?? 0;
    return announced > 0 ? samples.subarray(0, announced * numChannels) : samples;
  }
  if (wav.bitDepth === '8a') wav.fromALaw();
  else if (wav.bitDepth === '8m') wav.fromMuLaw();
  else dropPartialFrame(wav, raw, blockAlign);
  return wav.getSamples(true);
}

function dropPartialFrame(wav: WaveFile, raw: Uint8Array, blockAlign: number): void {
  const extra = blockAlign > 0 ? raw.length % blockAlign : 0;
  if (extra > 0) {
    (wav.data as { samples: Uint8Array }).samples = raw.subarray(0, raw.length - extra);
  }
}

function rawBytes(wav: WaveFile): Uint8Array {
  return (wav.data as { samples: Uint8Array }).samples;
}

/** A copy of the file with another format code in its `fmt ` chunk. */
function withFormatCode(bytes: Uint8Array, code: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const littleEndian = copy[3] !== 'X'.charCodeAt(0);
  for (let at = 12; at + 10 <= copy.length;) {
    if (view.getUint32(at, false) === 0x666d_7420) {
      view.setUint16(at + 8, code & 0xffff, littleEndian);
      break;
    }
    const size = view.getUint32(at + 4, littleEndian);
    at += 8 + size + (size & 1);
  }
  return copy;
}

function clamp(value: number): number {
  if (value >= 0x7fff) return 0x7fff;
  if (value <= -0x8000) return -0x8000;
  return Math.round(value) || 0;
}

/** A WAV file of 16-bit mono PCM. `extra` is one more chunk behind the samples, with a name of four letters. */
export function writeWav(
  sound: Sound,
  extra?: { readonly id: string; readonly content: Uint8Array },
): Buffer {
  const dataSize = sound.samples.length * 2;
  const extraSize = extra === undefined ? 0 : 8 + extra.content.length;
  const file = Buffer.alloc(44 + dataSize + extraSize);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sound.sampleRate, 24);
  file.writeUInt32LE(sound.sampleRate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataSize, 40);
  for (let i = 0; i < sound.samples.length; i += 1) {
    file.writeInt16LE(sound.samples[i] as number, 44 + i * 2);
  }
  if (extra !== undefined) {
    file.write(extra.id, 44 + dataSize, 'latin1');
    file.writeUInt32LE(extra.content.length, 48 + dataSize);
    file.set(extra.content, 52 + dataSize);
  }
  return file;
}
