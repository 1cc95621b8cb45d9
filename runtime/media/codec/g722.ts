import { Concealment } from './concealment';
import { G722HighBand, G722LowBand } from './g722-band';
import { G722_BLOCK, MirrorAnalysis, MirrorSynthesis } from './g722-filter';
import type { CodecKind, Decoder, Encoder } from './port';

/** Samples a second, whatever the RTP clock says. */
const SAMPLE_RATE = 16_000;

/**
 * ITU-T G.722 at 64 kbit/s (mode 1): 7 kHz of sound, an octet for each pair of samples.
 *
 *      bit  7 6    5 4 3 2 1 0
 *          higher   lower band
 *
 * RFC 3551 §4.5.2: the RTP clock runs at 8 000, once an octet, although it samples at 16 000.
 */
export const g722: CodecKind = {
  name: 'G722',
  stateless: false,
  sampleRate: () => SAMPLE_RATE,
  encoder: () => new G722Encoder(),
  decoder: () => new G722Decoder(),
  duration: (_format, bytes, from, length) =>
    length > 0 && from + length <= bytes.length ? length : -1,
};

export class G722Encoder implements Encoder {
  readonly sampleRate = SAMPLE_RATE;
  private readonly filter = new MirrorAnalysis();
  private readonly lowBand = new G722LowBand();
  private readonly highBand = new G722HighBand();
  private readonly low = new Int16Array(G722_BLOCK);
  private readonly high = new Int16Array(G722_BLOCK);

  encode(pcm: Int16Array, from: number, count: number, out: Uint8Array, at: number): number {
    const { low, high, lowBand, highBand } = this;
    const octets = count >> 1;
    for (let done = 0; done < octets;) {
      const pairs = Math.min(G722_BLOCK, octets - done);
      this.filter.split(pcm, from + 2 * done, pairs, low, high);
      lowBand.encode(low, pairs, out, at + done);
      highBand.encode(high, pairs, out, at + done);
      done += pairs;
    }
    return octets;
  }

  maxBytes(count: number): number {
    return count >> 1;
  }

  /** The adaptation depends on nothing but the octets: it goes where every decoder that gets them goes. */
  follow(
    pcm: Int16Array,
    from: number,
    count: number,
    bytes: Uint8Array,
    at: number,
    length: number,
  ): void {
    const { low, high, lowBand, highBand } = this;
    const octets = Math.min(count >> 1, length);
    for (let done = 0; done < octets;) {
      const pairs = Math.min(G722_BLOCK, octets - done);
      this.filter.split(pcm, from + 2 * done, pairs, low, high);
      lowBand.decode(bytes, at + done, pairs, low);
      highBand.decode(bytes, at + done, pairs, high);
      done += pairs;
    }
  }

  reset(): void {
    this.filter.reset();
    this.lowBand.reset();
    this.highBand.reset();
  }

  close(): void {
    // Nothing that is not collected.
  }
}

export class G722Decoder implements Decoder {
  readonly sampleRate = SAMPLE_RATE;
  private readonly filter = new MirrorSynthesis();
  private readonly lowConcealment = new Concealment();
  private readonly highConcealment = new Concealment(8_000, this.lowConcealment);
  private readonly lowBand = new G722LowBand();
  private readonly highBand = new G722HighBand();
  private readonly low = new Int16Array(G722_BLOCK);
  private readonly high = new Int16Array(G722_BLOCK);
  /** What concealed sound would have been sent as; nobody reads it. */
  private readonly codes = new Uint8Array(G722_BLOCK);

  decode(bytes: Uint8Array, from: number, length: number, out: Int16Array, at: number): number {
    if (length <= 0 || from + length > bytes.length || at + 2 * length > out.length) return -1;
    const { low, high, lowBand, highBand } = this;
    for (let done = 0; done < length;) {
      const pairs = Math.min(G722_BLOCK, length - done);
      lowBand.decode(bytes, from + done, pairs, low);
      highBand.decode(bytes, from + done, pairs, high);
      this.lowConcealment.heardSound(low, 0, pairs);
      this.highConcealment.heardSound(high, 0, pairs);
      this.filter.join(low, high, pairs, out, at + 2 * done);
      done += pairs;
    }
    return 2 * length;
  }

  /**
   * Repeats the last pitch period in both bands. The adaptation goes on with it, as the peer's went on with the
   * sound that was lost, so that the next payload meets a state that is like the peer's.
   */
  conceal(out: Int16Array, at: number, count: number): boolean {
    const { low, high, lowBand, highBand } = this;
    const { audible } = this.lowConcealment;
    const all = count >> 1;
    for (let done = 0; done < all;) {
      const pairs = Math.min(G722_BLOCK, all - done);
      this.lowConcealment.conceal(low, 0, pairs);
      this.highConcealment.conceal(high, 0, pairs);
      if (audible) {
        lowBand.encode(low, pairs, this.codes, 0);
        highBand.encode(high, pairs, this.codes, 0);
      }
      this.filter.join(low, high, pairs, out, at + 2 * done);
      done += pairs;
    }
    return audible;
  }

  reset(): void {
    this.lowConcealment.reset();
    this.highConcealment.reset();
    this.filter.reset();
    this.lowBand.reset();
    this.highBand.reset();
  }

  close(): void {
    // Nothing that is not collected.
  }
}
