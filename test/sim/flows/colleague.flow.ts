import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** Calls whom the caller names, and records both. */
export default setup({ types: callTypes<{ to: string }>(), actors: callActors }).createMachine({
  id: 'colleague',
  context: ({ input }) => ({ to: input.call.headers['x-colleague'] ?? '' }),
  initial: 'talk',
  states: {
    talk: {
      invoke: {
        src: 'dial',
        input: ({ context }) => ({ to: context.to, timeout: 10_000, record: { name: 'both' } }),
        onDone: choices({ answered: 'done', otherwise: 'failed' }),
        onError: 'failed',
      },
    },
    failed: {
      invoke: { src: 'hangup', onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
