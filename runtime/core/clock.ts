/**
 * A cancellable timer, as a {@link Clock} hands it out. Opaque to everyone else.
 */
export type TimerHandle = object;

/**
 * The only source of time. The same object goes to XState (`createActor(machine, { clock })`), so a
 * whole server and its callers can run on one virtual clock.
 */
export interface Clock {
  /** Milliseconds since the epoch, with fractions; never goes backwards. */
  now(): number;
  /** Calls back once, `delay` milliseconds from now. */
  setTimeout(callback: () => void, delay: number): TimerHandle;
  /** Forgets a timer; an undefined or spent handle is fine. */
  clearTimeout(handle: TimerHandle | undefined): void;
}

/** The machine's clock: monotonic, and set to the wall clock when the process started. */
export class RealClock implements Clock {
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    return setTimeout(callback, delay);
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    clearTimeout(handle as NodeJS.Timeout | undefined);
  }
}
