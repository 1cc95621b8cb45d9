import type { FrameFeed } from './frame-feed';

/** Frames between one tick and another, of which the oldest give way. */
export class FrameQueue implements FrameFeed {
  private readonly frames: Int16Array[];
  private first = 0;
  private count = 0;

  /** @param capacity frames that are kept at most. */
  constructor(
    readonly sampleRate: number,
    capacity: number,
  ) {
    this.frames = Array.from({ length: capacity }, () => new Int16Array(sampleRate / 50));
  }

  /** Takes in a frame; it is copied. */
  push(frame: Int16Array): void {
    const { frames } = this;
    if (this.count === frames.length) this.drop();
    (frames[(this.first + this.count) % frames.length] as Int16Array).set(frame);
    this.count += 1;
  }

  pull(frame: Int16Array): boolean {
    if (this.count === 0) return false;
    frame.set(this.frames[this.first] as Int16Array);
    this.drop();
    return true;
  }

  skip(): void {
    this.count = 0;
  }

  private drop(): void {
    this.first = (this.first + 1) % this.frames.length;
    this.count -= 1;
  }
}
