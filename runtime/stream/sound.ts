import { decodeG711, encodeG711 } from '../media/codec/g711';
import type { StreamEncoding } from './port';

/** Frames of sound as they stand in messages. */
export interface SoundFormat {
  /** As messages name it. */
  readonly name: 'audio/x-mulaw' | 'audio/x-l16';
  readonly sampleBytes: 1 | 2;
  /** As many samples as `bytes` has room for. */
  encode(samples: Int16Array, bytes: Uint8Array): void;
  /** `count` samples of `bytes`, from the byte `from` on, to `samples` at `at`. */
  decode(bytes: Uint8Array, from: number, count: number, samples: Int16Array, at: number): void;
}

const mulaw: SoundFormat = {
  name: 'audio/x-mulaw',
  sampleBytes: 1,
  encode(samples, bytes) {
    encodeG711('PCMU', samples, 0, bytes.length, bytes, 0);
  },
  decode(bytes, from, count, samples, at) {
    decodeG711('PCMU', bytes, from, count, samples, at);
  },
};

/** Little-endian, as speech services take it; RTP's own L16 is the other way round. */
const l16: SoundFormat = {
  name: 'audio/x-l16',
  sampleBytes: 2,
  encode(samples, bytes) {
    for (let i = 0, o = 0; o < bytes.length; i += 1, o += 2) {
      const sample = samples[i] as number;
      bytes[o] = sample & 0xff;
      bytes[o + 1] = (sample >> 8) & 0xff;
    }
  },
  decode(bytes, from, count, samples, at) {
    for (let i = 0, b = from; i < count; i += 1, b += 2) {
      samples[at + i] = (bytes[b] as number) | ((bytes[b + 1] as number) << 8);
    }
  },
};

export const soundFormats: Readonly<Record<StreamEncoding, SoundFormat>> = { mulaw, l16 };
