import type { MachineMap } from '../flow/machine-map';
import { summarise } from '../simulate/coverage';
import type { FlowCoverage } from '../simulate/coverage';
import type { Mark, Picture } from './picture';
import { enteredWith } from './entered';

/** Shows what tests have reached: all else is dashed and red. */
export function withCoverage(picture: Picture, map: MachineMap, coverage: FlowCoverage): Picture {
  const taken = new Set(coverage.transitions.filter((each) => each.taken).map(({ id }) => id));
  const entered = new Set<string>();
  // Where nothing was taken no call has been, either.
  if (taken.size > 0) enteredWith(map, ['']).forEach((name) => entered.add(name));
  for (const { id, from, targets } of map.transitions) {
    if (!taken.has(id)) continue;
    enteredWith(map, [from, ...targets]).forEach((name) => entered.add(name));
  }
  const markOf = (is: boolean): Mark => (is ? 'covered' : 'missed');
  const { covered, total, percent } = summarise(coverage);
  return {
    ...picture,
    boxes: picture.boxes.map((box) => ({
      ...box,
      mark: markOf(entered.has(box.name)),
      stays: box.stays.map((stay) => ({ ...stay, mark: markOf(taken.has(stay.transition)) })),
    })),
    arrows: picture.arrows.map((arrow) => {
      const outcomes = arrow.outcomes.map((outcome) => ({
        ...outcome,
        mark: markOf(taken.has(outcome.transition)),
      }));
      const some = outcomes.some(({ mark }) => mark === 'covered');
      return { ...arrow, outcomes, mark: markOf(some || outcomes.length === 0) };
    }),
    notes: [...picture.notes, `Tests take ${covered} of ${total} transitions: ${percent} %`],
    marks: [...picture.marks, { mark: 'missed', text: 'no test gets there' }],
  };
}
