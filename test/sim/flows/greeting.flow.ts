import { callActors } from 'callchart';
import { setup } from 'xstate';

/** What somebody who waited hears before he talks. */
export default setup({ actors: callActors }).createMachine({
  id: 'greeting',
  initial: 'greets',
  states: {
    greets: { invoke: { src: 'play', input: { prompt: 'welcome' }, onDone: 'done' } },
    done: { type: 'final' },
  },
});
