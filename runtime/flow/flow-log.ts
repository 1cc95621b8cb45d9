/**
 * What a flow's machine was given in one call, in order: with it the call can be played again. Plain data; digits of
 * `sensitive` gathers, and those pressed in states that are tagged `sensitive`, are `***`.
 */
export type FlowLogEntry =
  /** The machine has taken an event: an outcome, the end of a time, or something that happened to the call. */
  | {
      readonly type: 'event';
      /** Milliseconds since the flow began. */
      readonly at: number;
      /** As XState names it, with all that it carries: `{ type: 'xstate.done.actor.0.reception.menu', output }`. */
      readonly event: { readonly type: string; readonly [key: string]: unknown };
      /** Of an actor's outcome: the name under which the flow has it, and which call actor it is. */
      readonly src?: string;
      readonly callActor?: string;
      /** Digits were taken out. */
      readonly redacted?: true;
      /** The state after it; absent when it is the same. */
      readonly state?: string;
    }
  /** The flow has asked `now()`, within the event that comes next: milliseconds since the epoch. */
  | { readonly type: 'time'; readonly at: number; readonly now: number };

/** One call's log. */
export interface FlowLog {
  /** Callchart's id of the call. */
  readonly call: string;
  /** ISO 8601: when the flow ended; the day decides on the file. */
  readonly ended: string;
  readonly flow: { readonly name: string; readonly version: string };
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** The machine's input. */
  readonly input: unknown;
  /** The state that it began in. */
  readonly initial: string;
  readonly entries: readonly FlowLogEntry[];
  /** Entries that were left out, because there were too many. */
  readonly omitted: number;
  readonly result: { readonly type: 'final' | 'left' | 'failed'; readonly state: string };
}
