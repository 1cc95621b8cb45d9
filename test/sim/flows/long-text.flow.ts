import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Says a long text; where that fails, waits a while, so that it is seen. */
export default setup({ actors: callActors }).createMachine({
  id: 'long-text',
  initial: 'say',
  states: {
    say: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'This is the first sentence. Here is a second one. And so on.' } },
        onDone: 'done',
        onError: 'failed',
      },
    },
    failed: { invoke: { src: 'pause', input: { duration: 60_000 }, onDone: 'done' } },
    done: { type: 'final' },
  },
});
