/** Thrown inside an actor that has been stopped; never reaches a flow. */
class StoppedError extends Error {
  constructor() {
    super('the actor was stopped');
  }
}

/** Why an actor was stopped: its state was left, or its call is over. */
export type StopReason = 'left' | 'ended';

/**
 * One running call actor: what must stop with it. Stopping is synchronous, so a prompt is silent before
 * the next state begins; whatever the actor still awaits is abandoned.
 */
export class Activity {
  reason: StopReason | undefined;
  private stoppers: (() => void)[] = [];

  /** @param signal XState's own, for this one actor: it goes with it, so the listener need not be removed. */
  constructor(signal: AbortSignal) {
    if (signal.aborted) this.reason = 'left';
    else signal.onabort = () => this.stop('left');
  }

  /** Stops all, once. */
  stop(reason: StopReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    const { stoppers } = this;
    this.stoppers = [];
    for (const stopper of stoppers) stopper();
  }

  /** Called when the actor is stopped, at once if it is; the returned function forgets it. */
  onStop(stopper: () => void): () => void {
    if (this.reason !== undefined) {
      stopper();
      return () => undefined;
    }
    this.stoppers.push(stopper);
    return () => {
      const index = this.stoppers.indexOf(stopper);
      if (index >= 0) this.stoppers.splice(index, 1);
    };
  }

  /** Like `promise`, but rejects when the actor is stopped first. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = this.onStop(() => reject(new StoppedError()));
      promise.then(
        (value) => {
          forget();
          resolve(value);
        },
        (error: unknown) => {
          forget();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  /** Settles when the actor is stopped, and never otherwise. */
  forever(): Promise<never> {
    return new Promise((_, reject) => {
      this.onStop(() => reject(new StoppedError()));
    });
  }

  /** The actor is done: forgets what it was tied to. */
  close(): void {
    this.stoppers = [];
  }
}
