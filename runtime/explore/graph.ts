import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import type { CallActorName } from '../flow/actors';
import type { MachineMap } from '../flow/machine-map';

/** What happens in a call from one rest of its machine to the next. */
export interface Happening {
  readonly kind:
    | 'outcome'
    /** An actor fails: a prompt is missing, a server is down. */
    | 'failure'
    | 'timer'
    /** A call event, or one of the flow's own. */
    | 'event'
    /** The caller hangs up. */
    | 'hangup'
    /** The flow hangs up, rejects or redirects. */
    | 'ends'
    /** An actor that the end of the call stops. */
    | 'stopped';
  readonly event: AnyEventObject;
  /** As a sentence: `the caller presses 1`. */
  readonly words: string;
  /** Nobody has to do anything for it. */
  readonly silent: boolean;
  /** It is no way out of a state: something is broken or full. */
  readonly failure: boolean;
  /** The flow was given something made up: nobody knows what its own actor or event carries. */
  readonly guessed: boolean;
  readonly actor?: HappeningActor;
  /** Keys that the caller presses, an attempt each. */
  readonly keys?: readonly string[];
  /** What the caller says for it. */
  readonly says?: string;
}

export interface HappeningActor {
  readonly id: string;
  /** The name that the flow gave it. */
  readonly src: string;
  readonly callActor: CallActorName | undefined;
  readonly input: unknown;
}

/** A machine at rest in a call. */
export interface Rest {
  readonly index: number;
  readonly snapshot: AnyMachineSnapshot;
  /** As `stateName` has it. */
  readonly state: string;
  /** The innermost state that holds all of it: where a finding belongs. */
  readonly place: string;
  /** Which of the calls that are tried it is. */
  readonly call: { readonly input: unknown; readonly time: number; readonly words: string };
  /** The call is over. */
  readonly over: boolean;
  /** How many steps it takes to get here. */
  readonly depth: number;
  /** The first step that has led here: the shortest way. */
  readonly from: Step | undefined;
  /** Own actors that run; after the call they are what is waited for. */
  readonly busy: readonly string[];
  /** Those of them that do not end by themselves. */
  readonly lasting: readonly string[];
  /** Its steps are known. */
  explored: boolean;
  readonly steps: Step[];
}

/** One thing that can happen at a rest, and where it leads. */
export interface Step {
  readonly from: Rest;
  readonly happening: Happening;
  /** Undefined when the flow fails. */
  to: Rest | undefined;
  /** Ids of the transitions taken: see `mapMachine`. */
  readonly transitions: readonly string[];
  /** Why the flow fails. */
  readonly failure?: StepFailure;
}

export type StepFailure =
  /** `state`: where, as far as that is known. */
  | { readonly type: 'threw'; readonly error: unknown; readonly state: string }
  /** No choice, and no guard, for this outcome. */
  | { readonly type: 'unmatched'; readonly state: string }
  /** An actor failed, and nothing handles it. */
  | { readonly type: 'unhandled'; readonly state: string };

/** Something that was not looked at to its end. */
export interface Cap {
  readonly type: 'state' | 'total' | 'time';
  /** With `state`. */
  readonly state?: string;
  readonly limit: number;
}

/** All that can happen in a flow, as far as it was looked at. */
export interface Exploration {
  readonly map: MachineMap;
  readonly rests: readonly Rest[];
  /** The machine failed before it came to rest. */
  readonly stillborn: unknown;
  /** Names of states that were entered, if only in passing. */
  readonly reached: ReadonlySet<string>;
  /** Ids of transitions that were taken. */
  readonly taken: ReadonlySet<string>;
  readonly caps: readonly Cap[];
  /** Machines that it invokes, each with an input that it was given. */
  readonly children: readonly Exploration[];
}

/** The steps from the beginning to a rest. */
export function wayTo(rest: Rest): Step[] {
  const steps: Step[] = [];
  for (let at = rest.from; at !== undefined; at = at.from.from) steps.unshift(at);
  return steps;
}
