import type { AnyStateMachine } from 'xstate';
import type { CallEnd, CallInfo, DialOptions, DialResult, TransferResult } from '../call/port';
import type { FlowLog } from '../flow/flow-log';
import type { FlowResult } from '../flow/run-flow';
import type { MachineResult } from '../media/port';
import type { Prompt, PromptCatalog } from '../prompt/port';
import type { WebFailure } from '../web/port';
import type { StreamFailure } from '../stream/port';

/** What the caller does, one after the other. Durations are milliseconds; plain data, so that scripts can be written to files. */
export type CallerStep =
  /** Waits until this prompt begins; any prompt when absent. A call that ends first, or `timeout` (60 000), fails the test. */
  | { readonly type: 'hears'; readonly prompt?: Prompt; readonly timeout?: number }
  | { readonly type: 'presses'; readonly digits: string }
  /** Speaks for `duration`, 2 000; a `gather` that listens to speech understands `text`, '' is a noise. */
  | { readonly type: 'says'; readonly text: string; readonly duration?: number }
  | { readonly type: 'waits'; readonly duration: number }
  /** Waits until the flow is in this state. */
  | { readonly type: 'reaches'; readonly state: string; readonly timeout?: number }
  | { readonly type: 'holds' }
  | { readonly type: 'resumes' }
  | { readonly type: 'hangsUp' };

/** How somebody who is called behaves. */
export interface Callee {
  /**
   * Before it answers, or refuses; 2 000, of one who is `unreachable` 0, of one with `noAnswer` for as long as the
   * flow lets it ring. One who rings longer than that does not answer.
   */
  readonly rings?: number;
  /** How long it talks, and then hangs up; 30 000, `Infinity` until somebody else ends it. */
  readonly talks?: number;
  /** Instead of an answer. */
  readonly result?: Exclude<DialResult, { readonly type: 'answered' | 'cancelled' }>;
  /** The key that it presses when it is asked (`screening`), a second after the question; the one that accepts. `false`: none. */
  readonly presses?: string | false;
  /** What it does while a flow of its own runs (`whisper`), as a caller does; it listens and is silent when absent. */
  readonly whisper?: readonly CallerStep[];
  /** It sends sound of its own before it answers; false. */
  readonly earlyMedia?: boolean;
  /** Who or what ends the talk after {@link talks}; `callee`. */
  readonly endsBy?: 'callee' | 'transfer' | 'system';
}

/** Whom the caller meets in a conference. Times are milliseconds from when he comes. */
export interface ConferenceScene {
  /** How many are there already; 1. With as many as `maxParties` it is full. */
  readonly others?: number;
  /** When somebody else comes, and when somebody goes. */
  readonly joins?: readonly number[];
  readonly leaves?: readonly number[];
  /** When somebody whose leaving ends it (`endOnExit`) leaves; never when absent. */
  readonly ends?: number;
  /** When somebody takes the caller out from outside; never when absent. */
  readonly kicks?: number;
}

/** What happens while the caller waits in a queue, or serves one. Times are milliseconds from when he comes. */
export interface QueueScene {
  /** When somebody serves him, or comes to be served; 5 000, `Infinity` never. */
  readonly comes?: number;
  /** How many wait already; 0. With as many as `maxSize` it is full. */
  readonly ahead?: number;
  /** When each of those goes. */
  readonly moves?: readonly number[];
  /** It is full, whatever its size. */
  readonly full?: boolean;
  /** What is told of it; 0. */
  readonly averageWait?: number;
  /** Of one whom he serves: how long he has waited, 20 000, and what his flow has given. */
  readonly waitedBefore?: number;
  readonly data?: unknown;
  /** How long both talk, until the other hangs up; 30 000, `Infinity` until somebody else ends it. */
  readonly talks?: number;
  /** Who or what ends the talk after {@link talks}; `other`. */
  readonly endsBy?: 'other' | 'transfer' | 'system';
}

/** What the app of a stream does. Times are milliseconds from when it has taken the stream. */
export interface StreamScene {
  /** How long it takes until it has taken the stream; 100. */
  readonly after?: number;
  /** It cannot be had, for this reason. */
  readonly fails?: StreamFailure;
  /** What the caller hears of it; `hears({ say: text })` waits for that. */
  readonly says?: readonly { readonly at: number; readonly text: string }[];
  /** Messages of its own, for the machine: `stream.message`. */
  readonly sends?: readonly { readonly at: number; readonly message: unknown }[];
  /** When it ends the stream, and when its connection breaks; never when absent. */
  readonly ends?: number;
  readonly breaks?: number;
}

