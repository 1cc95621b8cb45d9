import { callActors } from 'callchart';
import { setup } from 'xstate';

/** The weather is there in English only. */
export default setup({ actors: callActors }).createMachine({
  id: 'prompt-missing',
  initial: 'weather',
  states: {
    weather: {
      invoke: { src: 'play', input: { prompt: 'rain' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
