import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** Puts the caller through to whom he has dialled, by way of the proxy, and says goodbye when they have talked. */
export default setup({
  types: callTypes<{ readonly dialled: string }>(),
  actors: callActors,
}).createMachine({
  id: 'outside',
  context: ({ input }) => ({ dialled: input.call.dialled }),
  initial: 'other',
  states: {
    other: {
      invoke: {
        src: 'dial',
        input: ({ context }) => ({ to: `sip:${context.dialled}@10.0.0.2`, hangupKey: '*' }),
        onDone: choices({ answered: 'farewell', otherwise: 'refused' }),
        onError: 'refused',
      },
    },
    farewell: {
      invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' },
    },
    refused: {
      invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
