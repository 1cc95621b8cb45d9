import type { Clock, TimerHandle } from './clock';

interface VirtualTimer {
  readonly at: number;
  readonly order: number;
  callback: () => void;
  cancelled: boolean;
}

/**
 * A clock that moves only when told to. Timers fire in the order of their time, and of their
 * creation where times are equal, so a run is the same every time.
 */
export class VirtualClock implements Clock {
  private time: number;
  private order = 0;
  private live = 0;
  /** A binary heap, earliest first; cancelled timers stay until they surface. */
  private readonly heap: VirtualTimer[] = [];

  /** @param start what {@link now} says first, in milliseconds since the epoch. */
  constructor(start = Date.UTC(2026, 0, 5, 9, 0, 0)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  /** How many timers are set and neither fired nor cleared: zero when nothing leaks. */
  get pending(): number {
    return this.live;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    const wait = Number.isFinite(delay) && delay > 0 ? delay : 0;
    const timer: VirtualTimer = {
      at: this.time + wait,
      order: this.order++,
      callback,
      cancelled: false,
    };
    this.live += 1;
    this.push(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    const timer = handle as VirtualTimer | undefined;
    if (timer === undefined || timer.cancelled) return;
    timer.cancelled = true;
    // It stays in the heap for as long as it would have run: what it would have called must not.
    timer.callback = nothing;
    this.live -= 1;
  }

  /** The time of the next timer, or undefined when none is set. */
  nextAt(): number | undefined {
    let first = this.heap[0];
    while (first?.cancelled === true) {
      this.pop();
      first = this.heap[0];
    }
    return first?.at;
  }

  /** Moves time to the next timer and fires it; false when none is set. */
  next(): boolean {
    return this.fireNext(Infinity);
  }

  /** Moves time by `duration` milliseconds and fires what falls due, without letting promises settle. */
  advance(duration: number): void {
    const until = this.time + duration;
    while (this.fireNext(until));
    this.time = until;
  }

  /** Like {@link advance}, but lets promises settle before each timer and at the end. */
  async run(duration: number): Promise<void> {
    const until = this.time + duration;
    await settle();
    while (this.fireNext(until)) await settle();
    this.time = until;
  }

  /**
   * Runs until `done` says so. Throws when no timer is left or `limit` milliseconds have passed,
   * because then it never will.
   */
  async runUntil(done: () => boolean, limit = 600_000): Promise<void> {
    const until = this.time + limit;
    await settle();
    while (!done()) {
      if (!this.fireNext(until)) {
        throw new Error(
          `the condition did not come true within ${limit} ms of virtual time (${this.live} timers left)`,
        );
      }
      await settle();
    }
  }

  private fireNext(until: number): boolean {
    const at = this.nextAt();
    if (at === undefined || at > until) return false;
    const timer = this.pop();
    timer.cancelled = true;
    this.live -= 1;
    this.time = timer.at;
    timer.callback();
    return true;
  }

  private push(timer: VirtualTimer): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as VirtualTimer;
      if (!before(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  private pop(): VirtualTimer {
    const { heap } = this;
    const first = heap[0] as VirtualTimer;
    const last = heap.pop() as VirtualTimer;
    const size = heap.length;
    if (size === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (
        child + 1 < size &&
        before(heap[child + 1] as VirtualTimer, heap[child] as VirtualTimer)
      ) {
        child += 1;
      }
      const below = heap[child] as VirtualTimer;
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function nothing(): void {
  // Of a timer that was cleared.
}

function before(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when every promise that could settle by itself has done so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
