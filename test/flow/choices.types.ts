/**
 * What the compiler says to flow authors. `tsc` checks this file with the rest; a line that it should refuse
 * and does not is an error by its `@ts-expect-error`. Nothing here runs.
 */
import { assign, fromPromise, setup } from 'xstate';
import { callActors } from '../../runtime/flow/actors';
import { callTypes } from '../../runtime/flow/call-types';
import { choices } from '../../runtime/flow/choices';

interface Answers {
  readonly score: string;
  readonly path: string;
  readonly times: number;
}

const flow = setup({
  types: callTypes<Answers>(),
  actors: {
    ...callActors,
    lookUp: fromPromise<{ type: 'known'; name: string } | { type: 'unknown' }, string>(() =>
      Promise.resolve({ type: 'unknown' }),
    ),
  },
});

export const right = flow.createMachine({
  context: { score: '', path: '', times: 0 },
  initial: 'ask',
  states: {
    ask: {
      invoke: {
        src: 'gather',
        input: { prompt: 'welcome' },
        onDone: choices({
          '1': 'ask',
          '007': '#ask',
          '*': 'ask',
          '#': 'ask',
          '*21': 'ask',
          '1#': 'ask',
          // The digits are there without a question, because only such outcomes get here.
          digits: {
            target: 'leave',
            actions: assign({ score: ({ event }) => event.output.digits }),
          },
          invalid: {
            target: 'leave',
            actions: assign({ score: ({ event }) => event.output.digits }),
          },
          noInput: { actions: assign({ times: ({ context }) => context.times + 1 }) },
          hangup: 'leave',
          otherwise: 'leave',
        }),
      },
    },
    leave: {
      invoke: {
        src: 'record',
        onDone: choices({
          recorded: {
            target: 'look',
            actions: assign({ path: ({ event }) => event.output.recording.path }),
          },
          '#': 'look',
          hangup: {
            actions: assign({ path: ({ event }) => event.output.recording?.path ?? '' }),
          },
          otherwise: 'look',
        }),
      },
    },
    look: {
      invoke: {
        src: 'lookUp',
        input: ({ context }) => context.path,
        // An actor of the flow's own has choices too, if its outcomes are told apart by `type`.
        onDone: choices({
          known: { actions: assign({ score: ({ event }) => event.output.name }) },
          unknown: 'ask',
        }),
      },
    },
    sales: {
      invoke: {
        src: 'dial',
        input: { to: ['sip:a@b.example', '100'], ringback: { prompt: 'welcome' } },
        onDone: choices({
          answered: { actions: assign({ times: ({ event }) => event.output.talkTime }) },
          rejected: { actions: assign({ times: ({ event }) => event.output.status }) },
          busy: 'ask',
          otherwise: 'leave',
        }),
      },
      on: {
        'dial.ringing': { actions: assign({ score: ({ event }) => event.target }) },
        dtmf: { guard: ({ event }) => event.leg === 'callee', target: 'ask' },
      },
    },
  },
  on: {
    'call.ended': { actions: assign({ score: ({ event }) => event.by }) },
    dtmf: { actions: assign({ score: ({ event }) => event.digit }) },
  },
});

export const wrong = flow.createMachine({
  context: ({ input }) => ({ score: input.call.from.user, path: '', times: 0 }),
  initial: 'ask',
  states: {
    ask: {
      invoke: {
        src: 'gather',
        input: { prompt: 'welcome' },
        // @ts-expect-error -- a misspelt outcome
        onDone: choices({ '1': 'ask', noInptu: 'ask' }),
      },
    },
    play: {
      invoke: {
        src: 'play',
        input: { prompt: 'welcome' },
        // @ts-expect-error -- an outcome of another actor
        onDone: choices({ played: 'ask', noInput: 'ask' }),
      },
    },
    dial: {
      invoke: {
        src: 'dial',
        input: { to: '100' },
        // @ts-expect-error -- a dial takes no keys
        onDone: choices({ answered: 'ask', '1': 'ask' }),
      },
    },
    pause: {
      invoke: {
        src: 'pause',
        input: { duration: 1_000 },
        // @ts-expect-error -- a pause takes no keys
        onDone: choices({ paused: 'ask', '1': 'ask' }),
      },
    },
    actions: {
      invoke: {
        src: 'gather',
        input: { prompt: 'welcome' },
        onDone: choices({
          // @ts-expect-error -- no input has no digits
          noInput: { actions: assign({ score: ({ event }) => String(event.output.digits) }) },
          // @ts-expect-error -- the context has no such member
          '1': { actions: assign({ points: 1 }) },
          // @ts-expect-error -- the guard is what choices is for
          '2': { target: 'ask', guard: () => true },
        }),
      },
    },
    input: {
      invoke: {
        src: 'gather',
        // @ts-expect-error -- a misspelt input
        input: { promt: 'welcome' },
      },
    },
    // @ts-expect-error -- an actor that does not exist
    actor: { invoke: { src: 'gahter', input: { prompt: 'welcome' } } },
    // @ts-expect-error -- an event that no call sends; the compiler reports it at the state
    events: { on: { 'call.endde': 'ask' } },
  },
});
