import { assign, fromPromise, setup, type AnyStateMachine } from 'xstate';
import { callActors, callTypes, choices, type Prompt } from 'callchart';
import { below, type Random } from '../../../runtime/core/random';
import type { TransferScene } from '../../../runtime/simulate/port';
import {
  longPrompts,
  notingIn,
  type MakePrompt,
  type RandomFlow,
  type Reaction,
} from './random-flow';
import { calleeHost, randomCallee, randomTransfer, type CalleePlan } from './random-others';

/** The states that a call may go through before it is led to its end. */
const mostSteps = 5;
/** Milliseconds of what a callee is asked. */
const question = 400;

/** Makes a state that leads on; `next` gives where, anew each time. */
type Kind = (next: () => string) => object;

/**
 * A flow of states in which others have a part, or that are made of states, actors and machines of their own. Times
 * keep a distance from each other, as no two clocks agree on what happens at once: callers act 60 ms behind a full
 * hundred from the beginning of a prompt, callees 30.
 */
export function randomFlowWithOthers(
  id: string,
  random: Random,
  makePrompt: MakePrompt,
): RandomFlow {
  const trail: string[] = [];
  const callees = new Map<string, CalleePlan>();
  const transfers = new Map<string, TransferScene>();
  const pick = <T>(list: readonly T[]): T => list[below(random, list.length)] as T;
  const chance = (percent: number): boolean => below(random, 100) < percent;
  const prompt = (): Prompt => makePrompt(pick(longPrompts));
  const briefly = (): Prompt => makePrompt(pick(longPrompts), true);
  const noted = notingIn(trail);
  const notes = { actions: noted };
  let number = 0;
  const uri = (): string => `sip:x${(number += 1)}-${below(random, 2 ** 30)}@${calleeHost}`;
  // Without `reenter` a state that leads to itself would do nothing more.
  const again = (next: () => string): object => ({ target: next(), reenter: true });
  const ends = (next: () => string): object => ({ onDone: again(next), onError: again(next) });

  const play: Kind = (next) => ({
    invoke: { src: 'play', input: { prompt: prompt() }, ...ends(next) },
  });
  const gather: Kind = (next) => ({
    tags: chance(30) ? ['sensitive'] : [],
    invoke: {
      src: 'gather',
      input: {
        prompt: prompt(),
        sensitive: chance(70),
        maxDigits: 1 + below(random, 3),
        firstDigitTimeout: 2_650,
        interDigitTimeout: 1_350,
      },
      // By the digits no replay could tell: the log does not have them.
      onDone: choices<never>({ digits: next(), otherwise: next() }),
      onError: again(next),
    },
  });
  const steered: Kind = (next) => ({
    invoke: {
      src: 'play',
      input: {
        prompt: prompt(),
        controls: { pause: '7', back: '1', forward: '2', restart: '3', skip: 1_000 },
        ...(chance(30) ? { stopOn: '#*' } : {}),
        ...(chance(30) ? { loop: 2 } : {}),
      },
      ...ends(next),
    },
    // Who pauses it for ever is led on.
    after: { 30_350: again(next) },
  });
  const record: Kind = (next) => ({
    invoke: {
      src: 'record',
      input: {
        ...(chance(70) ? { prompt: makePrompt({ silence: 300 }, true) } : {}),
        beep: chance(60),
        maxDuration: 4_250,
        ...(chance(40) ? { startSilence: 1_850 } : {}),
        ...(chance(40) ? { endSilence: 2_050 } : {}),
        ...(chance(50) ? { minDuration: 2_650 } : {}),
        ...(chance(20) ? { trim: 300 } : {}),
        ...(chance(20) ? { pauseOn: '1' } : {}),
      },
      onDone: choices<never>({ recorded: next(), tooShort: next(), otherwise: next() }),
      onError: again(next),
    },
    after: { 30_350: again(next) },
  });
  const dial: Kind = (next) => {
    const screened = chance(25);
    const to = Array.from({ length: chance(70) ? 1 : 2 }, (_, turn) => {
      const target = uri();
      callees.set(
        target,
        randomCallee(random, { turn, question: screened ? question : undefined }),
      );
      return target;
    });
    return {
      on: { dtmf: notes, 'dial.ringing': notes, 'dial.answered': notes },
      invoke: {
        src: 'dial',
        input: {
          to,
          strategy: pick(['parallel', 'sequential']),
          timeout: 1_850,
          timeLimit: 2_400,
          ringback: chance(60) ? { prompt: briefly() } : pick(['pass', 'tone']),
          ...(chance(50) ? { hangupKey: pick(['1', '7']) } : {}),
          ...(chance(30) ? { answerOnBridge: false } : {}),
          ...(chance(20) ? { record: true } : {}),
          ...(screened ? { screening: { prompt: { silence: question }, timeout: 2_150 } } : {}),
        },
        onDone: choices<never>({ answered: next(), busy: next(), otherwise: next() }),
        onError: again(next),
      },
    };
  };
  const transfer: Kind = (next) => {
    const to = uri();
    transfers.set(to, randomTransfer(random));
    return {
      invoke: {
        src: 'transfer',
        input: { to, timeout: 2_350 },
        onDone: choices<never>({ transferred: next(), busy: next(), otherwise: next() }),
        onError: again(next),
      },
    };
  };
  const conference: Kind = (next) => ({
    on: { dtmf: notes, 'conference.started': notes, 'conference.speaking': notes },
    invoke: {
      src: 'conference',
      input: {
        name: `room-${below(random, 2 ** 30)}`,
        timeLimit: 3_350,
        ...(chance(80) ? { waitMusic: briefly() } : {}),
        ...(chance(60) ? { leaveKey: '1' } : {}),
        ...(chance(30) ? { muteKey: '7' } : {}),
        ...(chance(20) ? { startOnEnter: false } : {}),
        ...(chance(20) ? { record: true } : {}),
      },
      ...ends(next),
    },
  });
  const speech: Kind = (next) => ({
    invoke: [
      // Without an end, which could come together with that of the speech.
      { src: 'play', input: { prompt: prompt(), loop: 0 } },
      {
        src: 'detectSpeech',
        input: {
          timeout: 2_550,
          ...(chance(30) ? { maxDuration: 700 } : {}),
          ...(chance(30) ? { hangover: 320 } : {}),
        },
        ...ends(next),
      },
    ],
  });
  const listening: Kind = (next) => ({
    on: { 'speech.started': notes, 'speech.ended': chance(50) ? again(next) : notes },
    invoke: [
      { src: 'listen', input: { speech: chance(50) ? true : { hangover: 300 } } },
      { src: 'play', input: { prompt: prompt(), loop: 0 } },
    ],
    after: { 4_450: again(next) },
  });
  const simple: readonly Kind[] = [play, gather, record, speech, listening];
  const compound: Kind = (next) => ({
    initial: 'first',
    states: {
      first: pick(simple)(() => 'second'),
      second: { entry: noted, ...pick(simple)(() => (chance(70) ? 'over' : next())) },
      over: { type: 'final' },
    },
    onDone: again(next),
  });
  const parallel: Kind = (next) => ({
    type: 'parallel',
    states: {
      talk: {
        initial: 'going',
        states: {
          going: pick([...simple, dial])(() => (chance(60) ? 'over' : next())),
          over: { type: 'final' },
        },
      },
      beside: {
        initial: 'going',
        states: {
          going: {
            ...pick([
              (): object => ({
                invoke: { src: 'pause', input: { duration: 650 }, ...ends(() => 'over') },
              }),
              (): object => ({ after: { 1_150: 'over' } }),
              (): object => ({ invoke: { src: 'recordCall' }, after: { 20_450: again(next) } }),
            ])(),
          },
          over: { entry: noted, type: 'final' },
        },
      },
    },
    onDone: again(next),
  });
  const own: Kind = (next) => ({
    invoke: {
      src: 'looksUp',
      input: { fails: chance(40), number: below(random, 100) },
      onDone: again(next),
      onError: again(next),
    },
  });
  const child: Kind = (next) => ({ invoke: { src: pick(['asks', 'tells']), ...ends(next) } });
  const ringing: Kind = (next) => ({
    invoke: { src: 'ring', input: chance(50) ? {} : { prompt: prompt() }, ...ends(next) },
  });
  const rejecting: Kind = (next) => ({
    invoke: {
      src: 'reject',
      input: chance(50) ? {} : { status: pick([404, 480, 603]) },
      ...ends(next),
    },
  });
  const redirecting: Kind = (next) => ({
    invoke: { src: 'redirect', input: { to: 'sip:elsewhere@example.com' }, ...ends(next) },
  });
  const speaking: Kind = (next) => ({
    invoke: { src: 'setLanguage', input: { language: 'en' }, ...ends(next) },
  });

  const bag = weighted([
    [9, dial],
    [5, transfer],
    [5, conference],
    [4, record],
    [3, speech],
    [3, listening],
    [3, steered],
    [2, gather],
    [2, play],
    [3, compound],
    [3, parallel],
    [2, child],
    [2, own],
    [1, speaking],
    [1, rejecting],
    [1, redirecting],
    [1, ringing],
  ]);
  const before = weighted([
    [3, dial],
    [2, ringing],
    [1, rejecting],
    [1, redirecting],
    [1, own],
  ]);
  const names = Array.from({ length: 3 + below(random, 4) }, (_, index) => `s${index}`);
  const target = (): string => `#${chance(12) ? 'bye' : pick(names)}`;
  const states = Object.fromEntries(
    names.map((name, index) => {
      const kind = pick(index === 0 && chance(30) ? before : bag);
      const led = {
        id: name,
        entry: [
          noted,
          assign<{ steps: number }, never, undefined, never, never>({
            steps: ({ context }) => context.steps + 1,
          }),
        ],
        always: { guard: 'hasHadEnough', target: '#bye' },
      };
      return [name, { ...kind(target), ...led }];
    }),
  );
  const bye = {
    id: 'bye',
    entry: noted,
    invoke: { src: 'play', input: { prompt: prompt() }, onDone: 'done', onError: 'done' },
  };
  const config = {
    id,
    context: { steps: 0 },
    initial: 's0',
    on: {
      'call.held': notes,
      'call.resumed': notes,
      ...(chance(20) ? { 'call.ended': '.bye' } : {}),
    },
    states: { ...states, bye, done: { entry: noted, type: 'final' } },
  };
  const { createMachine } = setup({
    types: callTypes<{ steps: number }>(),
    actors: {
      ...callActors,
      looksUp,
      asks: childOf(gather(() => 'over')),
      tells: childOf(play(() => 'over')),
    },
    guards: { hasHadEnough: ({ context }) => context.steps > mostSteps },
  });
  // A machine that dice have made has no types that a compiler could know.
  const machine = (createMachine as (config: unknown) => AnyStateMachine)(config);
  const reactions = Array.from({ length: 12 }, () => reaction(random));
  return { machine, trail, reactions, callees, transfers };
}

