import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Nothing leads to 'vip'. */
export default setup({ actors: callActors }).createMachine({
  id: 'unreachable-state',
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'Hello.' } },
        onDone: 'done',
        onError: 'done',
      },
    },
    vip: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'Hello indeed.' } },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
