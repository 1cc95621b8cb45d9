import { callActors, callTypes } from 'callchart';
import { fromPromise, setup } from 'xstate';

/** The look-up is written into its state. */
export default setup({ types: callTypes(), actors: callActors }).createMachine({
  id: 'inline-actor',
  initial: 'lookingUp',
  states: {
    lookingUp: {
      invoke: { src: fromPromise(() => Promise.resolve()), onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
