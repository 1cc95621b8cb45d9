import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Plays a prompt until a key is pressed, is silent for a while, and plays it again. */
export default setup({ actors: callActors }).createMachine({
  id: 'barge-in',
  initial: 'ask',
  states: {
    ask: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', maxDigits: 1 },
        onDone: choices({ hangup: 'done', otherwise: 'quiet' }),
        onError: 'done',
      },
    },
    quiet: { after: { 600: 'ask' }, on: { 'call.ended': 'done' } },
    done: { type: 'final' },
  },
});
