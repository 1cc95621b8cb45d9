import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** The measured menu: a prompt, one key, half a second of another prompt, and we hang up. */
export default setup({ actors: callActors }).createMachine({
  id: 'menu',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', maxDigits: 1 },
        onDone: choices({ '1': 'branch', otherwise: 'failed' }),
        onError: 'failed',
      },
    },
    branch: {
      invoke: { src: 'play', input: { prompt: 'branch' }, onDone: 'done', onError: 'failed' },
    },
    failed: {
      invoke: { src: 'hangup', input: { reason: 'no key came' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
