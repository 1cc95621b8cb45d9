import { createMachine } from 'xstate';
import { mapMachine } from '../../runtime/flow/machine-map';
import { withCoverage } from '../../runtime/graph/coverage-overlay';
import { pictureOf } from '../../runtime/graph/picture-of';
import { uncovered } from '../../runtime/simulate/coverage';
import { sayText } from './support/drawing';

const machine = createMachine({
  id: 'flow',
  initial: 'a',
  states: {
    a: { on: { one: 'b', two: 'c', again: { actions: () => {} } } },
    b: { initial: 'inner', states: { inner: {} } },
    c: { on: { back: 'a' } },
  },
});
const map = mapMachine(machine);

function shown(...taken: readonly string[]): ReturnType<typeof withCoverage> {
  const coverage = uncovered(machine);
  const transitions = coverage.transitions.map((each) => ({
    ...each,
    taken: taken.includes(each.id),
  }));
  return withCoverage(pictureOf(map, sayText), map, { ...coverage, transitions });
}

it('marks what tests take, and what they enter by it', () => {
  const { boxes, arrows, notes } = shown('a: one');
  const marks = Object.fromEntries(boxes.map(({ name, mark }) => [name, mark]));
  expect(marks).toEqual({
    '': 'covered',
    a: 'covered',
    b: 'covered',
    'b.inner': 'covered',
    c: 'missed',
  });
  expect(arrows.map(({ from, to, mark }) => [from, to, mark])).toEqual([
    ['a', 'b', 'covered'],
    ['a', 'c', 'missed'],
    ['c', 'a', 'missed'],
  ]);
  expect(boxes.find(({ name }) => name === 'a')?.stays.map(({ mark }) => mark)).toEqual(['missed']);
  expect(notes).toEqual(['Tests take 1 of 4 transitions: 25 %']);
});

it('marks everything where there was no test', () => {
  const { boxes, arrows } = shown();
  expect([...boxes, ...arrows].every(({ mark }) => mark === 'missed')).toBe(true);
});
