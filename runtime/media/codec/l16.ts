import type { CodecFormat, CodecKind, Encoder } from './port';
import { SampleDecoder } from './sample-decoder';

/**
 * RFC 3551 §4.5.11: samples as they are, the upper byte first, at the rate of the RTP clock. Of two channels
 * (interleaved, left first: §4.1) we hear the mean and send the same on both.
 */
export const l16: CodecKind = {
  name: 'L16',
  stateless: true,
  sampleRate: (format) => format.clockRate,
  encoder: (format) => new L16Encoder(format.clockRate, channelsOf(format)),
  decoder: (format) => new L16Decoder(format.clockRate, channelsOf(format)),
  duration: (format, bytes, from, length) => {
    const size = 2 * channelsOf(format);
    return length > 0 && length % size === 0 && from + length <= bytes.length ? length / size : -1;
  },
};

function channelsOf(format: CodecFormat): 1 | 2 {
  return format.channels ?? 1;
}

class L16Encoder implements Encoder {
  constructor(
    readonly sampleRate: number,
    private readonly channels: 1 | 2,
  ) {}

  encode(pcm: Int16Array, from: number, count: number, out: Uint8Array, at: number): number {
    let next = at;
    for (let i = from; i < from + count; i += 1) {
      const sample = pcm[i] as number;
      out[next] = sample >> 8;
      out[next + 1] = sample;
      next += 2;
      if (this.channels === 2) {
        out[next] = sample >> 8;
        out[next + 1] = sample;
        next += 2;
      }
    }
    return next - at;
  }

  maxBytes(count: number): number {
    return 2 * this.channels * count;
  }

  reset(): void {
    // Each sample stands for itself.
  }

  close(): void {
    // Nothing that is not collected.
  }
}

class L16Decoder extends SampleDecoder {
  constructor(
    sampleRate: number,
    private readonly channels: 1 | 2,
  ) {
    super(sampleRate);
  }

  decode(bytes: Uint8Array, from: number, length: number, out: Int16Array, at: number): number {
    const size = 2 * this.channels;
    const count = length / size;
    if (length <= 0 || length % size !== 0) return -1;
    if (from + length > bytes.length || at + count > out.length) return -1;
    for (let i = 0, next = from; i < count; i += 1, next += size) {
      let sample = sampleAt(bytes, next);
      if (size === 4) sample = (sample + sampleAt(bytes, next + 2)) >> 1;
      out[at + i] = sample;
    }
    this.concealment.heardSound(out, at, count);
    return count;
  }
}

/** In two's complement. */
function sampleAt(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number);
}
