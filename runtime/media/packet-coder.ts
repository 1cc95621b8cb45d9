import type { ClipPackets } from './clip-packets';
import type { CodecFormat, CodecKind, Encoder } from './codec/port';
import { codecKind } from './codec/registry';

/** What two encodings have to have in common to be the same, bit for bit. */
export interface Recipe {
  readonly kind: CodecKind;
  readonly format: CodecFormat;
  /** Names codec and parameters. */
  readonly key: string;
  /** Samples a second of what is encoded, and samples of a packet. */
  readonly sampleRate: number;
  readonly samples: number;
}

/**
 * Milliseconds of the same sound after which two encoders of Opus are alike, whatever they started with: a decoder
 * that was led by one may be led on by the other. `test/media/player-codecs.test.ts` has what is heard of it.
 */
const SETTLING = 80;

/** Samples a second of what an Opus encoder takes (RFC 6716 §2). */
const OPUS_RATES = [8_000, 16_000, 24_000, 48_000] as const;
/** CELT, 20 ms, mono, one frame. */
const OPUS_EMPTY = 0xf8;
/** Of the peer's losses, from which on an encoder is told. */
const LOSSY = 0.02;

/**
 * The encoding that a session sends in, and the one encoder that its stream has. Most packets of a prompt are not
 * encoded here but once for all calls; the encoder is made for what nobody else says, and is brought to where the
 * peer's decoder is by the sound that was sent before.
 */
export class PacketCoder implements Recipe {
  readonly kind: CodecKind;
  readonly key: string;
  /** Of a packet, in units of the RTP clock. */
  readonly units: number;
  sampleRate: number;
  samples: number;
  /** Samples a second at which nothing is lost. */
  readonly highestRate: number;
  /** The payload that {@link encode} wrote, from its beginning. */
  bytes: Uint8Array = NO_BYTES;
  /** Nothing was sent in this encoding yet: the peer's decoder is new. */
  fresh = true;
  /** Packets that {@link encode} has encoded. */
  encoded = 0;

  private encoder: Encoder | undefined;
  /** What was sent last, if it was not encoded here. */
  private before: ClipPackets | undefined;
  private lastBefore = 0;
  private loss = 0;
  private lost = false;

  constructor(
    readonly format: CodecFormat,
    /** Milliseconds of a packet. */
    readonly ptime: number,
  ) {
    this.kind = codecKind(format.name);
    this.key = keyOf(format);
    this.highestRate = this.kind.sampleRate(format);
    // RFC 3551 §4.1: by the codec's clock, which need not be its sampling rate.
    this.units = (ptime * format.clockRate) / 1_000;
    this.sampleRate = this.highestRate;
    this.samples = (ptime * this.sampleRate) / 1_000;
  }

  /** Samples a second at which nothing is lost of sound that has `rate`. */
  rateFor(rate: number): number {
    if (this.format.name !== 'opus') return this.highestRate;
    return OPUS_RATES.find((each) => each >= rate) ?? this.highestRate;
  }

  /** Takes sound of another rate from now on: one that {@link rateFor} gave. */
  tune(sampleRate: number): void {
    if (sampleRate === this.sampleRate) return;
    this.sampleRate = sampleRate;
    this.samples = (this.ptime * sampleRate) / 1_000;
    this.encoder?.close();
    this.encoder = undefined;
  }

  /** Encodes a packet; returns its length, 0 when it need not be sent. */
  encode(pcm: Int16Array): number {
    const encoder = this.ready();
    this.fresh = false;
    this.lost = false;
    this.encoded += 1;
    return encoder.encode(pcm, 0, this.samples, this.bytes, 0);
  }

  /** Encodes a packet of silence that is sent whatever the encoder thinks of it; returns its length. */
  encodeSilence(): number {
    const length = this.encode(new Int16Array(this.samples));
    if (length > 0) return length;
    // RFC 6716 §3.1: a packet of Opus that has nothing but its first byte.
    this.bytes[0] = OPUS_EMPTY;
    return 1;
  }

  /** A packet has been sent that was encoded elsewhere: the next one of our own goes on from there. */
  follow(packets: ClipPackets, index: number): void {
    this.before = packets;
    this.lastBefore = index;
    this.fresh = false;
    this.lost = false;
  }

  /** Whether the packet before `index` was the last that was sent. */
  isBehind(packets: ClipPackets, index: number): boolean {
    return this.before === packets && this.lastBefore === index - 1;
  }

  /** Sound has been sent of which we know nothing. */
  lose(): void {
    if (this.lost) return;
    this.lost = true;
    this.fresh = false;
    this.before = undefined;
    this.encoder?.reset();
  }

  /** What the peer reports as lost, 0 to 1. */
  expectLoss(fraction: number): void {
    if (Math.abs(fraction - this.loss) < LOSSY) return;
    this.loss = fraction;
    this.encoder?.expectLoss?.(fraction);
  }

  close(): void {
    this.encoder?.close();
    this.encoder = undefined;
    this.before = undefined;
  }

  private ready(): Encoder {
    const encoder = (this.encoder ??= this.make());
    const { before } = this;
    if (before === undefined) return encoder;
    this.before = undefined;
    encoder.reset();
    // Of another rate it is no sound for this encoder.
    if (before.sampleRate === this.sampleRate) before.warm(encoder, this.lastBefore);
    return encoder;
  }

  private make(): Encoder {
    const encoder = this.kind.encoder(this.format, this.sampleRate);
    const most = encoder.maxBytes(this.samples);
    if (this.bytes.length < most) this.bytes = new Uint8Array(most);
    if (this.loss > 0) encoder.expectLoss?.(this.loss);
    return encoder;
  }
}

/**
 * How many packets of the same sound make two encoders alike. Those of G.722 hardly ever are: their adaptation
 * forgets too slowly, and for a fifth of a second the peer would hear 20 dB more noise.
 */
export function settlingPackets(recipe: Recipe): number {
  if (recipe.format.name === 'G722') return Infinity;
  return Math.ceil((SETTLING * recipe.sampleRate) / 1_000 / recipe.samples);
}

function keyOf(format: CodecFormat): string {
  const { name, clockRate, channels = 1, opus } = format;
  const plain = `${name}/${clockRate}/${channels}`;
  if (opus === undefined) return plain;
  const { maxPlaybackRate, maxAverageBitrate, stereo, useInbandFec, useDtx, cbr } = opus;
  return [plain, maxPlaybackRate, maxAverageBitrate, stereo, useInbandFec, useDtx, cbr].join(';');
}

const NO_BYTES = new Uint8Array(0);
