import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Nothing is wrong with it, but its project has a prompt that nobody hears. */
export default setup({ actors: callActors }).createMachine({
  id: 'prompt-unused',
  initial: 'welcome',
  states: {
    welcome: {
      invoke: { src: 'play', input: { prompt: 'hello' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
