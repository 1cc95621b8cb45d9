import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Nobody has thought of a callee who is busy. */
export default setup({ actors: callActors }).createMachine({
  id: 'missing-outcome',
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'Hello.' } },
        onDone: 'dial',
        onError: 'dial',
      },
    },
    dial: {
      invoke: {
        src: 'dial',
        input: { to: 'alice' },
        onDone: choices({
          answered: 'done',
          noAnswer: 'done',
          rejected: 'done',
          unreachable: 'done',
          cancelled: 'done',
          declinedByScreening: 'done',
        }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
