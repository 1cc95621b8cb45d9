import { decodeG711, encodeG711 } from './g711';
import type { CodecKind, Encoder } from './port';
import { SampleDecoder } from './sample-decoder';

const SAMPLE_RATE = 8_000;

/** G.711 in either law as a codec: 64 kbit/s, a byte a sample. Decoding keeps what it needs to conceal losses. */
export function g711Kind(name: 'PCMU' | 'PCMA'): CodecKind {
  return {
    name,
    stateless: true,
    sampleRate: () => SAMPLE_RATE,
    encoder: () => new G711Encoder(name),
    decoder: () => new G711Decoder(name),
    duration: (_format, bytes, from, length) =>
      length > 0 && from + length <= bytes.length ? length : -1,
  };
}

class G711Encoder implements Encoder {
  readonly sampleRate = SAMPLE_RATE;

  constructor(private readonly law: 'PCMU' | 'PCMA') {}

  encode(pcm: Int16Array, from: number, count: number, out: Uint8Array, at: number): number {
    encodeG711(this.law, pcm, from, count, out, at);
    return count;
  }

  maxBytes(count: number): number {
    return count;
  }

  reset(): void {
    // Each sample stands for itself.
  }

  close(): void {
    // Nothing that is not collected.
  }
}

class G711Decoder extends SampleDecoder {
  constructor(private readonly law: 'PCMU' | 'PCMA') {
    super(SAMPLE_RATE);
  }

  decode(bytes: Uint8Array, from: number, length: number, out: Int16Array, at: number): number {
    if (length <= 0 || from + length > bytes.length || at + length > out.length) return -1;
    decodeG711(this.law, bytes, from, length, out, at);
    this.concealment.heardSound(out, at, length);
    return length;
  }
}
