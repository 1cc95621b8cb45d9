import { callActors, callTypes, choices } from 'callchart';
import { setup } from 'xstate';

/** The conference that the caller names; who convenes it has it recorded. */
export default setup({
  types: callTypes<{ name: string; record: boolean }>(),
  actors: callActors,
}).createMachine({
  id: 'meeting',
  context: ({ input }) => ({
    name: input.call.headers['x-meeting'] ?? '',
    record: input.call.headers['x-convener'] === 'yes',
  }),
  initial: 'meet',
  states: {
    meet: {
      invoke: {
        src: 'conference',
        input: ({ context }) => ({
          name: context.name,
          record: context.record && { name: 'meeting' },
          joinTone: false,
          leaveTone: false,
          leaveKey: '#',
        }),
        onDone: choices({ left: 'afterwards', otherwise: 'done' }),
        onError: 'failed',
      },
    },
    afterwards: {
      invoke: { src: 'pause', input: { duration: 2_000 }, onDone: 'done', onError: 'failed' },
    },
    failed: {
      invoke: { src: 'hangup', onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
});
