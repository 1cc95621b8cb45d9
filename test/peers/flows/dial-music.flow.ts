import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Calls bob; who is held hears the menu, over and over. The star key of the caller's ends the conversation. */
export default setup({ actors: callActors }).createMachine({
  id: 'dial-music',
  initial: 'colleague',
  states: {
    colleague: {
      invoke: {
        src: 'dial',
        input: {
          to: 'bob',
          timeout: 10_000,
          ringback: { prompt: 'transferring' },
          holdMusic: 'menu',
          hangupKey: '*',
        },
        onDone: choices({ answered: 'after', otherwise: 'done' }),
        onError: 'done',
      },
    },
    after: {
      invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
