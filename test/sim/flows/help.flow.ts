import { callActors, choices } from 'callchart';
import { sendTo, setup } from 'xstate';

/** A caller who waits: one who presses 1 leaves a message instead. */
export default setup({ actors: callActors }).createMachine({
  id: 'help',
  initial: 'waiting',
  states: {
    waiting: {
      invoke: {
        id: 'place',
        src: 'enqueue',
        input: { queue: 'help', music: 'menu', data: { topic: 'orders' } },
        onDone: choices({ bridged: 'thanks', left: 'message', otherwise: 'done' }),
        onError: 'done',
      },
      on: {
        dtmf: {
          guard: ({ event }) => event.digit === '1',
          actions: sendTo('place', { type: 'leave' }),
        },
      },
    },
    message: { invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done' } },
    thanks: { invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done' } },
    done: { type: 'final' },
  },
});
