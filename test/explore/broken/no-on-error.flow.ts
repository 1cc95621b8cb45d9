import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** The transfer may fail, and nobody has thought of it. */
export default setup({ actors: callActors }).createMachine({
  id: 'no-on-error',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: { say: 'Press 1 for sales.' }, valid: ['1'] },
        onDone: choices({ '1': 'sales', otherwise: 'done' }),
        onError: 'done',
      },
    },
    sales: {
      invoke: {
        src: 'transfer',
        input: { to: 'sip:sales@example.com' },
        onDone: choices({ otherwise: 'done' }),
      },
    },
    done: { type: 'final' },
  },
});
