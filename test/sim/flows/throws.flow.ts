import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Breaks after the greeting. */
export default setup({
  actors: callActors,
  actions: {
    breakDown: () => {
      throw new Error('the action broke down');
    },
  },
}).createMachine({
  id: 'throws',
  initial: 'greeting',
  states: {
    greeting: {
      invoke: {
        src: 'play',
        input: { prompt: 'welcome' },
        onDone: { target: 'never', actions: 'breakDown' },
        onError: 'never',
      },
    },
    never: { type: 'final' },
  },
});
