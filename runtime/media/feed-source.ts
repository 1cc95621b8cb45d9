import { encodeG711 } from './codec/g711';
import type { FrameFeed } from './frame-feed';
import type { PacketSource } from './packet-source';
import type { CodecName } from './port';

const FRAME = 160;
/** Samples: more than the longest packet and a frame. */
const CAPACITY = 1_280;

/** Frames from outside on their way into packets. */
export class FeedSource implements PacketSource {
  readonly bytes = new Uint8Array(CAPACITY);
  readonly from = 0;
  private readonly ring = new Int16Array(CAPACITY);
  private readonly frame: Int16Array;
  private filled = 0;
  private pulledAt = 0;
  /** Behind something else that is heard. */
  private behind = false;

  constructor(private readonly feed: FrameFeed) {
    this.frame = new Int16Array(feed.sampleRate / 50);
  }

  next(codec: CodecName, count: number, time: number): boolean {
    this.behind = false;
    if (this.pulledAt !== time) this.pull(time);
    if (this.filled < count) return false;
    encodeG711(codec, this.ring, 0, count, this.bytes, 0);
    this.ring.copyWithin(0, count, this.filled);
    this.filled -= count;
    return true;
  }

  /** Takes the frame of a tick in which no packet was due. */
  endTick(time: number): void {
    if (!this.behind && this.pulledAt !== time) this.pull(time);
  }

  /** Something else is heard: what waits is old by the time that is over. */
  clear(): void {
    this.filled = 0;
    this.behind = true;
  }

  private pull(time: number): void {
    this.pulledAt = time;
    if (!this.feed.pull(this.frame, time)) return;
    if (this.filled + FRAME > CAPACITY) this.filled = 0;
    for (let i = 0; i < FRAME; i += 1) this.ring[this.filled + i] = this.frame[i] as number;
    this.filled += FRAME;
  }
}
