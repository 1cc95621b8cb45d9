import { callActors, callTypes, choices } from 'callchart';
import { sendTo, setup } from 'xstate';

/** Records the whole call, but for the second that the caller takes to tell a secret, and then a colleague. */
export default setup({ types: callTypes(), actors: callActors }).createMachine({
  id: 'recorded',
  invoke: { id: 'recording', src: 'recordCall', input: { name: 'whole' } },
  initial: 'message',
  states: {
    message: {
      invoke: {
        src: 'record',
        input: { maxDuration: 1_000, beep: false, name: 'message' },
        onDone: 'secret',
        onError: 'done',
      },
    },
    secret: {
      entry: sendTo('recording', { type: 'pause' }),
      exit: sendTo('recording', { type: 'resume' }),
      after: { 1_000: 'colleague' },
    },
    colleague: {
      invoke: {
        src: 'dial',
        input: {
          to: 'sip:bob@10.1.9.9',
          timeout: 10_000,
          ringback: { prompt: 'goodbye' },
          record: true,
        },
        onDone: choices({ otherwise: 'done' }),
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
