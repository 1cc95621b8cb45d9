import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Plays the menu and ends the call: for comparing what was heard. */
export default setup({ actors: callActors }).createMachine({
  id: 'prompt',
  initial: 'play',
  states: {
    play: {
      invoke: { src: 'play', input: { prompt: 'menu' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