function weighted(kinds: readonly (readonly [weight: number, kind: Kind])[]): readonly Kind[] {
  return kinds.flatMap(([weight, kind]) => Array.from({ length: weight }, () => kind));
}

/** An actor of the flow's own, as one that asks a database is. */
const looksUp = fromPromise<
  { readonly found: number },
  { readonly fails: boolean; readonly number: number }
>(({ input }) =>
  input.fails
    ? Promise.reject(new Error(`there is no ${input.number}`))
    : Promise.resolve({ found: input.number }),
);

/** A machine of its own that a flow invokes. */
function childOf(state: object): AnyStateMachine {
  const { createMachine } = setup({ types: callTypes<object>(), actors: callActors });
  return (createMachine as (config: unknown) => AnyStateMachine)({
    id: 'child',
    context: {},
    initial: 'going',
    states: { going: state, over: { type: 'final' } },
  });
}

function reaction(random: Random): Reaction {
  const kind = below(random, 100);
  const after = 260 + 100 * below(random, 12);
  if (kind < 30) return { after: 0, does: { type: 'nothing' } };
  if (kind < 37) return { after, does: { type: 'hangsUp' } };
  if (kind < 55) return { after, does: { type: 'says', duration: 1_150 } };
  if (kind < 63) return { after, does: { type: 'holds' } };
  const digits = ['1', '2', '3', '7', '#', '*', '12', '1#', '777'][below(random, 9)] ?? '1';
  return { after, does: { type: 'presses', digits } };
}
