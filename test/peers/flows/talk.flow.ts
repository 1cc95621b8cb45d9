import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Plays speech and keeps both sides, the caller left: at 8 kHz. */
export default setup({ actors: callActors }).createMachine({
  id: 'talk',
  invoke: { src: 'recordCall', input: { name: 'talk' } },
  initial: 'play',
  states: {
    play: {
      invoke: {
        src: 'play',
        input: { prompt: 'survey-satisfied' },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
