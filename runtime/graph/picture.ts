import type { StateMap } from '../flow/machine-map';

/** A flow as it is drawn, before anything has a place: what stands on its states and on its arrows. */
export interface Picture {
  /** What the flow is called. */
  readonly title: string;
  /** One paragraph for those who do not see the picture. */
  readonly description: string;
  /** Parents first. The machine itself is the first, and has a box of its own when {@link Box.drawn} says so. */
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** Lines for the corner: what an overlay has found. */
  readonly notes: readonly string[];
  /** Further rows of the legend: what an overlay means. */
  readonly marks: readonly { readonly mark: Mark; readonly text: string }[];
}

/** What a state does, as its sign and its colour. */
export type BoxKind =
  | 'play'
  | 'gather'
  | 'record'
  | 'call'
  | 'leave'
  | 'wait'
  | 'listen'
  | 'own'
  | 'decide'
  | 'group'
  | 'final'
  | 'history'
  | 'rest';

/** What an overlay says of a state or an arrow; each has its own line. */
export type Mark = 'covered' | 'missed' | 'added' | 'removed' | 'changed' | 'same' | 'unused';

export interface Box {
  /** The state's name in the map; '' is the machine. */
  readonly name: string;
  readonly parent: string | undefined;
  readonly type: StateMap['type'];
  readonly kind: BoxKind;
  /** Without the names of its parents. */
  readonly heading: string;
  /** `plays`, `asks`, `dials`; '' for none. */
  readonly word: string;
  readonly lines: readonly BoxLine[];
  /** Transitions that lead nowhere: it stays in the state, and does something. */
  readonly stays: readonly Outcome[];
  /** All of it in full. */
  readonly full: string;
  readonly initial: readonly string[];
  /** False for a machine that is no more than its states. */
  readonly drawn: boolean;
  readonly mark?: Mark;
  /** Numbers on its edge: how many calls came, ended, hung up here. */
  readonly badges?: readonly string[];
}

export interface BoxLine {
  /** `said` is what the caller hears, `detail` what the flow says about how, `change` what is different. */
  readonly style: 'said' | 'detail' | 'change';
  readonly text: string;
  /** At the most so many lines when it is wrapped. */
  readonly most: number;
}

/** How an outcome is coloured. */
export type OutcomeKind =
  | 'key'
  | 'success'
  | 'missed'
  | 'failure'
  | 'error'
  | 'time'
  | 'event'
  | 'condition'
  | 'otherwise'
  | 'done';

/** One transition, as the sign on its arrow. */
export interface Outcome {
  /** The transition's id in the map. */
  readonly transition: string;
  /** `1`, `no input`, `error`; '' for what goes without saying. */
  readonly text: string;
  readonly kind: OutcomeKind;
  /** All of it in full. */
  readonly full: string;
  readonly mark?: Mark;
}

export interface Arrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** In the order in which the machine tries them. Empty: a further target of a transition that stands on another arrow. */
  readonly outcomes: readonly Outcome[];
  readonly mark?: Mark;
  /** How often it was taken, with a sign when it is not certain: `12`, `~7`. */
  readonly count?: string;
  /** 0 to 1: how often, against the busiest. */
  readonly weight?: number;
}

/** Nothing but faults leads along it. */
export function isFault({ outcomes }: Arrow): boolean {
  return outcomes.length > 0 && outcomes.every(({ kind }) => kind === 'error');
}
