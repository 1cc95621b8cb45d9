import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Rings for ten seconds, then answers: for callers that give up. */
export default setup({ actors: callActors }).createMachine({
  id: 'ringing',
  initial: 'ring',
  states: {
    ring: {
      invoke: {
        src: 'ring',
        input: { duration: 10_000 },
        onDone: choices({ rung: 'wait' }),
        onError: 'done',
      },
    },
    wait: { invoke: { src: 'answer', input: {}, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
