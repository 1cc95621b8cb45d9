import type { Arrow, Box, Outcome, Picture } from './picture';
import { plain } from './text';

/**
 * A picture of a large flow with one arrow to each state, the first by which a call gets there; where else a state
 * leads stands in its box: `2 → message`. Nobody can follow a thousand arrows that cross each other, and no layout is
 * found for them within minutes.
 */
export function simplify(picture: Picture): Picture {
  const { boxes, arrows } = picture;
  const kept = firstArrows(boxes, arrows);
  const told = new Map<string, Outcome[]>();
  for (const arrow of arrows) {
    if (kept.has(arrow)) continue;
    const outcomes = told.get(arrow.from) ?? [];
    told.set(arrow.from, outcomes);
    for (const outcome of arrow.outcomes) {
      const text = plain(`${outcome.text === '' ? 'done' : outcome.text} → ${arrow.to}`);
      outcomes.push({ ...outcome, text, kind: outcome.kind === 'key' ? 'success' : outcome.kind });
    }
  }
  return {
    ...picture,
    boxes: boxes.map((box) => ({ ...box, stays: [...box.stays, ...(told.get(box.name) ?? [])] })),
    arrows: arrows.filter((arrow) => kept.has(arrow)),
    notes: [
      ...picture.notes,
      'This flow is large: each state has one arrow to it, and where else a state leads stands in its box.',
    ],
  };
}

/** The arrow by which a call first gets to each state, from the beginning outwards. */
export function firstArrows(boxes: readonly Box[], arrows: readonly Arrow[]): ReadonlySet<Arrow> {
  const byName = new Map(boxes.map((box) => [box.name, box]));
  const outOf = new Map<string, Arrow[]>();
  for (const arrow of arrows) outOf.set(arrow.from, [...(outOf.get(arrow.from) ?? []), arrow]);
  const kept = new Set<Arrow>();
  const reached = new Set<string>();
  const queue: string[] = [];
  const enter = (name: string): void => {
    const box = byName.get(name);
    if (box === undefined || reached.has(name)) return;
    reached.add(name);
    queue.push(name);
    box.initial.forEach(enter);
    if (box.parent !== undefined) enter(box.parent);
  };
  for (const { name } of boxes) {
    // States that nobody reaches are begun with, too, after all others.
    enter(name);
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      for (const arrow of outOf.get(at) ?? []) {
        if (reached.has(arrow.to) || arrow.outcomes.length === 0) continue;
        kept.add(arrow);
        enter(arrow.to);
      }
    }
  }
  return kept;
}
