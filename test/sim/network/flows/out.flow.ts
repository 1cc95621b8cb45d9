import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** Puts the caller through by the trunk. */
export default setup({
  types: callTypes<{ readonly dialled: string }>(),
  actors: callActors,
}).createMachine({
  id: 'out',
  context: ({ input }) => ({ dialled: input.call.dialled }),
  initial: 'trunk',
  states: {
    trunk: {
      invoke: {
        src: 'dial',
        input: ({ context }) => ({ to: context.dialled, trunk: 'carrier', timeout: 60_000 }),
        onDone: choices({
          answered: 'done',
          rejected: 'rejected',
          unreachable: 'unreachable',
          otherwise: 'other',
        }),
        onError: 'other',
      },
    },
    rejected: {
      invoke: { src: 'reject', input: { status: 403 }, onDone: 'done', onError: 'done' },
    },
    unreachable: {
      invoke: { src: 'reject', input: { status: 503 }, onDone: 'done', onError: 'done' },
    },
    other: { invoke: { src: 'reject', input: { status: 480 }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
