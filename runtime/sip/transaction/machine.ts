import type { TimerHandle } from '../../core/clock';
import type { MachineContext } from './context';
import type { Lingering } from './linger-queue';

/** What the four machines have in common: one timer, and the wait before the end. */
export abstract class Machine implements Lingering {
  lingersUntil = 0;
  nextLingering: Lingering | undefined = undefined;
  private timer: TimerHandle | undefined = undefined;

  constructor(protected readonly context: MachineContext) {}

  abstract readonly ended: boolean;
  /** The last timer of the machine fired: D, I, J, K, L or M. */
  abstract onLingered(): void;
  /** Drops the timer and forgets what it can, without a word to the transaction user. */
  abstract destroy(): void;

  protected startTimer(callback: () => void, delay: number): void {
    this.context.clock.clearTimeout(this.timer);
    this.timer = this.context.clock.setTimeout(callback, delay);
  }

  protected stopTimer(): void {
    if (this.timer === undefined) return;
    this.context.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/**
 * A machine that sends again at growing intervals until it gives up: timers A and B, E and F, G and H.
 * The two share one timer of the clock, set to whichever comes first.
 */
export abstract class RetransmittingMachine extends Machine {
  private interval = 0;
  private retransmitAt = Infinity;
  private giveUpAt = Infinity;

  /** @param interval the first one, or Infinity for none (reliable transports). */
  protected startRetransmitting(interval: number, giveUpAfter: number): void {
    const now = this.context.clock.now();
    this.interval = interval;
    this.retransmitAt = now + interval;
    this.giveUpAt = now + giveUpAfter;
    this.arm(now);
  }

  protected stopRetransmitting(): void {
    this.retransmitAt = Infinity;
    this.giveUpAt = Infinity;
    this.stopTimer();
  }

  /** Timer A, E or G fired: sends again. Returns the interval to the next time, or Infinity. */
  protected abstract onRetransmit(interval: number): number;
  /** Timer B, F or H fired. */
  protected abstract onGiveUp(): void;

  private arm(now: number): void {
    const at = Math.min(this.retransmitAt, this.giveUpAt);
    this.startTimer(() => this.onTimer(), at - now);
  }

  private onTimer(): void {
    if (this.giveUpAt <= this.retransmitAt) {
      this.stopRetransmitting();
      this.onGiveUp();
      return;
    }
    this.interval = this.onRetransmit(this.interval);
    // From when it fell due, not from now: a late timer does not delay the next one.
    this.retransmitAt += this.interval;
    this.arm(this.context.clock.now());
  }
}
