import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Gives back what it hears for five seconds, and keeps both sides. */
export default setup({ actors: callActors }).createMachine({
  id: 'echo-recorded',
  invoke: { src: 'recordCall', input: { name: 'echo' } },
  initial: 'echo',
  states: {
    echo: {
      invoke: { src: 'echo', input: { maxDuration: 5_000 }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
