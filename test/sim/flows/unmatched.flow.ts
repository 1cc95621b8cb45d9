import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Did not think of a caller who presses nothing. */
export default setup({ actors: callActors }).createMachine({
  id: 'unmatched',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'welcome', maxDigits: 1, attempts: 1, firstDigitTimeout: 1_000 },
        onDone: choices({ '1': 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
