import { callActors, callTypes } from 'callchart';
import { setup } from 'xstate';

/** A guard looks at a display name as if it always had two words. */
export default setup({
  types: callTypes<{ readonly name: string }>(),
  actors: callActors,
  guards: {
    isAnn: ({ context }) => (JSON.parse(context.name) as string) === 'Ann',
  },
}).createMachine({
  id: 'flow-throws',
  context: ({ input }) => ({ name: input.call.from.displayName }),
  initial: 'welcome',
  states: {
    welcome: {
      invoke: {
        src: 'play',
        input: { prompt: { say: 'Hello.' } },
        onDone: [{ guard: 'isAnn', target: 'done' }, { target: 'done' }],
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
