import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Takes the caller into one conference with all others, without a sound of its own. */
export default setup({ actors: callActors }).createMachine({
  id: 'meeting',
  initial: 'talk',
  states: {
    talk: {
      invoke: {
        src: 'conference',
        input: { name: 'meeting', joinTone: false, leaveTone: false },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
