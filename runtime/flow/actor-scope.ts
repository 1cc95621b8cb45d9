import type { CallControl, CallEvent } from '../call/port';
import type { Clock } from '../core/clock';
import type { MediaStreams } from '../stream/port';
import type { WebClient } from '../web/port';
import type { Activity } from './activity';
import type { FindFlow } from './inner-flow';

/** What the live actors need besides the call. */
export interface LiveActorServices {
  readonly clock: Clock;
  /** Deletes a recording that was too short to keep. */
  readonly removeFile: (path: string) => Promise<void>;
  /** Asks web servers; without it `webhook` and documents are not available. */
  readonly web?: WebClient | undefined;
  /** Keys that `webhook` signs with; without any it does not. */
  readonly signingKeys?: readonly string[] | undefined;
  /** Without it `stream` is not available. */
  readonly streams?: MediaStreams | undefined;
  /** Flows for other legs of the call; without it there are none. */
  readonly findFlow?: FindFlow | undefined;
}

/** What one running actor works with. */
export interface ActorScope extends LiveActorServices {
  readonly call: CallControl;
  readonly activity: Activity;
  /** Tells the flow's machine; returns whether it took the event. */
  readonly emit: (event: CallEvent) => boolean;
}

/** Resolves after `duration` milliseconds of the scope's clock. */
export function delay({ clock, activity }: ActorScope, duration: number): Promise<void> {
  return activity.until(
    new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, duration);
      activity.onStop(() => clock.clearTimeout(timer));
    }),
  );
}

/** Answers if need be, also out of early media, where a prompt alone would not. */
export async function answered({ call, activity }: ActorScope): Promise<void> {
  if (call.state !== 'answered') await activity.until(call.answer());
}
