import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Records four seconds of the caller. */
export default setup({ actors: callActors }).createMachine({
  id: 'message',
  initial: 'record',
  states: {
    record: {
      invoke: {
        src: 'record',
        input: { beep: false, maxDuration: 4_000, endSilence: 0, finishOn: '' },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
