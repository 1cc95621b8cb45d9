import type { AnyStateMachine } from 'xstate';
import type { CallEnd, CallInfo, DialOptions, DialResult, TransferResult } from '../call/port';
import type { FlowResult } from '../flow/run-flow';
import type { MachineResult } from '../media/port';
import type { Prompt, PromptCatalog } from '../prompt/port';

/** What the caller does, one after the other. Durations are milliseconds; plain data, so that scripts can be written to files. */
export type CallerStep =
  /** Waits until this prompt begins; any prompt when absent. A call that ends first, or `timeout` (60 000), fails the test. */
  | { readonly type: 'hears'; readonly prompt?: Prompt; readonly timeout?: number }
  | { readonly type: 'presses'; readonly digits: string }
  /** Speaks for `duration`, 2 000; `text` is for the transcript. */
  | { readonly type: 'says'; readonly text: string; readonly duration?: number }
  | { readonly type: 'waits'; readonly duration: number }
  /** Waits until the flow is in this state. */
  | { readonly type: 'reaches'; readonly state: string; readonly timeout?: number }
  | { readonly type: 'holds' }
  | { readonly type: 'resumes' }
  | { readonly type: 'hangsUp' };

/** How somebody who is called behaves. */
export interface Callee {
  /** Before it answers, or refuses; 2 000. */
  readonly rings?: number;
  /** How long it talks, and then hangs up; 30 000. `caller` in `endedBy` comes from the caller's script. */
  readonly talks?: number;
  /** Instead of an answer. */
  readonly result?: Exclude<DialResult, { readonly type: 'answered' | 'cancelled' }>;
}

export interface SimulateOptions {
  /** The caller's script; behind its end, or without one, the caller stays on the line and is silent. */
  readonly caller?: readonly CallerStep[];
  /** When the call comes: `'2026-11-22T03:00'` (in `zone`, UTC when absent), or milliseconds since the epoch. */
  readonly at?: string | number;
  /** IANA, `Europe/Berlin`. */
  readonly zone?: string;
  /** Who calls whom: what differs from a call from `sip:caller@example.com` to the flow's own name. */
  readonly call?: Partial<Omit<CallInfo, 'started'>>;
  /** What a call that was placed into the flow was given. */
  readonly input?: unknown;
  readonly answeredBy?: MachineResult;
  /** Those who are dialled, by order of the dials; the last for all further ones. Nobody answers when absent. */
  readonly dial?: readonly Callee[] | ((request: DialOptions) => Callee);
  /** What transfers come to, by order; accepted when absent. */
  readonly transfer?: readonly TransferResult[];
  /** Who has answered, for `detectMachine`, by order; a human when absent. */
  readonly machine?: readonly MachineResult[];
  /**
   * The flow's own actors, by name: what each gives for its input, which may be a promise or throw. Those that are not
   * named run as they are, and virtual time stands while a promise of theirs is awaited.
   */
  readonly actors?: Readonly<Record<string, (input: never) => unknown>>;
  /** Prompts that cannot be had: their actors fail. */
  readonly broken?: readonly Prompt[];
  /** Recordings fail with this reason. */
  readonly recordingFails?: string;
  /** What prompts there are and how long they last; those of `./prompts` when absent, `false` for none. */
  readonly prompts?: PromptCatalog | string | false;
  /** Virtual milliseconds after which the caller gives up and hangs up; 600 000. */
  readonly limit?: number;
  /** A flow that fails gives a call with `result.type` `failed`, in place of a `SimulationError`. */
  readonly keepFailures?: boolean;
}

/** One line of a transcript. */
export type TranscriptEntry = { /** Milliseconds since the call came. */ readonly at: number } & (
  | { readonly type: 'caller'; readonly did: string }
  | { readonly type: 'state'; readonly state: string }
  /** What the caller hears; `text` is what is said, where it is known. */
  | {
      readonly type: 'prompt';
      readonly name: string;
      readonly text: string;
      readonly stopped?: number;
    }
  /** Answered, rings, dials, records, sends digits, …. */
  | { readonly type: 'call'; readonly did: string }
  | { readonly type: 'problem'; readonly message: string }
  | { readonly type: 'end'; readonly end: CallEnd }
);

/** A call that was simulated to its end. Works as a Jest snapshot by {@link transcript}. */
export interface SimulatedCall {
  /** The call as one reads it, a line each. */
  readonly transcript: string;
  readonly entries: readonly TranscriptEntry[];
  /** The states in order. */
  readonly path: readonly string[];
  /** Ids of the transitions that were taken: see `mapMachine`. */
  readonly transitions: readonly string[];
  /** Names of the prompts that were heard, in order. */
  readonly heard: readonly string[];
  readonly recordings: readonly { readonly path: string; readonly duration: number }[];
  readonly answered: boolean;
  readonly end: CallEnd;
  /** Milliseconds of virtual time. */
  readonly duration: number;
  readonly result: FlowResult;
  /** The machine's context at the end. */
  readonly context: unknown;
}

export type Simulate = (flow: AnyStateMachine, options?: SimulateOptions) => Promise<SimulatedCall>;
