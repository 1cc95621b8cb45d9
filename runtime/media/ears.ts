import type { Logger } from '../core/logger';
import type { FrameListener, FrameListenerOptions } from './frame-lane';
import { FrameLanes, makeLane } from './frame-lanes';
import type { FrameKind } from './jitter-buffer';
import type { RtpInput } from './rtp-input';

export type { FrameListener, FrameListenerOptions };

/** Samples of a frame: 20 ms at 8 kHz. */
export const FRAME = 160;

/** Frames: more than the jitter buffer holds as a rule. */
const MAX_DRAINED = 10;

/** A frame that was pulled before its time. */
interface EarlyFrame {
  readonly time: number;
  readonly kind: FrameKind;
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly keyDown: boolean;
}

/**
 * Who hears what a session receives: listeners at any sample rate. Pulls frames only while there is anyone, decoded
 * at the lowest rate that serves all of them.
 */
export class Ears {
  /** Silence in place of the peer, but for who hears him even then. */
  muted = false;
  private readonly lanes: FrameLanes;
  private lastTick = 0;
  private early: EarlyFrame[] = [];

  /** @param onChange called when somebody began or ceased to hear. */
  constructor(
    private readonly input: RtpInput,
    logger: Logger,
    onChange: () => void,
  ) {
    this.lanes = new FrameLanes(logger, () => {
      if (!this.open) this.early = [];
      input.listen(this.lanes.highestRate);
      onChange();
    });
  }

  /** Whether anybody hears. */
  get open(): boolean {
    return this.lanes.open;
  }

  /** Frames of 20 ms at `sampleRate`: 8 000, 16 000, 24 000 or 48 000. Returns what ends it. */
  listen(sampleRate: number, listener: FrameListener, options?: FrameListenerOptions): () => void {
    return this.lanes.listen(sampleRate, listener, options);
  }

  /** Hears the frame of a tick. */
  hear(time: number): void {
    this.lastTick = time;
    const { input } = this;
    const early = this.early.shift();
    const kind = early?.kind ?? input.pull(time);
    const { sampleRate, keyDown } = early ?? input;
    const veil = this.muted ? 'muted' : keyDown ? 'key' : 'none';
    this.lanes.tell(early?.samples ?? input.frame, sampleRate, time, kind, veil);
  }

  /**
   * Gives what has arrived and is still to be heard, with the ticks at which it will be, to a listener that is
   * about to leave: a recording ends with the last sound that has come, not with the last that was played out.
   * The others hear it in its time.
   */
  drain(
    sampleRate: number,
    listener: (frame: Int16Array, time: number) => void,
    period: number,
  ): void {
    if (!this.open || this.lastTick === 0) return;
    const lane = makeLane(sampleRate);
    for (let ahead = 0; ahead < MAX_DRAINED; ahead += 1) {
      const early = this.early[ahead] ?? this.pullEarly(this.lastTick + (ahead + 1) * period);
      if (early === undefined) return;
      if (this.muted) early.samples.fill(0);
      listener(lane.convert(early.samples, early.sampleRate, early.kind), early.time);
    }
  }

  private pullEarly(time: number): EarlyFrame | undefined {
    const { input } = this;
    if (input.buffered <= 0) return undefined;
    const kind = input.pull(time);
    const { frame, sampleRate, keyDown } = input;
    const early = { time, kind, samples: frame.slice(), sampleRate, keyDown };
    this.early.push(early);
    return early;
  }

  close(): void {
    this.lanes.clear();
    this.early = [];
    this.input.listen(0);
  }
}
