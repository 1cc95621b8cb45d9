import type { Box, Picture } from './picture';

/** Names for the states that every language of graphs accepts, and how the states stand in each other. */
export interface Outline {
  /** `s0`, `s1`, … */
  readonly idOf: (state: string) => string;
  /** States that stand in no other. */
  readonly tops: readonly Box[];
  readonly childrenOf: (state: string) => readonly Box[];
}

export function outlineOf({ boxes }: Picture): Outline {
  const ids = new Map(boxes.map(({ name }, index) => [name, `s${index}`]));
  const children = new Map<string, Box[]>();
  for (const box of boxes) {
    if (box.parent === undefined) continue;
    children.set(box.parent, [...(children.get(box.parent) ?? []), box]);
  }
  const childrenOf = (state: string): readonly Box[] => children.get(state) ?? [];
  const [root] = boxes;
  return {
    idOf: (state) => ids.get(state) ?? 's',
    tops: root?.drawn === true ? [root] : childrenOf(''),
    childrenOf,
  };
}

/** What stands on a box, a line each; what is said in full. */
export function boxTexts({ lines, stays, badges = [] }: Box): string[] {
  return [
    ...lines.map(({ text }) => text),
    ...stays.map(({ text }) => `${text}: stays here`),
    ...badges,
  ];
}
