import type { Clock, TimerHandle } from '../../core/clock';

/** What waits in a {@link LingerQueue}: at most one at a time, since the links are its own members. */
export interface Lingering {
  /** The wait is over. Not called for one that has ended meanwhile. */
  onLingered(): void;
  readonly ended: boolean;
  /** For the queue. */
  lingersUntil: number;
  nextLingering: Lingering | undefined;
}

/** Above what the addition of milliseconds since the epoch can lose to rounding. */
const rounding = 0.01;

/**
 * Machines that all wait equally long (timers D, I, J, K, L, M): who came first leaves first, so one
 * timer serves tens of thousands, and none of them costs a timer, a closure or a list entry.
 */
export class LingerQueue {
  private first: Lingering | undefined;
  private last: Lingering | undefined;
  /** Spent, but not undefined, while {@link onTimer} runs: it arms the next one itself. */
  private timer: TimerHandle | undefined;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds that each waits. */
    readonly duration: number,
  ) {}

  add(machine: Lingering): void {
    machine.lingersUntil = this.clock.now() + this.duration;
    if (this.last === undefined) this.first = machine;
    else this.last.nextLingering = machine;
    this.last = machine;
    this.timer ??= this.clock.setTimeout(this.onTimer, this.duration);
  }

  /** Forgets all without telling them. */
  clear(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.first = undefined;
    this.last = undefined;
  }

  private readonly onTimer = (): void => {
    const due = this.clock.now() + rounding;
    let machine = this.first;
    while (machine !== undefined && machine.lingersUntil <= due) {
      this.first = machine.nextLingering;
      machine.nextLingering = undefined;
      if (this.first === undefined) this.last = undefined;
      if (!machine.ended) machine.onLingered();
      machine = this.first;
    }
    this.timer =
      machine === undefined
        ? undefined
        : this.clock.setTimeout(this.onTimer, Math.max(0, machine.lingersUntil - this.clock.now()));
  };
}
