import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Asks bob whether he takes the call: 1 accepts. Who is declined hears the menu. */
export default setup({ actors: callActors }).createMachine({
  id: 'dial-screened',
  initial: 'colleague',
  states: {
    colleague: {
      invoke: {
        src: 'dial',
        input: { to: 'bob', timeout: 10_000, screening: { prompt: 'leave-message' } },
        onDone: choices({ declinedByScreening: 'declined', otherwise: 'done' }),
        onError: 'done',
      },
    },
    declined: {
      invoke: { src: 'play', input: { prompt: 'menu' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
