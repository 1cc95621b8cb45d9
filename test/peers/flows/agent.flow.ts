import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Serves the next who waits. */
export default setup({ actors: callActors }).createMachine({
  id: 'agent',
  initial: 'serving',
  states: {
    serving: {
      invoke: { src: 'dialQueue', input: { queue: 'help' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
