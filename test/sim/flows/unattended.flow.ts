import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Has nowhere to go when its own actor fails. */
export default setup({ actors: callActors }).createMachine({
  id: 'unattended',
  initial: 'greeting',
  states: {
    greeting: {
      invoke: { src: 'play', input: { prompt: { say: 'Hello.' } }, onDone: 'done' },
    },
    done: { type: 'final' },
  },
});
