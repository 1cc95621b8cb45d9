import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** Calls a colleague, and asks nothing after that; whoever is not reached gets a word. */
export default setup({ types: callTypes(), actors: callActors }).createMachine({
  id: 'connect',
  initial: 'colleague',
  states: {
    colleague: {
      invoke: {
        src: 'dial',
        input: { to: 'sip:bob@10.1.9.9', timeout: 10_000, record: { name: 'both' } },
        onDone: choices({ answered: 'thanks', otherwise: 'sorry' }),
        onError: 'sorry',
      },
      on: {
        dtmf: {
          guard: ({ event }) => event.digit === '0' && event.leg === 'caller',
          target: 'thanks',
        },
      },
    },
    thanks: {
      invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' },
    },
    sorry: {
      invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
