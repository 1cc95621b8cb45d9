import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Answers and waits for the caller to hang up. */
export default setup({ actors: callActors }).createMachine({
  id: 'wait',
  initial: 'answer',
  states: {
    answer: { invoke: { src: 'answer', input: {}, onDone: 'wait', onError: 'done' } },
    wait: { on: { 'call.ended': 'done' } },
    done: { type: 'final' },
  },
});
