import type { MachineMap, StateMap, TransitionMap } from '../flow/machine-map';
import { actorLines, describeActor } from './describe-actor';
import type { PromptText } from './describe-actor';
import { isDrawn, outcomeOf } from './outcome';
import type { Arrow, Box, BoxKind, BoxLine, Outcome, Picture } from './picture';
import { plain } from './text';

/** What stands on the picture of a flow. `text` is what prompts say. */
export function pictureOf(map: MachineMap, text: PromptText): Picture {
  const outcomes = new Map(
    map.transitions.filter(isDrawn).map((transition) => [transition, outcomeOf(transition, map)]),
  );
  const staying = new Map<string, Outcome[]>();
  for (const [{ from, targets }, outcome] of outcomes) {
    if (targets.length === 0) staying.set(from, [...(staying.get(from) ?? []), outcome]);
  }
  return {
    title: plain(map.id),
    description: descriptionOf(map),
    boxes: map.states.map((state) => boxOf(state, map, text, staying.get(state.name) ?? [])),
    arrows: arrowsOf(outcomes),
    notes: [],
    marks: [],
  };
}

function boxOf(state: StateMap, map: MachineMap, text: PromptText, stays: readonly Outcome[]): Box {
  const { name, parent, type, initial, invokes } = state;
  const described = invokes.map(describeActor);
  const [first] = described;
  const kind = first?.kind ?? kindOf(state, map);
  const lines = [
    ...(state.description === undefined
      ? []
      : [{ style: 'detail', text: plain(state.description), most: 2 } as const]),
    ...invokes.flatMap((invoke, index): BoxLine[] => {
      const word = described[index]?.word ?? '';
      // The first one's word stands beside the state's name.
      const also: BoxLine[] =
        index === 0 ? [] : [{ style: 'detail', text: `and ${word}`, most: 1 }];
      return [...also, ...actorLines(invoke, text)];
    }),
  ];
  const heading = name === '' ? plain(map.id) : plain(headingOf(name, parent));
  const word = first?.word ?? wordOf(kind, parent);
  return {
    ...{ name, parent, type, kind, heading, word, lines, stays, initial },
    full: [
      `${name === '' ? heading : plain(name)}${word === '' ? '' : ` (${word})`}`,
      ...lines.map((line) => line.text),
      ...stays.map(({ full }) => full),
    ].join('\n'),
    drawn:
      name !== '' ||
      type === 'parallel' ||
      invokes.length > 0 ||
      stays.length > 0 ||
      map.transitions.some(({ from, targets }) => from === '' || targets.includes('')),
  };
}

function headingOf(name: string, parent: string | undefined): string {
  return parent === undefined || parent === '' ? name : name.slice(parent.length + 1);
}

function kindOf({ name, type }: StateMap, map: MachineMap): BoxKind {
  if (type === 'final') return 'final';
  if (type === 'history') return 'history';
  if (type !== 'atomic') return 'group';
  return map.transitions.some(({ from, kind }) => from === name && kind === 'always')
    ? 'decide'
    : 'rest';
}

function wordOf(kind: BoxKind, parent: string | undefined): string {
  if (kind === 'decide') return 'decides';
  if (kind === 'final') return parent === '' ? 'hangs up' : 'finished';
  return kind === 'rest' ? 'waits' : '';
}

/** Transitions between the same two states are one arrow. */
function arrowsOf(outcomes: ReadonlyMap<TransitionMap, Outcome>): Arrow[] {
  const arrows = new Map<string, Arrow & { readonly outcomes: Outcome[] }>();
  for (const [{ from, targets }, outcome] of outcomes) {
    for (const [index, to] of targets.entries()) {
      const id = JSON.stringify([from, to]);
      const arrow = arrows.get(id) ?? { id: `arrow-${arrows.size + 1}`, from, to, outcomes: [] };
      arrows.set(id, arrow);
      if (index === 0) arrow.outcomes.push(outcome);
    }
  }
  return [...arrows.values()].map(spoken);
}

/** What goes without saying is said where the arrow has something else to say, too. */
function spoken(arrow: Arrow): Arrow {
  if (arrow.outcomes.every(({ text }) => text === '')) return arrow;
  const outcomes = arrow.outcomes.map((outcome) =>
    outcome.text === '' ? { ...outcome, text: 'done' } : outcome,
  );
  return { ...arrow, outcomes };
}

/** What a screen reader says: how it begins, and where it can go from each state. */
function descriptionOf(map: MachineMap): string {
  const [root, ...states] = map.states;
  const begins =
    root?.initial.length === 0 ? '' : ` It begins with ${root?.initial.join(' and ') ?? ''}.`;
  const finals = states.filter(({ type, parent }) => type === 'final' && parent === '');
  const ends =
    finals.length === 0 ? '' : ` It ends with ${finals.map(({ name }) => name).join(' or ')}.`;
  const count = states.length === 1 ? '1 state' : `${states.length} states`;
  return plain(`The call flow ${map.id} has ${count}.${begins}${ends}`);
}
