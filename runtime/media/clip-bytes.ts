import type { AudioClip } from '../core/audio';
import { ClipSound } from './clip-sound';
import type { Encoder } from './codec/port';
import type { Recipe } from './packet-coder';
import type { SharedEncoding } from './shared-encoding';

/**
 * A clip in a codec whose samples stand for themselves (G.711, L16): one row of bytes, of which any part is a
 * payload. It is encoded a second at a time, when that second is first asked for.
 */
export class ClipBytes {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Bytes of a sample. */
  readonly width: number;
  private readonly sound: ClipSound;
  private readonly encoder: Encoder;
  private readonly piece: number;
  private readonly done: Uint8Array;

  /** @param shared what another thread has made of the same. */
  constructor(clip: AudioClip, recipe: Recipe, shared?: SharedEncoding) {
    const { sampleRate } = recipe;
    this.key = recipe.key;
    this.sound = new ClipSound(clip, sampleRate);
    this.encoder = recipe.kind.encoder(recipe.format, sampleRate);
    this.width = this.encoder.maxBytes(1);
    this.piece = sampleRate;
    const size = this.width * this.sound.length;
    const own = shared?.type !== 'bytes' || shared.bytes.byteLength !== size;
    this.bytes = new Uint8Array(own ? new SharedArrayBuffer(size) : shared.bytes);
    const pieces = Math.ceil(this.sound.length / this.piece);
    this.done = new Uint8Array(own ? new SharedArrayBuffer(pieces) : shared.done);
  }

  get size(): number {
    return this.bytes.length;
  }

  /** All of it, for other threads: who comes first to a second of it encodes that. */
  share(clip: string): SharedEncoding {
    const { key, bytes, done } = this;
    return {
      ...{ type: 'bytes', clip, key },
      bytes: bytes.buffer as SharedArrayBuffer,
      done: done.buffer as SharedArrayBuffer,
    };
  }

  /** Samples. */
  get length(): number {
    return this.sound.length;
  }

  /**
   * Sees to it that `count` samples from `from` on are encoded. Returns up to which sample all are: until there,
   * nobody needs to ask.
   */
  prepare(from: number, count: number): number {
    const { piece, done } = this;
    const last = Math.floor((from + count - 1) / piece);
    for (let index = Math.floor(from / piece); index <= last; index += 1) {
      if (Atomics.load(done, index) === 0) this.encode(index);
    }
    return Math.min((last + 1) * piece, this.length);
  }

  private encode(index: number): void {
    const { sound, piece, encoder, bytes, width } = this;
    const from = index * piece;
    const count = Math.min(piece, sound.length - from);
    const { clip } = sound;
    if (clip.sampleRate === sound.sampleRate) {
      encoder.encode(clip.samples, from, count, bytes, from * width);
    } else {
      const pcm = new Int16Array(count);
      sound.read(from, count, pcm, 0);
      encoder.encode(pcm, 0, count, bytes, from * width);
    }
    // Two threads may have done it at once: they have written the same.
    Atomics.store(this.done, index, 1);
  }
}
