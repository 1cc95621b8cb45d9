import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Wants to speak; where it cannot, the recorded prompt does. */
export default setup({ actors: callActors }).createMachine({
  id: 'speechless',
  initial: 'greeting',
  states: {
    greeting: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'Good morning.' } },
        onDone: 'done',
        onError: 'recorded',
      },
    },
    recorded: {
      invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
