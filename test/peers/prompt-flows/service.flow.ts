import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Has a service of speech say four sentences, and ends the call a little later. */
export default setup({ actors: callActors }).createMachine({
  id: 'service',
  initial: 'say',
  states: {
    say: {
      invoke: {
        src: 'play',
        input: {
          prompt: {
            say: [
              'This is the number one of the sentences, and it is followed by others.',
              'This is the number two of the sentences, and it is followed by others.',
              'This is the number three of the sentences, and it is followed by another.',
              'This is the number four of the sentences, and nothing follows it.',
            ].join(' '),
            voice: 'en-US-Standard-C',
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
