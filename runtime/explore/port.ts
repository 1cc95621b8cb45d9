import type { CallScript } from './call-script';

/** What `callchart check` can find, by the id that suppressions and SARIF name. */
export type FindingId =
  | 'flow-invalid'
  | 'unreachable-state'
  | 'dead-end'
  | 'endless-loop'
  | 'missing-outcome'
  | 'no-on-error'
  | 'menu-keys'
  | 'prompt-missing'
  | 'prompt-unused'
  | 'hangup-unsettled'
  | 'context-not-serialisable'
  | 'inline-actor'
  | 'flow-throws'
  | 'sample-needed'
  | 'allow-unused'
  | 'exploration-capped';

/** Notes are for the reader: they are no findings, and change no exit status. */
export type Severity = 'error' | 'warning' | 'note';

/** One thing that is wrong with a flow, or that one should know of its check. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** The flow's name; undefined for what belongs to no single one. */
  readonly flow: string | undefined;
  /** As it is shown: relative to the working directory where it is below it. */
  readonly file: string;
  /** Of the state in the file, from 1; undefined where it is not written there as such. */
  readonly line: number | undefined;
  /** `menu`, `asking.welcome`; '' for the machine itself. */
  readonly state: string;
  /** What is wrong, as one sentence. */
  readonly message: string;
  readonly remedy: string;
  /** The shortest call that gets there; undefined where none does, or none is needed. */
  readonly call: ShortestCall | undefined;
  /** Why the flow says that it is meant so: `meta: { allow: { 'dead-end': '…' } }`. */
  readonly allowed: string | undefined;
}

/** A call from its beginning to what is wrong. */
export interface ShortestCall {
  /** In words: `the caller presses 1`. */
  readonly words: readonly string[];
  /** The states that it rests in, in order. */
  readonly path: readonly string[];
  /** As options for `simulate`: what the caller does, and what actors are given. */
  readonly script: CallScript;
}
