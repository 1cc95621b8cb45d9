import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Rings bob and carol at once. */
export default setup({ actors: callActors }).createMachine({
  id: 'dial-team',
  initial: 'team',
  states: {
    team: {
      invoke: {
        src: 'dial',
        input: { to: ['bob', 'carol'], timeout: 10_000 },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
