import type { CodecName } from './port';

/** Where the payloads of outgoing packets come from. */
export interface PacketSource {
  /** The payload that {@link next} found: its `count` bytes begin at {@link from}. */
  readonly bytes: Uint8Array;
  readonly from: number;
  /**
   * Moves on by `count` samples, which are `count` bytes of G.711; false when there is nothing to send. `time`
   * is that of the tick.
   */
  next(codec: CodecName, count: number, time: number): boolean;
}

/** Sound that was received, on its way back: a few frames, of which the oldest give way. */
export class EchoSource implements PacketSource {
  readonly bytes = new Uint8Array(CAPACITY);
  readonly from = 0;
  private readonly ring = new Uint8Array(CAPACITY);
  private filled = 0;

  /** Takes in the encoded bytes of one frame. */
  push(frame: Uint8Array): void {
    const surplus = this.filled + frame.length - CAPACITY;
    if (surplus > 0) this.drop(surplus);
    this.ring.set(frame, this.filled);
    this.filled += frame.length;
  }

  next(_codec: CodecName, count: number): boolean {
    if (this.filled < count) return false;
    for (let i = 0; i < count; i += 1) this.bytes[i] = this.ring[i] as number;
    this.drop(count);
    return true;
  }

  private drop(count: number): void {
    this.ring.copyWithin(0, count, this.filled);
    this.filled -= count;
  }
}

/** Bytes: 160 ms, more than the longest packet. */
const CAPACITY = 1_280;
