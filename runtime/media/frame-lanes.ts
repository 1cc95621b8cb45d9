import type { Logger } from '../core/logger';
import { FrameLane, type FrameListener, type FrameListenerOptions, type Veil } from './frame-lane';
import type { FrameKind } from './jitter-buffer';
import { StreamResampler } from './resampler';

/** All who hear one side of a session, each at the sample rate it wants. */
export class FrameLanes {
  private lanes: readonly FrameLane[] = [];

  /** @param onChange called when somebody began or ceased to hear. */
  constructor(
    private readonly logger: Logger,
    private readonly onChange: () => void,
  ) {}

  /** Whether anybody hears. */
  get open(): boolean {
    return this.lanes.length > 0;
  }

  /** The lowest rate that serves all; 0 while nobody hears. */
  get highestRate(): number {
    let rate = 0;
    for (const lane of this.lanes) rate = Math.max(rate, lane.sampleRate);
    return rate;
  }

  /** Returns what ends it. */
  listen(sampleRate: number, listener: FrameListener, options?: FrameListenerOptions): () => void {
    let lane = this.lanes.find((each) => each.sampleRate === sampleRate);
    if (lane === undefined) {
      lane = makeLane(sampleRate);
      this.lanes = [...this.lanes, lane];
    }
    const taken = lane;
    const remove = taken.add(listener, options);
    this.onChange();
    return () => {
      remove();
      if (!taken.open) this.lanes = this.lanes.filter((each) => each !== taken);
      this.onChange();
    };
  }

  /** Lets all hear a frame of `sampleRate`. */
  tell(frame: Int16Array, sampleRate: number, time: number, kind: FrameKind, veil: Veil): void {
    const { lanes, logger } = this;
    for (let i = 0; i < lanes.length; i += 1) {
      const lane = lanes[i] as FrameLane;
      lane.tell(lane.convert(frame, sampleRate, kind), time, kind, veil, logger);
    }
  }

  clear(): void {
    this.lanes = [];
  }
}

/** One for a single listener. */
export function makeLane(sampleRate: number): FrameLane {
  return new FrameLane(sampleRate, (from, to) => new StreamResampler(from, to));
}
