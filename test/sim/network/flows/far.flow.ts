import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Lets the caller hear himself until he presses #, and hangs up. */
export default setup({ actors: callActors }).createMachine({
  id: 'far',
  initial: 'echo',
  states: {
    echo: {
      invoke: { src: 'echo', input: { finishOn: '#' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
