import type { Logger } from '../core/logger';
import { FrameLane, type FrameListener, type FrameListenerOptions } from './frame-lane';
import type { FrameKind } from './jitter-buffer';
import { StreamResampler } from './resampler';
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
  private lanes: readonly FrameLane[] = [];
  private lastTick = 0;
  private early: EarlyFrame[] = [];

  /** @param onChange called when somebody began or ceased to hear. */
  constructor(
    private readonly input: RtpInput,
    private readonly logger: Logger,
    private readonly onChange: () => void,
  ) {}

  /** Whether anybody hears. */
  get open(): boolean {
    return this.lanes.length > 0;
  }

  /** Frames of 20 ms at `sampleRate`: 8 000, 16 000, 24 000 or 48 000. Returns what ends it. */
  listen(sampleRate: number, listener: FrameListener, options?: FrameListenerOptions): () => void {
    let lane = this.lanes.find((each) => each.sampleRate === sampleRate);
    if (lane === undefined) {
      lane = makeLane(sampleRate);
      this.lanes = [...this.lanes, lane];
    }
    const taken = lane;
    const remove = taken.add(listener, options);
    this.update();
    return () => {
      remove();
      if (!taken.open) this.lanes = this.lanes.filter((each) => each !== taken);
      this.update();
    };
  }

  private update(): void {
    let rate = 0;
    for (const lane of this.lanes) rate = Math.max(rate, lane.sampleRate);
    if (rate === 0) this.early = [];
    this.input.listen(rate);
    this.onChange();
  }

  /** Hears the frame of a tick. */
  hear(time: number): void {
    this.lastTick = time;
    const { input, lanes } = this;
    const early = this.early.shift();
    const kind = early?.kind ?? input.pull(time);
    const { sampleRate, keyDown } = early ?? input;
    const frame = early?.samples ?? input.frame;
    for (let i = 0; i < lanes.length; i += 1) {
      const lane = lanes[i] as FrameLane;
      lane.tell(lane.convert(frame, sampleRate, kind), time, kind, keyDown, this.logger);
    }
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
    this.lanes = [];
    this.early = [];
    this.input.listen(0);
  }
}

function makeLane(sampleRate: number): FrameLane {
  return new FrameLane(sampleRate, (from, to) => new StreamResampler(from, to));
}
