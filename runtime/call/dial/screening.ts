import type { Clock, TimerHandle } from '../../core/clock';
import type { PlayItem } from '../../core/audio';
import type { Playback } from '../../media/port';
import type { OutgoingLeg } from '../outgoing-leg';

export interface ScreeningOptions {
  /** What the callee is asked. */
  readonly items: readonly PlayItem[];
  /** The key that accepts; any other declines. */
  readonly accept: string;
  /** Milliseconds from the end of the question. */
  readonly timeout: number;
}

/** Asks a callee who has answered whether to put the caller through. */
export class Screening {
  private readonly playback: Playback | undefined;
  private timer: TimerHandle | undefined;
  private over = false;

  /** @param onVerdict told once, unless it is stopped before; never before this has returned. */
  constructor(
    private readonly clock: Clock,
    leg: OutgoingLeg,
    private readonly options: ScreeningOptions,
    private readonly onVerdict: (accepted: boolean) => void,
  ) {
    const wait = (): void => {
      if (this.over) return;
      this.timer = clock.setTimeout(() => this.decide(false), options.timeout);
    };
    this.playback = leg.leg.sound?.play(options.items);
    if (this.playback === undefined) wait();
    else void this.playback.done.then(wait);
  }

  press(digit: string): void {
    this.decide(digit === this.options.accept);
  }

  /** The callee has gone, or the call is taken. Idempotent. */
  stop(): void {
    this.over = true;
    this.clock.clearTimeout(this.timer);
    this.playback?.stop();
  }

  private decide(accepted: boolean): void {
    if (this.over) return;
    this.stop();
    this.onVerdict(accepted);
  }
}
