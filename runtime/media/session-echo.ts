import type { Ears } from './ears';
import { FeedSource } from './feed-source';
import { frameRateFor } from './frame-feed';
import { FrameQueue } from './frame-queue';
import type { RtpOutput } from './rtp-output';

/** Frames that wait at most: a longest packet's worth. */
const FRAMES = 4;

/** Sends what a session hears back to its peer, for as long as anybody asks for it. */
export class SessionEcho {
  private wanted = 0;
  private deafen: (() => void) | undefined;

  constructor(
    private readonly ears: Ears,
    private readonly output: RtpOutput,
  ) {}

  /** Until the returned function is called. */
  begin(): () => void {
    this.wanted += 1;
    if (this.wanted === 1) this.open();
    let active = true;
    return () => {
      if (!active) return;
      active = false;
      this.wanted -= 1;
      if (this.wanted === 0) this.close();
    };
  }

  private open(): void {
    const rate = frameRateFor(this.output.sampleRate ?? 8_000);
    const queue = new FrameQueue(rate, FRAMES);
    this.deafen = this.ears.listen(rate, (frame, _time, kind) => {
      if (kind !== 'silence') queue.push(frame);
    });
    this.output.echo = new FeedSource(queue);
  }

  private close(): void {
    this.deafen?.();
    this.output.echo = undefined;
  }
}
