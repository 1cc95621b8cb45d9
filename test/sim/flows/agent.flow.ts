import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Serves one caller after the other, each of whom hears the flow `greeting` first. */
export default setup({ actors: callActors }).createMachine({
  id: 'agent',
  initial: 'serving',
  states: {
    serving: {
      invoke: {
        src: 'dialQueue',
        input: { queue: 'help', timeout: 60_000, whisper: { flow: 'greeting', input: 'hello' } },
        onDone: choices({ answered: { target: 'serving', reenter: true }, empty: 'done' }),
        onError: 'failed',
      },
    },
    failed: { type: 'final' },
    done: { type: 'final' },
  },
});
