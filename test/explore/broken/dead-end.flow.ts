import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Whoever presses 2 waits for ever. */
export default setup({ actors: callActors }).createMachine({
  id: 'dead-end',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: { say: 'Press 1 to leave, or 2 to wait.' }, valid: ['1', '2'] },
        onDone: choices({ '1': 'done', '2': 'waiting', otherwise: 'done' }),
        onError: 'done',
      },
    },
    waiting: {},
    done: { type: 'final' },
  },
});
