import { setup } from 'xstate';
import { callActors } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';
import { mapMachine } from '../../runtime/flow/machine-map';
import { arrowKey, countCalls, withCalls } from '../../runtime/graph/calls-overlay';
import type { CallPath } from '../../runtime/graph/calls-overlay';
import { pictureOf } from '../../runtime/graph/picture-of';
import { statesIn } from '../../runtime/graph/state-words';
import { sayText } from './support/drawing';

const machine = setup({
  actors: callActors,
  guards: { isOpen: () => true, isLate: () => true },
}).createMachine({
  id: 'desk',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu' },
        onDone: choices({ '1': 'decide', '2': 'late', otherwise: 'bye' }),
        onError: 'bye',
      },
    },
    decide: { always: [{ guard: 'isOpen', target: 'sales' }, { target: 'bye' }] },
    late: { always: [{ guard: 'isLate', target: 'sales' }, { target: 'menu' }] },
    sales: { invoke: { src: 'play', input: { prompt: 'sales' }, onDone: 'bye', onError: 'bye' } },
    bye: { type: 'final' },
  },
});
const map = mapMachine(machine);

function call(states: readonly string[], more: Partial<CallPath> = {}): CallPath {
  const path = states.map((state, index) => ({ state, at: 1_000 * index }));
  return { path, duration: 60_000, endedBy: 'flow', version: 'v', cut: false, ...more };
}

it('counts calls in states and on the arrows between them', () => {
  const counts = countCalls(
    map,
    [call(['menu', 'bye']), call(['menu', 'bye']), call(['menu'])],
    'v',
  );
  expect(counts.calls).toBe(3);
  expect(counts.states.get('menu')).toMatchObject({ calls: 3, visits: 3 });
  expect(counts.states.get('bye')).toMatchObject({ calls: 2, ended: 2 });
});

it('shares a step among the ways that it can have taken, and says so', () => {
  const counts = countCalls(map, [call(['menu', 'sales', 'bye'])], 'v');
  expect(counts.arrows.get(arrowKey('menu', 'decide'))).toEqual({ times: 0.5, shared: true });
  expect(counts.arrows.get(arrowKey('late', 'sales'))).toEqual({ times: 0.5, shared: true });
  expect(counts.arrows.get(arrowKey('sales', 'bye'))).toEqual({ times: 1, shared: false });
  const picture = withCalls(pictureOf(map, sayText), counts, 'since 7d');
  expect(picture.notes).toEqual([
    '1 call since 7d',
    '~ more than one way leads there: each is given its share',
  ]);
  const arrow = picture.arrows.find(({ from, to }) => from === 'sales' && to === 'bye');
  expect(arrow).toMatchObject({ count: '1×', weight: 1 });
  expect(picture.arrows.find(({ from }) => from === 'decide')?.count).toBe('~1×');
});

it('tells those who hung up from those whom the flow let go, and where they were', () => {
  const hungUp = call(['menu', 'sales', 'bye'], { endedBy: 'caller', duration: 1_500 });
  const counts = countCalls(map, [hungUp, call(['menu'], { endedBy: 'system' })], 'v');
  expect(counts.states.get('sales')).toMatchObject({ hungUp: 1, ended: 0 });
  // It was entered after the end, to settle.
  expect(counts.states.get('bye')).toMatchObject({ hungUp: 0, ended: 0 });
  expect(counts.states.get('menu')).toMatchObject({ brokeOff: 1 });
});

it('says how many steps and calls were of another version, and which records were full', () => {
  const calls = [call(['menu', 'gone', 'bye'], { version: 'old', cut: true })];
  const picture = withCalls(pictureOf(map, sayText), countCalls(map, calls, 'v'), '');
  expect(picture.notes).toEqual([
    '1 call',
    '1 of them went through another version of the flow',
    '2 steps the flow as it is now does not have',
    '1 call had more steps than a record keeps',
  ]);
});

it('marks states and arrows that no call came to', () => {
  const picture = withCalls(pictureOf(map, sayText), countCalls(map, [call(['menu'])], 'v'), '');
  expect(picture.boxes.find(({ name }) => name === 'sales')?.mark).toBe('unused');
  expect(picture.boxes.find(({ name }) => name === 'menu')?.mark).toBeUndefined();
  expect(picture.arrows.every(({ mark }) => mark === 'unused')).toBe(true);
});

it.each([
  ['menu', ['menu']],
  ['ask.pin', ['ask.pin']],
  ['(ask.pin | music)', ['ask.pin', 'music']],
  ['call.(line | music.(a | b))', ['call.line', 'call.music.a', 'call.music.b']],
  ['odd (name', ['odd (name']],
])('reads the states in %s', (word, states) => {
  expect(statesIn(word)).toEqual(states);
});
