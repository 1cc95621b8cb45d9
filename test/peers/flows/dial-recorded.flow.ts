import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Calls bob with a ring-back tone of our own, and keeps both sides. */
export default setup({ actors: callActors }).createMachine({
  id: 'dial-recorded',
  initial: 'colleague',
  states: {
    colleague: {
      invoke: {
        src: 'dial',
        input: { to: 'bob', timeout: 10_000, ringback: 'tone', record: { name: 'both' } },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
