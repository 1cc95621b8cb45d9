import type { Clock } from '../../core/clock';
import { trace } from '../../core/trace';
import { LingerQueue } from './linger-queue';
import type { TransactionTimers } from './timers';

/** What all machines of one table share. */
export interface MachineContext {
  readonly clock: Clock;
  readonly timers: TransactionTimers;
  /** Timers J, L, M: 64*T1. */
  readonly lingerLifetime: LingerQueue;
  /** Timer D. */
  readonly lingerD: LingerQueue;
  /** Timers I and K: T4. */
  readonly lingerT4: LingerQueue;
}

export function createContext(clock: Clock, timers: TransactionTimers): MachineContext {
  return {
    clock,
    timers,
    lingerLifetime: new LingerQueue(clock, timers.l),
    lingerD: new LingerQueue(clock, timers.d),
    lingerT4: new LingerQueue(clock, timers.i),
  };
}

/** Counts something that no machine wanted. */
export function drop(context: { readonly clock: Clock }, reason: string, detail: string): void {
  if (!trace.drop.active) return;
  trace.drop.publish({ time: context.clock.now(), layer: 'transaction', reason, detail });
}
