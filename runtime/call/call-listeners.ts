import type { CallEnd, CallEvent } from './port';

/** Who wants to hear of a call. What a listener throws is reported, and costs nobody else. */
export class CallListeners {
  private readonly ends = new Set<(end: CallEnd) => void>();
  /** Newest last. */
  private readonly events: ((event: CallEvent) => boolean)[] = [];

  constructor(private readonly report: (thrown: unknown) => void) {}

  onEnd(listener: (end: CallEnd) => void): () => void {
    // A function of its own, so that one listener can be added twice.
    const entry = (end: CallEnd): void => listener(end);
    this.ends.add(entry);
    return () => this.ends.delete(entry);
  }

  onEvent(listener: (event: CallEvent) => boolean): () => void {
    const entry = (event: CallEvent): boolean => listener(event);
    this.events.push(entry);
    return () => {
      const index = this.events.indexOf(entry);
      if (index >= 0) this.events.splice(index, 1);
    };
  }

  /** Tells all of them. */
  emit(event: CallEvent): void {
    for (const listener of [...this.events]) this.guard(() => listener(event));
  }

  /** Tells the newest first, until one takes it. */
  offer(event: CallEvent): boolean {
    for (const listener of [...this.events].reverse()) {
      if (listener(event)) return true;
    }
    return false;
  }

  /** Tells of the end and forgets everybody. */
  ended(end: CallEnd): void {
    const listeners = [...this.ends];
    this.ends.clear();
    this.events.length = 0;
    for (const listener of listeners) this.guard(() => listener(end));
  }

  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.report(error);
    }
  }
}
