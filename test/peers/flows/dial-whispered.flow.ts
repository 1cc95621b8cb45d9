import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Lets bob hear a flow of his own before both talk. */
export default setup({ actors: callActors }).createMachine({
  id: 'dial-whispered',
  initial: 'colleague',
  states: {
    colleague: {
      invoke: {
        src: 'dial',
        input: { to: { to: 'bob', timeout: 10_000, whisper: { flow: 'whisper' } } },
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