/** What is asked of a web app. */
export interface WebQuestion {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the body is as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** What a web app answers, or why it does not, `after` so many milliseconds; 100, of `timeout` when the flow gives up. */
export type WebScene =
  | {
      /** 200. */
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A text as it is, anything else as JSON; none when absent. */
      readonly body?: unknown;
      readonly after?: number;
    }
  | { readonly fails: WebFailure; readonly after?: number };

/** What a transfer comes to, `after` so many milliseconds; 2 000, of `noNotify` the flow's own timeout. */
export type TransferScene = TransferResult & { readonly after?: number };

/** What an actor comes to: as if nothing were said, this, an error, or nothing until its state is left. */
export type GivenOutcome =
  'runs' | { readonly gives: unknown } | { readonly fails: string } | 'waits';

export interface SimulateOptions {
  /** The caller's script; behind its end, or without one, the caller stays on the line and is silent. */
  readonly caller?: readonly CallerStep[];
  /**
   * When the call comes: `'2026-11-22T03:00'` or `'Sunday 03:00'` (in `zone`, UTC when absent), or milliseconds since
   * the epoch. Monday, 5 January 2026, 09:00 UTC when absent; the days of the week are those of that week.
   */
  readonly at?: string | number;
  /** IANA, `Europe/Berlin`. */
  readonly zone?: string;
  /** Who calls whom: what differs from a call from `sip:caller@example.com` to the flow's own name. */
  readonly call?: Partial<Omit<CallInfo, 'started'>>;
  /** What a call that was placed into the flow was given. */
  readonly input?: unknown;
  readonly answeredBy?: MachineResult;
  /**
   * Those who are called, in the order in which they are: each target of each dial is one. The last stands for all
   * further ones. Nobody answers when absent.
   */
  readonly dial?: readonly Callee[] | ((target: string, request: DialOptions) => Callee);
  /** Flows that callees hear before both talk (`whisper`), by their names. */
  readonly flows?: Readonly<Record<string, AnyStateMachine>>;
  /** What transfers come to, by order, the last for all further ones; accepted when absent. */
  readonly transfer?: readonly TransferScene[];
  /** Who is in the conferences that the caller enters, by order, the last for all further ones. */
  readonly conference?: readonly ConferenceScene[];
  /** What happens in the queues that the caller waits in or serves, by order, the last for all further ones. */
  readonly queue?: readonly QueueScene[];
  /** What the apps of streams do, by order, the last for all further ones; they listen for ever when absent. */
  readonly stream?: readonly StreamScene[];
  /**
   * What web apps answer to `webhook` and to routes of documents, retries and redirects included: by order, the last for
   * all further ones, or by the question. Nobody listens when absent. Nothing is sent.
   */
  readonly web?: readonly WebScene[] | ((question: WebQuestion) => WebScene | Promise<WebScene>);
  /** False for a phone that can hear nothing before the answer: it gets a 180 in place of a 183. */
  readonly earlyMedia?: boolean;
  /** Who has answered, for `detectMachine`, by order, the last for all further ones; a human, after 1.5 s, when absent. */
  readonly machine?: readonly MachineResult[];
  /**
   * The flow's own actors, by name: what each gives for its input, which may be a promise or throw. Those that are not
   * named run as they are, and virtual time stands while a promise of theirs is awaited.
   */
  readonly actors?: Readonly<Record<string, (input: never) => unknown>>;
  /**
   * Actors that do not run but come to this, by the state that invokes them (or by the id of the invoke, where it has
   * several), one for each time that it is entered; behind the end they run. For what no caller can bring about.
   */
  readonly outcomes?: Readonly<Record<string, readonly GivenOutcome[]>>;
  /** Prompts that cannot be had: their actors fail. */
  readonly broken?: readonly Prompt[];
  /** Recordings fail with this reason. */
  readonly recordingFails?: string;
  /** Milliseconds of real time that an actor of the flow's own, or a function `web`, may take to settle; 5 000. */
  readonly actorTimeout?: number;
  /**
   * Where the prompts are, and the configuration's `prompts.language` and `prompts.fallback`: what they say and how
   * long they last is read from there, and one that is missing fails as in a call. `prompts` when absent, if there is
   * such a folder; `false` takes any name for a prompt of two seconds; tools may give a catalog that they have open.
   */
  readonly prompts?:
    | string
    | false
    | PromptCatalog
    | {
        readonly directory?: string;
        readonly language?: string;
        readonly fallback?: readonly string[];
      };
  /** How many milliseconds what is fetched lasts, by its URL; 2 000. Nothing is fetched. */
  readonly urls?: Readonly<Record<string, number>>;
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
  readonly heardPrompts: readonly Prompt[];
  /** The targets of all dials, in order. */
  readonly dialled: readonly string[];
  readonly recordings: readonly { readonly path: string; readonly duration: number }[];
  readonly answered: boolean;
  readonly end: CallEnd;
  /** Milliseconds from when the call came to its end; the flow may go on for a little after that. */
  readonly duration: number;
  readonly result: FlowResult;
  /** What the machine was given, as a server keeps it of each call; its flow has the version `simulated`. */
  readonly log: FlowLog;
  /** The machine's context at the end. */
  readonly context: unknown;
}

export type Simulate = (flow: AnyStateMachine, options?: SimulateOptions) => Promise<SimulatedCall>;
