import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Gathers four digits and ends the call: the record shows which. */
export default setup({ actors: callActors }).createMachine({
  id: 'digits',
  initial: 'ask',
  states: {
    ask: {
      invoke: {
        src: 'gather',
        input: { maxDigits: 4, finishOn: '', firstDigitTimeout: 8_000, interDigitTimeout: 4_000 },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
