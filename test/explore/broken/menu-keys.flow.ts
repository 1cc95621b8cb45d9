import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** The English menu names 9, which nothing takes, and not 3; the German one is right. */
export default setup({ actors: callActors }).createMachine({
  id: 'menu-keys',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: 'menu', valid: ['1', '2', '3'] },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
