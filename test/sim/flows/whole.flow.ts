import { callActors, callTypes } from 'callchart';
import { setup } from 'xstate';

/** Sends the caller's voice back, and records both directions. */
export default setup({ types: callTypes(), actors: callActors }).createMachine({
  id: 'whole',
  invoke: { id: 'recording', src: 'recordCall', input: { name: 'whole' } },
  initial: 'echo',
  states: {
    echo: {
      invoke: {
        src: 'echo',
        input: { finishOn: '', maxDuration: 120_000 },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
