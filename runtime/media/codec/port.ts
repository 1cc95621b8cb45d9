import type { CodecName } from '../../core/audio';
import type { OpusParameters } from '../../core/media-agreement';

export type { OpusParameters };

/** An encoding as offer and answer agreed on it. */
export interface CodecFormat {
  readonly name: CodecName;
  /** Of the RTP timestamps, hertz: 8 000 for G.722 although it samples at 16 000 (RFC 3551 §4.5.2), 48 000 for Opus. */
  readonly clockRate: number;
  /** In the packets; what we hear and say is mono. 1. */
  readonly channels?: 1 | 2;
  /** What the peer asks us to send (RFC 7587 §6.1). */
  readonly opus?: OpusParameters;
}

/** Sound into payloads. Keeps state from frame to frame; one for each stream. */
export interface Encoder {
  /** Samples a second of what {@link encode} takes: mono. */
  readonly sampleRate: number;
  /**
   * Encodes `count` samples of `pcm` from `from` on, a packet's worth (10 to 60 ms), and writes them to `out` at
   * `at`. Returns the bytes written; 0 when this packet need not be sent (Opus DTX).
   */
  encode(pcm: Int16Array, from: number, count: number, out: Uint8Array, at: number): number;
  /** The most bytes that a packet of `count` samples takes. */
  maxBytes(count: number): number;
  /** What the peer reports as lost of our packets, 0 to 1: for those that can add redundancy. */
  expectLoss?(fraction: number): void;
  /**
   * Takes note of a packet of this stream that another encoder has made of `count` samples of `pcm` from `from` on:
   * `length` bytes of `bytes` from `at` on. What is encoded next fits a decoder that has heard it. Where it is
   * missing, encoding the sound and dropping the result comes near enough.
   */
  follow?(
    pcm: Int16Array,
    from: number,
    count: number,
    bytes: Uint8Array,
    at: number,
    length: number,
  ): void;
  /** As new. */
  reset(): void;
  /** Frees memory that is not ours to collect. Idempotent. */
  close(): void;
}

/** Payloads into sound. Keeps state from packet to packet; one for each stream, in play-out order. */
export interface Decoder {
  /** Samples a second of what {@link decode} gives: mono. */
  readonly sampleRate: number;
  /**
   * Decodes `length` bytes from `from` on to `out` at `at`. Returns the samples written, or -1 when this is no
   * payload of the codec; never throws, whatever the bytes.
   */
  decode(bytes: Uint8Array, from: number, length: number, out: Int16Array, at: number): number;
  /** A substitute for `count` samples that did not come, fading out; returns whether anything is to be heard. */
  conceal(out: Int16Array, at: number, count: number): boolean;
  /**
   * What the packet AFTER a lost one has of the lost one (Opus in-band FEC): `count` samples at `at`. Returns
   * false when it has nothing; then {@link conceal}. To be called before {@link decode} of that packet.
   */
  recover?(
    bytes: Uint8Array,
    from: number,
    length: number,
    out: Int16Array,
    at: number,
    count: number,
  ): boolean;
  reset(): void;
  /** Frees memory that is not ours to collect. Idempotent. */
  close(): void;
}

/** What there is for one {@link CodecName}: see `codec/registry.ts`. */
export interface CodecKind {
  readonly name: CodecName;
  /** Samples a second at which nothing is lost: 8 000, 16 000, 48 000; of L16 its clock rate. */
  sampleRate(format: CodecFormat): number;
  /** Takes sound at {@link sampleRate}, or at `sampleRate` where the codec can (Opus: 8, 16, 24, 48 kHz). */
  encoder(format: CodecFormat, sampleRate?: number): Encoder;
  /** Gives sound at {@link sampleRate}, or at `sampleRate` where the codec can. */
  decoder(format: CodecFormat, sampleRate?: number): Decoder;
  /** Units of the RTP clock that a payload lasts; -1 when it is none of this codec. Cheap: every packet is asked. */
  duration(format: CodecFormat, bytes: Uint8Array, from: number, length: number): number;
  /** Whether each packet stands for itself: it may be decoded out of order, and encodings may be joined anywhere. */
  readonly stateless: boolean;
}
