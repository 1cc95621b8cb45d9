import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Says a text of five sentences, and ends the call a little later. */
export default setup({ actors: callActors }).createMachine({
  id: 'long',
  initial: 'say',
  states: {
    say: {
      invoke: {
        src: 'play',
        input: {
          prompt: {
            say: [
              'The captain quietly watches the smooth stone floor, although it rains.',
              'My brother asks about a choice of music before half past eight.',
              'Professor Quinn has forgotten his account number and the usual message.',
              'Your doctor drew the moon above the harbour without a word.',
              'Thank you for your patience, and goodbye until the next time.',
            ].join(' '),
          },
        },
        onDone: 'end',
        onError: 'failed',
      },
    },
    end: {
      invoke: {
        src: 'play',
        input: { prompt: { silence: 400 } },
        onDone: 'done',
        onError: 'failed',
      },
    },
    failed: { type: 'final' },
    done: { type: 'final' },
  },
});
