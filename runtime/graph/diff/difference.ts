/** What has become of a flow, in words. */
export interface Difference {
  readonly title: string;
  readonly states: readonly StateDifference[];
  readonly paths: readonly PathDifference[];
  /** Of what stands outside of the states: conditions, actors, delays that were rewritten. */
  readonly other: readonly string[];
  /** There were more menu paths than were looked at. */
  readonly pathsCut: boolean;
}

export interface StateDifference {
  /** In the new flow; in the old one when it is gone. */
  readonly state: string;
  readonly type: 'added' | 'removed' | 'changed';
  /** What it was called. */
  readonly renamedFrom?: string;
  /** A sentence each, without a full stop. */
  readonly changes: readonly string[];
}

/** Keys that a caller presses one after the other, and the state that the last of them leads to. */
export interface PathDifference {
  /** `['1', '2']` */
  readonly keys: readonly string[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export function isSame({ states, paths, other }: Difference): boolean {
  return states.length === 0 && paths.length === 0 && other.length === 0;
}
