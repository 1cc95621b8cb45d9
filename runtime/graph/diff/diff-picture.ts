import type { PromptText } from '../describe-actor';
import { outcomeOf } from '../outcome';
import type { Arrow, Box, Mark, Outcome, Picture } from '../picture';
import { pictureOf } from '../picture-of';
import type { Comparison } from './compare';
import { pathWords } from './words';

/** Paths that are told on the picture; the words tell all. */
const mostPaths = 8;

/** Both versions in one picture: what is new, what is gone, and what has changed. */
export function diffPicture(comparison: Comparison, text: PromptText): Picture {
  const { before, after, matching, difference } = comparison;
  const [old, now] = [pictureOf(before, text), pictureOf(after, text)];
  const nowCalled = (name: string): string => matching.newNameOf.get(name) ?? goneName(name);
  const states = new Map(difference.states.map((state) => [state.state, state]));
  const boxes = now.boxes.map((box): Box => {
    const state = states.get(box.name);
    if (state === undefined || state.type === 'removed') return { ...box, mark: 'same' };
    const told = [
      ...(state.renamedFrom === undefined ? [] : [`was called ${state.renamedFrom}`]),
      ...state.changes,
    ];
    return {
      ...box,
      mark: state.type,
      lines: [
        ...box.lines,
        ...told.map((change) => ({ style: 'change', text: change, most: 3 }) as const),
      ],
      full: [box.full, ...told].join('\n'),
    };
  });
  const gone = old.boxes
    .filter(({ name }) => !matching.newNameOf.has(name))
    .map((box): Box => ({
      ...box,
      name: goneName(box.name),
      parent: box.parent === undefined ? undefined : nowCalled(box.parent),
      initial: box.initial.map(nowCalled),
      mark: 'removed',
    }));
  const paths = difference.paths.map((path) => `${path.keys.join(' > ')}: ${pathWords(path)}`);
  const shown = paths.slice(0, mostPaths);
  return {
    title: now.title,
    description: `${now.description} It is compared with an earlier version.`,
    boxes: [...boxes, ...gone],
    arrows: arrowsOf(now.arrows, comparison, nowCalled),
    notes: [
      ...shown,
      ...(paths.length > shown.length ? [`and ${paths.length - shown.length} more paths`] : []),
    ],
    marks: [
      { mark: 'added', text: 'new' },
      { mark: 'removed', text: 'gone' },
      { mark: 'changed', text: 'changed' },
    ],
  };
}

/** No state of the new flow has such a name: a dot parts names, and none is empty. */
function goneName(name: string): string {
  return `${name}..gone`;
}

function arrowsOf(
  arrows: readonly Arrow[],
  { before, added, changed, removed }: Comparison,
  nowCalled: (name: string) => string,
): Arrow[] {
  const found = new Map<string, Arrow & { outcomes: Outcome[] }>();
  const place = (from: string, to: string): Outcome[] => {
    const key = JSON.stringify([from, to]);
    const arrow = found.get(key) ?? { id: `arrow-${found.size + 1}`, from, to, outcomes: [] };
    found.set(key, arrow);
    return arrow.outcomes;
  };
  for (const { from, to, outcomes } of arrows) {
    place(from, to).push(
      ...outcomes.map((outcome): Outcome => {
        const { transition } = outcome;
        const mark = added.has(transition) ? 'added' : changed.has(transition) ? 'changed' : 'same';
        return { ...outcome, mark };
      }),
    );
  }
  for (const transition of removed) {
    const outcome = outcomeOf(transition, before);
    for (const [index, target] of transition.targets.entries()) {
      const outcomes = place(nowCalled(transition.from), nowCalled(target));
      const text = outcome.text === '' ? 'done' : outcome.text;
      if (index === 0) {
        outcomes.push({
          ...outcome,
          text,
          transition: `before: ${outcome.transition}`,
          mark: 'removed',
        });
      }
    }
  }
  return [...found.values()].map((arrow) => ({ ...arrow, mark: markOf(arrow.outcomes) }));
}

function markOf(outcomes: readonly Outcome[]): Mark {
  const [first] = outcomes;
  const mark = first?.mark ?? 'same';
  return outcomes.every((outcome) => outcome.mark === mark) ? mark : 'same';
}
