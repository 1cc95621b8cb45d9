import type { Clock } from '../core/clock';
import type { CallFact, CallHappening, HappeningListener } from './happenings';

/** Tells those outside what happens with calls. Without a listener it does nothing. */
export class HappeningListeners {
  private listeners: readonly HappeningListener[] = [];
  private readonly waiting: CallHappening[] = [];
  private telling = false;

  /** @param report gets what a listener threw */
  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly report: (thrown: unknown) => void,
  ) {}

  /** Until the returned function is called. */
  add(listener: HappeningListener): () => void {
    // A function of its own, so that one listener can be added twice.
    const entry: HappeningListener = (happening) => listener(happening);
    this.listeners = [...this.listeners, entry];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
    };
  }

  tell(call: string, fact: CallFact): void {
    if (this.listeners.length === 0) return;
    this.waiting.push({ time: this.clock.now(), call, ...fact });
    // A listener that does something with the call causes another: each hears of this one first.
    if (this.telling) return;
    this.telling = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      for (const listener of this.listeners) this.guarded(listener, next);
    }
    this.telling = false;
  }

  private guarded(listener: HappeningListener, happening: CallHappening): void {
    try {
      listener(happening);
    } catch (error) {
      this.report(error);
    }
  }
}
