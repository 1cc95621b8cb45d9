import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** Finds out who speaks. */
export default setup({ types: callTypes(), actors: callActors }).createMachine({
  id: 'who',
  initial: 'answer',
  states: {
    answer: {
      invoke: { src: 'answer', onDone: choices({ answered: 'listen', otherwise: 'done' }) },
    },
    listen: {
      invoke: {
        src: 'detectMachine',
        onDone: choices({ human: 'human', machine: 'machine', otherwise: 'other' }),
        onError: 'other',
      },
    },
    human: { invoke: { src: 'pause', input: { duration: 500 }, onDone: 'done', onError: 'done' } },
    machine: {
      invoke: { src: 'pause', input: { duration: 500 }, onDone: 'done', onError: 'done' },
    },
    other: { invoke: { src: 'pause', input: { duration: 500 }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
