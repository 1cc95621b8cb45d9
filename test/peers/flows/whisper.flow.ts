import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** What bob hears before he talks with the caller: 1 takes the call. */
export default setup({ actors: callActors }).createMachine({
  id: 'whisper',
  initial: 'asking',
  states: {
    asking: {
      invoke: {
        src: 'gather',
        input: { prompt: 'leave-message', maxDigits: 1, firstDigitTimeout: 5_000 },
        onDone: choices({ '1': 'taken', otherwise: 'declined' }),
        onError: 'declined',
      },
    },
    declined: { invoke: { src: 'hangup', onDone: 'taken', onError: 'taken' } },
    taken: { type: 'final' },
  },
});
