import type { Clock } from '../core/clock';

/** Milliseconds that work may take between two looks at sockets and timers. */
const TURN = 0.5;

interface Job {
  readonly step: () => boolean;
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

/** Of this thread, which has one event loop: all that waits takes its turns in it one after the other. */
const waiting: Job[] = [];

/**
 * Does work that no packet waits for: calls `step`, each time for a fraction of a millisecond of work, until it
 * returns true. Between two turns the event loop sends and receives; work of several takes turns.
 */
export function inBackground(clock: Clock, step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    waiting.push({ step, resolve, reject });
    if (waiting.length === 1) setImmediate(work, clock);
  });
}

function work(clock: Clock): void {
  const end = clock.now() + TURN;
  do {
    const job = waiting.shift();
    if (job === undefined) return;
    try {
      if (job.step()) job.resolve();
      else waiting.push(job);
    } catch (thrown) {
      job.reject(thrown);
    }
  } while (clock.now() < end);
  if (waiting.length > 0) setImmediate(work, clock);
}
