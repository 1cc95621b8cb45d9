import { createActor, fromPromise, setup } from 'xstate';
import { callActors } from '../../runtime/flow/actors';
import { choiceOf, choices } from '../../runtime/flow/choices';
import type {
  GatherInput,
  GatherOutcome,
  PlayInput,
  PlayOutcome,
} from '../../runtime/flow/outcomes';
import { settle } from '../../runtime/core/virtual-clock';

/** The state in which a gather's outcome ends, or the error. */
async function after(
  outcome: GatherOutcome,
  onDone: Parameters<typeof machineWith>[0],
): Promise<unknown> {
  const machine = machineWith(onDone).provide({
    actors: { gather: fromPromise(() => Promise.resolve(outcome)) },
  });
  const actor = createActor(machine, { input: undefined });
  let error: unknown;
  actor.subscribe({ error: (thrown) => (error = thrown) });
  actor.start();
  await settle();
  return error ?? actor.getSnapshot().value;
}

const flow = setup({ actors: callActors });

function machineWith(map: { [key: string]: string | { target: string } }) {
  const states = Object.fromEntries(['one', 'any', 'wrong', 'else', 'gone'].map((k) => [k, {}]));
  return flow.createMachine({
    id: 'menu-flow',
    initial: 'menu',
    states: {
      menu: {
        // The keys vary here, so the compiler cannot know them; test/flow/choices.types.ts has those it does.
        invoke: { src: 'gather', input: {}, onDone: choices<{ target?: string }>(map) as [] },
      },
      ...states,
    },
  });
}

const digits = (pressed: string): GatherOutcome => ({ type: 'digits', digits: pressed });

test('digits are looked at first, then the type, then otherwise, in whatever order they stand', async () => {
  const map = { otherwise: 'else', digits: 'any', '12': 'one' };
  expect(await after(digits('12'), map)).toBe('one');
  expect(await after(digits('1'), map)).toBe('any');
  expect(await after({ type: 'noInput' }, map)).toBe('else');
});

test('*, # and what is dialled with them are digits', async () => {
  const map = { '*': 'one', '#': 'any', '*21#': 'wrong' };
  expect(await after(digits('*'), map)).toBe('one');
  expect(await after(digits('#'), map)).toBe('any');
  expect(await after(digits('*21#'), map)).toBe('wrong');
});

test('digits that no key names go to invalid, before otherwise', async () => {
  expect(await after(digits('7'), { '1': 'one', otherwise: 'else', invalid: 'wrong' })).toBe(
    'wrong',
  );
});

test('the digits of an invalid entry choose nothing', async () => {
  const map = { '1': 'one', invalid: 'wrong' };
  expect(await after({ type: 'invalid', digits: '1' }, map)).toBe('wrong');
});

test('an outcome without a choice is a defect that names outcome and state, and no digits', async () => {
  expect(await after(digits('4711'), { '1': 'one', noInput: 'any' })).toMatchObject({
    code: 'CALLCHART_FLOW_UNMATCHED_OUTCOME',
    message:
      "state 'menu' has no choice for the outcome 'digits': name it in choices({ … }), or add 'otherwise'",
  });
});

test('a hang-up without a choice stays put, and otherwise does not mean it', async () => {
  expect(await after({ type: 'hangup' }, { noInput: 'any' })).toBe('menu');
  expect(await after({ type: 'hangup' }, { otherwise: 'else' })).toBe('menu');
  expect(await after({ type: 'hangup' }, { hangup: 'gone', otherwise: 'else' })).toBe('gone');
});

test('a dial that its caller has cancelled stays put, unless something takes it', async () => {
  // As `dial` gives it; the machine here takes an outcome from anybody.
  const cancelled = { type: 'cancelled' } as unknown as GatherOutcome;
  expect(await after(cancelled, { answered: 'any' })).toBe('menu');
  expect(await after(cancelled, { otherwise: 'else' })).toBe('else');
  expect(await after(cancelled, { cancelled: 'gone', otherwise: 'else' })).toBe('gone');
});

test('a choice of its own state enters it anew, so that its actor runs again', async () => {
  let runs = 0;
  const machine = flow
    .createMachine({
      initial: 'menu',
      states: {
        menu: {
          invoke: { src: 'gather', input: {}, onDone: choices({ '1': 'menu', otherwise: 'done' }) },
        },
        done: {},
      },
    })
    .provide({
      actors: {
        gather: fromPromise<GatherOutcome, GatherInput>(() => {
          runs += 1;
          return Promise.resolve(runs < 3 ? digits('1') : { type: 'noInput' });
        }),
      },
    });
  const actor = createActor(machine, { input: undefined }).start();
  await settle();
  expect(runs).toBe(3);
  expect(actor.getSnapshot().value).toBe('done');
});

test('the digit that stopped a prompt chooses as well', async () => {
  const machine = flow
    .createMachine({
      initial: 'intro',
      states: {
        intro: {
          invoke: {
            src: 'play',
            input: { prompt: 'welcome', stopOn: '*#' },
            onDone: choices({ '*': 'star', stopped: 'other', played: 'other' }),
          },
        },
        star: {},
        other: {},
      },
    })
    .provide({
      actors: {
        play: fromPromise<PlayOutcome, PlayInput>(() =>
          Promise.resolve({ type: 'stopped', digit: '*' }),
        ),
      },
    });
  const actor = createActor(machine, { input: undefined }).start();
  await settle();
  expect(actor.getSnapshot().value).toBe('star');
});

test('a choice may be a transition with actions', async () => {
  const seen: string[] = [];
  const machine = flow
    .createMachine({
      initial: 'menu',
      states: {
        menu: {
          invoke: {
            src: 'gather',
            input: {},
            onDone: choices({
              digits: { target: 'done', actions: ({ event }) => seen.push(event.output.digits) },
            }),
          },
        },
        done: {},
      },
    })
    .provide({ actors: { gather: fromPromise(() => Promise.resolve(digits('42'))) } });
  const actor = createActor(machine, { input: undefined }).start();
  await settle();
  expect(seen).toEqual(['42']);
  expect(actor.getSnapshot().value).toBe('done');
});

test('the guards say which outcome they stand for, for graphs and explorers', () => {
  const machine = machineWith({ noInput: 'one', '1': 'one', invalid: 'wrong' });
  const transitions = machine.root.states['menu']?.transitions.get(
    'xstate.done.actor.0.menu-flow.menu',
  );
  expect(transitions?.map(({ guard }) => choiceOf(guard))).toEqual([
    '1',
    'noInput',
    'invalid',
    'unmatched',
  ]);
});

test('outside a call every call actor rejects, and says what to do', async () => {
  for (const [name, logic] of Object.entries(callActors)) {
    // The inputs differ; what is tested comes before any is read.
    const actor = createActor(logic as typeof callActors.answer, { input: undefined });
    let error: unknown;
    actor.subscribe({ error: (thrown) => (error = thrown) });
    actor.start();
    await settle();
    expect(error).toMatchObject({ code: 'CALLCHART_ACTOR_NOT_PROVIDED' });
    expect(String(error)).toContain(`'${name}'`);
  }
});
