import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

const input = {
  input: ['digits', 'speech'],
  hints: ['sales', 'support', 'opening hours'],
  speechTimeout: 500,
  firstDigitTimeout: 8_000,
} as const;

/** Listens twice. */
export default setup({ actors: callActors }).createMachine({
  id: 'listens',
  initial: 'first',
  states: {
    first: {
      invoke: {
        src: 'gather',
        input,
        onDone: choices({ speech: 'second', otherwise: 'lost' }),
        onError: 'lost',
      },
    },
    second: {
      invoke: {
        src: 'gather',
        input,
        onDone: choices({ speech: 'done', otherwise: 'lost' }),
        onError: 'lost',
      },
    },
    lost: { type: 'final' },
    done: { type: 'final' },
  },
});
