import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Calls bob, and has a word for the caller when bob has gone: the path shows how it went. */
export default setup({ actors: callActors }).createMachine({
  id: 'dial',
  initial: 'colleague',
  states: {
    colleague: {
      invoke: {
        src: 'dial',
        input: { to: 'bob', timeout: 3_000 },
        onDone: choices({
          answered: 'after',
          busy: 'busy',
          noAnswer: 'noAnswer',
          unreachable: 'unreachable',
          otherwise: 'failed',
        }),
        onError: 'failed',
      },
    },
    after: {
      invoke: { src: 'play', input: { prompt: 'menu' }, onDone: 'done', onError: 'failed' },
    },
    busy: { invoke: { src: 'reject', input: { status: 486 }, onDone: 'done', onError: 'failed' } },
    noAnswer: {
      invoke: { src: 'reject', input: { status: 480 }, onDone: 'done', onError: 'failed' },
    },
    unreachable: {
      invoke: { src: 'reject', input: { status: 404 }, onDone: 'done', onError: 'failed' },
    },
    failed: { type: 'final' },
    done: { type: 'final' },
  },
});
