import type { AnyActorRef } from 'xstate';

/** Thrown inside an actor that has been stopped; never reaches a flow. */
class StoppedError extends Error {
  constructor() {
    super('the actor was stopped');
  }
}

/** One for all, since it says nothing of its own and each call ends with some: a stack costs microseconds. */
const stopped = new StoppedError();

/** What a flow sends to one of its actors: `{ type: 'mute' }`. */
export interface ActorCommand {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Why an actor was stopped: its state was left, or its call is over. */
export type StopReason = 'left' | 'ended';

type Stopper = (error: StoppedError) => void;

/**
 * One running call actor: what must stop with it. Stopping is synchronous, so a prompt is silent before
 * the next state begins; whatever the actor still awaits is abandoned.
 */
export class Activity {
  reason: StopReason | undefined;
  /** Gets what the flow sends to the actor, as `sendTo` does, while it runs. */
  onEvent: ((event: ActorCommand) => void) | undefined;
  private stoppers: Stopper[] | undefined;

  /** @param actor the XState actor that this is the work of. */
  constructor(readonly actor: AnyActorRef) {}

  /** Stops all, once. */
  stop(reason: StopReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    const { stoppers } = this;
    this.stoppers = undefined;
    if (stoppers === undefined) return;
    for (const stopper of stoppers) stopper(stopped);
  }

  /** Called when the actor is stopped, at once if it is; it may be called after it has become pointless. */
  onStop(stopper: Stopper): void {
    if (this.reason !== undefined) stopper(stopped);
    else if (this.stoppers === undefined) this.stoppers = [stopper];
    else this.stoppers.push(stopper);
  }

  /** Like `promise`, but rejects when the actor is stopped first. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.onStop(reject);
      promise.then(resolve, reject);
    });
  }

  /** Settles when the actor is stopped, and never otherwise. */
  forever(): Promise<never> {
    return new Promise((_, reject) => {
      this.onStop(reject);
    });
  }

  /** The actor is done: forgets what it was tied to. */
  close(): void {
    this.onEvent = undefined;
    this.stoppers = undefined;
  }
}
