import { callActors } from 'callchart';
import { setup } from 'xstate';

/** As `talk`, with all that a wide-band codec can carry: the built-in voice has 16 kHz. */
export default setup({ actors: callActors }).createMachine({
  id: 'talk-wide',
  invoke: { src: 'recordCall', input: { name: 'talk', sampleRate: 16_000 } },
  initial: 'play',
  states: {
    play: {
      invoke: {
        src: 'play',
        input: {
          prompt: {
            say: 'She sells six seashells, says the fish. Thirty three zebras watch the jazz musicians.',
          },
        },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
