import { setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { callActors } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';
import { mapMachine } from '../../runtime/flow/machine-map';
import { compare } from '../../runtime/graph/diff/compare';
import { diffPicture } from '../../runtime/graph/diff/diff-picture';
import { isSame } from '../../runtime/graph/diff/difference';
import { diffMarkdown, diffText } from '../../runtime/graph/diff/words';
import { layOut } from '../../runtime/graph/layout';
import { drawSvg } from '../../runtime/graph/svg';
import { overlaps, sayText, valuesOf } from './support/drawing';

type States = Record<string, object>;

function say(text: string, to: string, more: object = {}): object {
  return {
    invoke: { src: 'play', input: { prompt: { say: text } }, onDone: to, onError: to },
    ...more,
  };
}

function menu(keys: Record<string, string>, input: object = {}): object {
  return {
    invoke: {
      src: 'gather',
      input: { prompt: { say: 'Press a key.' }, maxDigits: 1, ...input },
      onDone: choices({ ...keys, otherwise: 'bye' }),
      onError: 'bye',
    },
  };
}

const states: States = {
  menu: menu({ '1': 'sales', '2': 'office' }),
  sales: say('Sales.', 'bye'),
  office: menu({ '1': 'hours', '2': 'sales' }),
  hours: say('We are open.', 'bye'),
  bye: say('Goodbye.', 'done'),
  done: { type: 'final' },
};

function flow(
  changed: States = {},
  without: readonly string[] = [],
  guards = {},
  initial = 'menu',
): AnyStateMachine {
  const all = Object.entries({ ...states, ...changed }).filter(([name]) => !without.includes(name));
  const make = setup({ actors: callActors, guards }) as unknown as {
    createMachine(config: object): AnyStateMachine;
  };
  return make.createMachine({ id: 'office', initial, states: Object.fromEntries(all) });
}

function compared(after: AnyStateMachine, before = flow()): ReturnType<typeof compare> {
  return compare(mapMachine(before), mapMachine(after), sayText);
}

it('one flow twice has no difference', () => {
  const { difference } = compared(flow());
  expect(isSame(difference)).toBe(true);
  expect(diffText(difference)).toBe('office: no difference');
  expect(diffMarkdown(difference)).toContain('No difference.');
});

const edits: readonly [
  what: string,
  after: AnyStateMachine,
  words: readonly string[],
  before?: AnyStateMachine,
][] = [
  [
    'a prompt that says something else',
    flow({ sales: say('Our sales.', 'bye') }),
    ['~ sales', 'prompt is “Our sales.”, and was “Sales.”'],
  ],
  [
    'an input that is new',
    flow({ menu: menu({ '1': 'sales', '2': 'office' }, { attempts: 3 }) }),
    ['~ menu', 'attempts is 3, and was not given before'],
  ],
  [
    'an input that is gone',
    flow({ menu: menu({ '1': 'sales', '2': 'office' }, { maxDigits: undefined }) }),
    ['maxDigits is no longer given, and was 1'],
  ],
  [
    'an input that is computed now',
    flow({
      sales: {
        invoke: { src: 'play', input: () => ({ prompt: 'x' }), onDone: 'bye', onError: 'bye' },
      },
    }),
    ['its input is computed in the call, and was fixed before'],
  ],
  [
    'a key that leads elsewhere',
    flow({ menu: menu({ '1': 'hours', '2': 'office' }) }),
    ['key 1 leads to hours, and led to sales before', '  1  leads to hours, and led to sales'],
  ],
  [
    'a key that is new',
    flow({ menu: menu({ '1': 'sales', '2': 'office', '3': 'hours' }) }),
    ['key 3 is new: leads to hours', '  3  new: leads to hours'],
  ],
  [
    'a key that is gone, with all that lies behind it',
    flow({ menu: menu({ '1': 'sales' }) }),
    ['key 2 is gone: led to office', '  2  leads nowhere now, and led to office'],
  ],
  [
    'a key in a menu behind a menu',
    flow({ office: menu({ '1': 'hours', '2': 'hours' }) }),
    ['~ office', '  2 > 2  leads to hours, and led to sales'],
  ],
  [
    'a state that is new',
    flow({ more: say('More.', 'bye'), sales: say('Sales.', 'more') }),
    [
      '+ more is new',
      'done leads to more, and led to bye before',
      'error leads to more, and led to bye before',
    ],
  ],
  [
    'a state that is gone',
    flow({ office: menu({ '1': 'sales', '2': 'sales' }) }, ['hours']),
    ['- hours is gone', 'key 1 leads to sales, and led to hours before'],
  ],
  [
    'a state that was renamed',
    flow({ office: menu({ '1': 'times', '2': 'sales' }), times: say('We are open.', 'bye') }, [
      'hours',
    ]),
    ['~ times was called hours', 'office: 1 renamed state'],
  ],
  [
    'an actor that is another',
    flow({
      sales: { invoke: { src: 'dial', input: { to: 'sales' }, onDone: 'bye', onError: 'bye' } },
    }),
    ['now dials (before: plays)'],
  ],
  [
    'an error that is no longer caught',
    flow({
      sales: { invoke: { src: 'play', input: { prompt: { say: 'Sales.' } }, onDone: 'bye' } },
    }),
    ['error is gone: led to bye'],
  ],
  [
    'a tag',
    flow({ sales: say('Sales.', 'bye', { tags: ['sensitive'] }) }),
    ['has the tag sensitive'],
  ],
  [
    'what is done on entry',
    flow({ sales: say('Sales.', 'bye', { entry: () => 1 }) }),
    ['does something else on entry'],
  ],
  [
    'a condition',
    flow({ sales: { always: [{ guard: 'isOpen', target: 'hours' }, { target: 'bye' }] } }, [], {
      isOpen: () => true,
    }),
    ['if is open is new: leads to hours', 'otherwise is new: leads to bye'],
  ],
  [
    'a condition that is written in another way',
    flow({ sales: { always: [{ guard: 'isOpen', target: 'hours' }, { target: 'bye' }] } }, [], {
      isOpen: () => true,
    }),
    ['~ the condition isOpen is written in another way'],
    flow({ sales: { always: [{ guard: 'isOpen', target: 'hours' }, { target: 'bye' }] } }, [], {
      isOpen: () => false,
    }),
  ],
  [
    'where it begins',
    flow({}),
    ['begins with menu, and began with office'],
    flow({}, [], {}, 'office'),
  ],
];

describe.each(edits)('%s', (_, after, words, before) => {
  const comparison = compared(after, before);

  it('is said', () => {
    const text = diffText(comparison.difference);
    for (const word of words) expect(text).toContain(word);
  });

  it('is drawn, with every state of both once', async () => {
    const picture = diffPicture(comparison, sayText);
    const layout = await layOut(picture);
    const svg = drawSvg(layout);
    const names = valuesOf(svg, 'data-state');
    expect(new Set(names).size).toBe(names.length);
    const ids = valuesOf(svg, 'data-transition');
    expect(new Set(ids).size).toBe(ids.length);
    const now = comparison.after.transitions.filter(({ choice }) => choice !== 'unmatched');
    expect(ids.filter((id) => !id.startsWith('before: ')).sort()).toEqual(
      now.map(({ id }) => id).sort(),
    );
    expect(ids.filter((id) => id.startsWith('before: '))).toHaveLength(comparison.removed.length);
    expect(overlaps(layout)).toEqual([]);
  });
});

it('marks what is new, gone and changed', () => {
  const after = flow(
    {
      menu: menu({ '1': 'fair', '2': 'office' }),
      office: menu({ '1': 'hours' }),
      fair: { invoke: { src: 'dial', input: { to: 'fair' }, onDone: 'done', onError: 'done' } },
    },
    ['sales'],
  );
  const { boxes, arrows } = diffPicture(compared(after), sayText);
  const marks = Object.fromEntries(boxes.map(({ heading, mark }) => [heading, mark]));
  expect(marks).toMatchObject({ fair: 'added', sales: 'removed', menu: 'changed', bye: 'same' });
  const markOf = (from: string, to: string): unknown =>
    arrows.find((arrow) => arrow.from === from && arrow.to === to)?.mark;
  expect(markOf('menu', 'fair')).toBe('added');
  expect(markOf('menu', 'sales..gone')).toBe('removed');
  expect(markOf('bye', 'done')).toBe('same');
});
