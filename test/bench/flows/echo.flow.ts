import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Sends the caller's packets back. */
export default setup({ actors: callActors }).createMachine({
  id: 'echo',
  initial: 'echoing',
  states: {
    echoing: { invoke: { src: 'echo', onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
