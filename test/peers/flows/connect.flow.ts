import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Connects the caller with the phone of the user bob. */
export default setup({ actors: callActors }).createMachine({
  id: 'connect',
  initial: 'dial',
  states: {
    dial: {
      invoke: {
        src: 'dial',
        input: { to: 'bob', timeout: 20_000 },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
