import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Who presses nothing hears hint and menu for ever. */
export default setup({ actors: callActors }).createMachine({
  id: 'endless-loop',
  initial: 'menu',
  states: {
    menu: {
      invoke: {
        src: 'gather',
        input: { prompt: { say: 'Press 1 to leave.' }, valid: ['1'] },
        onDone: choices({ '1': 'done', noInput: 'hint', invalid: 'menu' }),
        onError: 'done',
      },
    },
    hint: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'There was no key.' } },
        onDone: 'menu',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
