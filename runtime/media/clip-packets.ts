import type { ClipSound } from './clip-sound';
import type { Encoder } from './codec/port';
import { settlingPackets, type Recipe } from './packet-coder';
import type { SharedEncoding } from './shared-encoding';

/** A length that no packet has: it is not encoded yet. */
const UNKNOWN = 0xffff;
/** Milliseconds of payloads that bring every decoder to the same state, whatever it heard before. */
const FOLLOWED = 400;
/** Bytes to begin with. */
const FIRST_SIZE = 2_048;

/** An encoder that is ready for the packet `next`. */
export interface Cursor {
  readonly packets: ClipPackets;
  readonly encoder: Encoder;
  next: number;
}

/** Where encoders come from: a few are kept open. */
export interface Cursors {
  /** The one that is ready for the packet; otherwise a new one. */
  cursorFor(packets: ClipPackets, index: number): Cursor;
  /** All of it is encoded. */
  onWhole(packets: ClipPackets): void;
  /** It takes so many more bytes. */
  onGrown(packets: ClipPackets, bytes: number): void;
}

/**
 * A clip in a codec that remembers (G.722, Opus), as the packets in which all calls send it. The whole packets begin
 * `phase` samples into the clip, where the first one begins after what was played before. A packet is encoded when
 * a call comes to it for the first time, which costs that call no more than it would alone.
 */
export class ClipPackets implements Recipe {
  readonly kind;
  readonly format;
  readonly key: string;
  readonly sampleRate: number;
  readonly samples: number;
  /** Whole packets. */
  readonly count: number;
  /** The payloads, in no order; grows by being replaced. */
  bytes: Uint8Array = NO_BYTES;
  private offsets: Uint32Array;
  private lengths: Uint16Array;
  private filled = 0;
  private left: number;
  private readonly settling: number;
  private readonly followed: number;
  private pcm: Int16Array | undefined;

  constructor(
    private readonly sound: ClipSound,
    recipe: Recipe,
    readonly phase: number,
    private readonly cursors: Cursors,
  ) {
    this.kind = recipe.kind;
    this.format = recipe.format;
    this.key = recipe.key;
    this.sampleRate = recipe.sampleRate;
    this.samples = recipe.samples;
    this.count = Math.max(0, Math.floor((sound.length - phase) / recipe.samples));
    this.offsets = new Uint32Array(this.count);
    this.lengths = new Uint16Array(this.count).fill(UNKNOWN);
    this.left = this.count;
    this.settling = settlingPackets(recipe);
    this.followed = Math.ceil((FOLLOWED * recipe.sampleRate) / 1_000 / recipe.samples);
  }

  get size(): number {
    return this.bytes.length + 6 * this.count;
  }

  get whole(): boolean {
    return this.left === 0;
  }

  /** Where the payload of a packet begins, and how long it is: 0 when it is none (DTX). */
  offsetOf(index: number): number {
    return this.offsets[index] as number;
  }

  lengthOf(index: number): number {
    if (this.lengths[index] === UNKNOWN) this.encode(index);
    return this.lengths[index] as number;
  }

  /** Leads a new encoder up to the packet `last`, so that it can go on behind it. */
  warm(encoder: Encoder, last: number): void {
    if (encoder.follow === undefined) {
      const scratch = scratchFor(encoder.maxBytes(this.samples));
      for (let index = Math.max(0, last + 1 - this.settling); index <= last; index += 1) {
        this.encodeWith(encoder, index, scratch);
      }
      return;
    }
    const { samples, bytes } = this;
    for (let index = Math.max(0, last + 1 - this.followed); index <= last; index += 1) {
      const length = this.lengths[index] as number;
      if (length === UNKNOWN) continue;
      encoder.follow(this.soundOf(index), 0, samples, bytes, this.offsetOf(index), length);
    }
  }

  private encode(index: number): void {
    const cursor = this.cursors.cursorFor(this, index);
    const { encoder } = cursor;
    const scratch = scratchFor(encoder.maxBytes(this.samples));
    if (cursor.next !== index && encoder.follow !== undefined && this.knows(index - 1)) {
      this.warm(encoder, index - 1);
    } else if (cursor.next !== index) {
      const from = Math.max(0, index - this.settling);
      for (let before = from; before < index; before += 1) {
        const length = this.encodeWith(encoder, before, scratch);
        // From the clip's beginning on it is what it would be in any case.
        if (from === 0 && this.lengths[before] === UNKNOWN) this.keep(before, scratch, length);
      }
    }
    this.keep(index, scratch, this.encodeWith(encoder, index, scratch));
    cursor.next = index + 1;
    if (this.whole) this.finish();
  }

  private encodeWith(encoder: Encoder, index: number, out: Uint8Array): number {
    return encoder.encode(this.soundOf(index), 0, this.samples, out, 0);
  }

  private knows(index: number): boolean {
    return index >= 0 && this.lengths[index] !== UNKNOWN;
  }

  private soundOf(index: number): Int16Array {
    const { samples } = this;
    const pcm = (this.pcm ??= new Int16Array(samples));
    this.sound.read(this.phase + index * samples, samples, pcm, 0);
    return pcm;
  }

  private keep(index: number, payload: Uint8Array, length: number): void {
    const end = this.filled + length;
    if (end > this.bytes.length) {
      this.replace(new Uint8Array(Math.max(end, 2 * this.bytes.length, FIRST_SIZE)));
    }
    for (let i = 0; i < length; i += 1) this.bytes[this.filled + i] = payload[i] as number;
    this.offsets[index] = this.filled;
    this.lengths[index] = length;
    this.filled = end;
    this.left -= 1;
  }

  /** All of it, for other threads; once it is {@link whole}. */
  share(clip: string): SharedEncoding {
    const { key, sampleRate, samples, phase, bytes, offsets, lengths } = this;
    return {
      ...{ type: 'packets', clip, key, sampleRate, samples, phase },
      bytes: bytes.buffer as SharedArrayBuffer,
      offsets: sharedCopy(new Uint8Array(offsets.buffer)).buffer as SharedArrayBuffer,
      lengths: sharedCopy(new Uint8Array(lengths.buffer)).buffer as SharedArrayBuffer,
    };
  }

  /** Takes over what another thread has shared; false when it is of something else. */
  adopt(shared: SharedEncoding): boolean {
    if (shared.type !== 'packets' || this.left !== this.count) return false;
    if (shared.lengths.byteLength !== this.lengths.byteLength) return false;
    this.offsets = new Uint32Array(shared.offsets);
    this.lengths = new Uint16Array(shared.lengths);
    this.bytes = new Uint8Array(shared.bytes);
    this.filled = this.bytes.length;
    this.left = 0;
    return true;
  }

  /** What is whole may be read by other threads. */
  private finish(): void {
    this.replace(new Uint8Array(new SharedArrayBuffer(this.filled)));
    this.pcm = undefined;
    this.cursors.onWhole(this);
  }

  private replace(bytes: Uint8Array): void {
    const before = this.bytes.length;
    bytes.set(this.bytes.subarray(0, this.filled));
    this.bytes = bytes;
    this.cursors.onGrown(this, bytes.length - before);
  }
}

function sharedCopy(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}

let shared = new Uint8Array(0);

/** What is encoded goes through here: a thread does one thing at a time. */
function scratchFor(size: number): Uint8Array {
  if (shared.length < size) shared = new Uint8Array(size);
  return shared;
}

const NO_BYTES = new Uint8Array(0);
