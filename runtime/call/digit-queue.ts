import type { DigitQueue } from './port';

/** More than anybody types ahead; what comes beyond is lost, as at a full telephone. */
const longest = 64;

/** Digits on their way to whoever takes them, oldest waiting first. */
export class TypeAhead implements DigitQueue {
  private readonly waiting: string[] = [];
  /** Newest last. */
  private readonly listeners: ((digit: string, duration: number) => boolean)[] = [];

  /** @param otherwise is offered a digit that no listener takes, before it waits. */
  constructor(private readonly otherwise: (digit: string, duration: number) => boolean) {}

  /** A key was pressed, for `duration` milliseconds. */
  press(digit: string, duration: number): void {
    // From the newest on, and safe when a listener removes itself.
    for (let index = this.listeners.length - 1; index >= 0; index -= 1) {
      if (this.listeners[index]?.(digit, duration) === true) return;
    }
    if (this.otherwise(digit, duration)) return;
    if (this.waiting.length < longest) this.waiting.push(digit);
  }

  take(keys?: string): string | undefined {
    if (keys === undefined) return this.waiting.shift();
    const index = this.waiting.findIndex((digit) => keys.includes(digit));
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0];
  }

  peek(): string | undefined {
    return this.waiting[0];
  }

  clear(): void {
    this.waiting.length = 0;
  }

  listen(listener: (digit: string, duration: number) => boolean): () => void {
    // A function of its own, so that one listener can be added twice.
    const entry = (digit: string, duration: number): boolean => listener(digit, duration);
    this.listeners.push(entry);
    return () => {
      const index = this.listeners.indexOf(entry);
      if (index >= 0) this.listeners.splice(index, 1);
    };
  }
}
