import { callActors, callTypes } from 'callchart';
import { assign, setup } from 'xstate';

/** The time of the call is kept as a Date. */
export default setup({
  types: callTypes<{ readonly heard: { readonly at: Date | undefined } }>(),
  actors: callActors,
}).createMachine({
  id: 'context-not-serialisable',
  context: { heard: { at: undefined } },
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'Hello.' } },
        onDone: { target: 'done', actions: assign({ heard: { at: new Date(0) } }) },
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
