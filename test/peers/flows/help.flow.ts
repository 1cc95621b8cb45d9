import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Waits until somebody serves the caller. */
export default setup({ actors: callActors }).createMachine({
  id: 'help',
  initial: 'waiting',
  states: {
    waiting: {
      invoke: {
        src: 'enqueue',
        input: { queue: 'help', music: { tone: 'ringback' } },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
