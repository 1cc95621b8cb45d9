import type { AnyEventObject } from 'xstate';
import type { DueAction } from './pure-machine';

/** A delayed event that has not come yet. */
export interface Timer {
  readonly id: string;
  readonly event: AnyEventObject;
  /** Milliseconds. */
  readonly delay: number;
  /** Which step began it: a later one is higher. */
  readonly since: number;
}

/** The timers after a step: those that it began, without those that it cancelled. */
export function timersAfter(timers: readonly Timer[], actions: readonly DueAction[]): Timer[] {
  const since = timers.reduce((most, timer) => Math.max(most, timer.since), -1) + 1;
  let left = [...timers];
  for (const { type, params } of actions) {
    if (type === 'xstate.cancel') {
      const cancelled: unknown =
        typeof params === 'object' && params !== null && 'sendId' in params ? params.sendId : '';
      left = left.filter(({ id }) => id !== cancelled);
    } else if (type === 'xstate.raise' && isRaise(params)) {
      const { id, event, delay } = params;
      const key = id ?? event.type;
      left = [...left.filter((timer) => timer.id !== key), { id: key, event, delay, since }];
    }
  }
  // Only the order counts, so that two ways to one rest are the same.
  const steps = [...new Set(left.map((timer) => timer.since))].sort((a, b) => a - b);
  return left.map((timer) => ({ ...timer, since: steps.indexOf(timer.since) }));
}

/** Those that may be the next to come: not before one that began no later and takes no longer. */
export function nextTimers(timers: readonly Timer[]): readonly Timer[] {
  return timers.filter(
    (timer) => !timers.some((other) => other.since <= timer.since && other.delay < timer.delay),
  );
}

interface Raise {
  readonly id?: string | undefined;
  readonly event: AnyEventObject;
  readonly delay: number;
}

function isRaise(params: unknown): params is Raise {
  return (
    typeof params === 'object' &&
    params !== null &&
    'delay' in params &&
    'event' in params &&
    typeof params.delay === 'number'
  );
}
