import { callActors, choices } from 'callchart';
import { setup } from 'xstate';

/** Transfers the caller to whom the environment names. */
export default setup({ actors: callActors }).createMachine({
  id: 'transfer',
  initial: 'transfer',
  states: {
    transfer: {
      invoke: {
        src: 'transfer',
        input: { to: process.env['TRANSFER_TO'] ?? 'sip:nobody@127.0.0.1:9', timeout: 20_000 },
        onDone: choices({ transferred: 'done', otherwise: 'failed' }),
        onError: 'failed',
      },
    },
    failed: { invoke: { src: 'hangup', input: {}, onDone: 'done', onError: 'done' } },
    done: { type: 'final' },
  },
});
