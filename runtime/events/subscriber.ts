import type { CallchartEventType } from './event';

/** Somebody outside who is told of events. */
export interface Subscriber {
  /** What it is known by in lists and in the database. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it is told of events of a type. */
  readonly wants: (type: CallchartEventType) => boolean;
}

/** What a subscriber asks for: types, or the beginning of some (`leg.*`); all but states when absent. */
export function wantedTypes(
  types: readonly string[] | undefined,
  states: boolean,
): (type: CallchartEventType) => boolean {
  return (type) => {
    if (type === 'call.state' && states) return true;
    if (types === undefined) return type !== 'call.state';
    return types.some((wanted) =>
      wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
    );
  };
}
