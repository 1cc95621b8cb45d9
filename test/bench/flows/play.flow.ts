import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Plays one prompt for ever. */
export default setup({ actors: callActors }).createMachine({
  id: 'play',
  initial: 'play',
  states: {
    play: {
      invoke: { src: 'play', input: { prompt: 'menu', loop: 0 }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
