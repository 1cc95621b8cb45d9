import type { Clock, TimerHandle } from '../core/clock';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands where the log says, and whose timers go off only when they are asked to. */
export class ReplayClock implements Clock {
  private readonly timers = new Set<Timer>();

  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    const timer = { at: this.time + Math.max(0, delay), callback };
    this.timers.add(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    if (handle !== undefined) this.timers.delete(handle as Timer);
  }

  moveTo(time: number): void {
    this.time = Math.max(this.time, time);
  }

  /** Sets off the first timer that is due by `time`; false when there is none. */
  fire(time: number): boolean {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at <= time && (first === undefined || timer.at < first.at)) first = timer;
    }
    if (first === undefined) return false;
    this.timers.delete(first);
    this.moveTo(first.at);
    first.callback();
    return true;
  }
}
