import { FrameLane } from './frame-lane';
import type { FrameFeed } from './frame-feed';
import type { PacketCoder } from './packet-coder';
import type { PacketSource, SourceVerdict } from './packet-source';
import { StreamResampler } from './resampler';

/** Milliseconds that are kept at most: the longest packet, and two frames. */
const CAPACITY = 100;

/** Frames from outside on their way into packets: of any sample rate, and of a packet's length. */
export class FeedSource implements PacketSource {
  bytes: Uint8Array = NO_BYTES;
  readonly from = 0;
  length = 0;
  private readonly frame: Int16Array;
  private lane: FrameLane | undefined;
  private coder: PacketCoder | undefined;
  /** Samples that wait, at the coder's rate. */
  private queue = new Int16Array(0);
  private filled = 0;
  private pulledAt = 0;
  /** Behind something else that is heard. */
  private behind = false;

  constructor(private readonly feed: FrameFeed) {
    this.frame = new Int16Array(feed.sampleRate / 50);
  }

  next(coder: PacketCoder, time: number): SourceVerdict {
    this.behind = false;
    if (coder !== this.coder || coder.sampleRate !== this.lane?.sampleRate) this.tune(coder);
    if (this.pulledAt !== time) this.pull(time);
    const { samples } = coder;
    if (this.filled < samples) return 'nothing';
    this.length = coder.encode(this.queue);
    this.bytes = coder.bytes;
    this.filled -= samples;
    if (this.filled > 0) this.queue.copyWithin(0, samples, samples + this.filled);
    return this.length > 0 ? 'packet' : 'hold';
  }

  /** Takes the frame of a tick in which no packet was due. */
  endTick(time: number): void {
    if (!this.behind && this.lane !== undefined && this.pulledAt !== time) this.pull(time);
  }

  /** Something else is heard: what waits is old by the time that is over. */
  clear(): void {
    this.filled = 0;
    this.behind = true;
    this.feed.skip?.();
  }

  private tune(coder: PacketCoder): void {
    coder.tune(coder.rateFor(this.feed.sampleRate));
    this.coder = coder;
    this.lane = new FrameLane(coder.sampleRate, (from, to) => new StreamResampler(from, to));
    this.queue = new Int16Array((CAPACITY * coder.sampleRate) / 1_000);
    this.filled = 0;
  }

  private pull(time: number): void {
    this.pulledAt = time;
    const { lane, frame, feed } = this;
    if (lane === undefined || !feed.pull(frame, time)) return;
    const converted = lane.convert(frame, feed.sampleRate, 'audio');
    if (this.filled + converted.length > this.queue.length) this.filled = 0;
    this.queue.set(converted, this.filled);
    this.filled += converted.length;
  }
}

const NO_BYTES = new Uint8Array(0);
