/**
 * The smallest useful flow: it says what it is, then sends the caller's own voice back.
 *
 * A flow is a plain XState machine. `callActors` are what it can do with its call; a state invokes one and
 * goes on when that is done. The first actor that needs sound answers the call, a final state hangs up.
 */
import { callActors } from 'callchart';
import { setup } from 'xstate';

export default setup({ actors: callActors }).createMachine({
  id: 'echo',
  initial: 'welcome',
  states: {
    welcome: {
      // `prompt` is a name in prompts/; onError is taken when it cannot be played.
      invoke: { src: 'play', input: { prompt: 'echo-welcome' }, onDone: 'echo', onError: 'echo' },
    },
    echo: {
      // Durations are milliseconds, everywhere. A caller who hangs up ends the flow in whatever state.
      invoke: {
        src: 'echo',
        input: { finishOn: '#', maxDuration: 300_000 },
        onDone: 'ended',
        onError: 'ended',
      },
    },
    ended: {
      invoke: { src: 'play', input: { prompt: 'echo-ended' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
