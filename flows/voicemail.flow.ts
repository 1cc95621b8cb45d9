/**
 * A mailbox: a greeting, a message, and then hear it, keep it, record it again or discard it.
 *
 * What it teaches: context that an outcome fills, inputs computed from it, an actor of the flow's own.
 */
import { rm } from 'node:fs/promises';
import { callActors, callTypes, choices } from 'callchart';
import { assign, fromPromise, setup } from 'xstate';

/** Context is plain data. `tries`: a caller who never speaks is not asked for ever. */
interface Mailbox {
  readonly path: string;
  readonly tries: number;
}

export default setup({
  types: callTypes<Mailbox>(),
  actors: {
    ...callActors,
    // Any promise can be an actor.
    remove: fromPromise(({ input }: { input: string }) => rm(input, { force: true })),
  },
  guards: { mayTryAgain: ({ context }) => context.tries < 3 },
}).createMachine({
  id: 'voicemail',
  context: { path: '', tries: 0 },
  initial: 'greeting',
  states: {
    greeting: {
      invoke: {
        src: 'play',
        input: { prompt: 'voicemail-greeting' },
        onDone: 'record',
        onError: 'record',
      },
    },
    record: {
      entry: assign({ tries: ({ context }) => context.tries + 1 }),
      invoke: {
        src: 'record',
        input: { prompt: 'leave-message', minDuration: 1_000, endSilence: 5_000 },
        // A choice may be a whole transition, whose actions know which outcome they see.
        onDone: choices({
          recorded: {
            target: 'review',
            actions: assign({ path: ({ event }) => event.output.recording.path }),
          },
          tooShort: 'tooShort',
          failed: 'failed',
        }),
        onError: 'failed',
      },
    },

    tooShort: {
      invoke: {
        src: 'play',
        input: { prompt: 'message-too-short' },
        onDone: [{ guard: 'mayTryAgain', target: 'record' }, 'bye'],
        onError: 'bye',
      },
    },

    review: {
      invoke: {
        src: 'gather',
        input: {
          prompt: 'voicemail-review',
          valid: ['1', '2', '3', '4'],
          attempts: 2,
        },
        // Whoever says nothing, or hangs up here, keeps the message.
        onDone: choices({ '1': 'listen', '3': 'again', '4': 'discard', otherwise: 'kept' }),
        onError: 'kept',
      },
    },
    listen: {
      invoke: {
        src: 'play',
        input: ({ context }) => ({ prompt: ['your-message', { file: context.path }] }),
        onDone: 'review',
        onError: 'review',
      },
    },
    again: {
      invoke: {
        src: 'remove',
        input: ({ context }) => context.path,
        onDone: 'record',
        onError: 'failed',
      },
    },
    discard: {
      invoke: {
        src: 'remove',
        input: ({ context }) => context.path,
        onDone: 'discarded',
        onError: 'failed',
      },
    },

    kept: {
      invoke: { src: 'play', input: { prompt: 'message-kept' }, onDone: 'bye', onError: 'bye' },
    },
    discarded: {
      invoke: {
        src: 'play',
        input: { prompt: 'message-discarded' },
        onDone: 'bye',
        onError: 'bye',
      },
    },
    failed: {
      invoke: { src: 'play', input: { prompt: 'message-failed' }, onDone: 'bye', onError: 'bye' },
    },
    bye: { invoke: { src: 'play', input: { prompt: 'goodbye' }, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
