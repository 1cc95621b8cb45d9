import type { CallControl } from '../call/port';

/** Another flow, which runs on a leg of a call while the call's own flow waits for it. */
export interface InnerFlow {
  /** Runs it; the machine's input is `{ call, input }`. A final state leaves the leg as it is. */
  run(call: CallControl, input: unknown): InnerRun;
  /** It will not be run any more. Idempotent. */
  end(): void;
}

export interface InnerRun {
  /** Never rejects. */
  readonly done: Promise<InnerResult>;
  /** Ends the flow, and leaves the leg as it is. False when the flow is over already. */
  release(): boolean;
}

export interface InnerResult {
  readonly type: 'final' | 'left' | 'failed' | 'replaced';
  /** What the machine's final state gives. */
  readonly output?: unknown;
  /** With `failed`. */
  readonly error?: unknown;
}

/** Finds a flow by its name; undefined when there is none. */
export type FindFlow = (name: string) => InnerFlow | undefined;
