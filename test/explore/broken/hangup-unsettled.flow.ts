import { callActors, callTypes } from 'callchart';
import { fromPromise, setup } from 'xstate';

/** It tries to save for ever, also when the caller has gone. */
export default setup({
  types: callTypes(),
  actors: { ...callActors, save: fromPromise(() => Promise.resolve()) },
}).createMachine({
  id: 'hangup-unsettled',
  initial: 'talking',
  states: {
    talking: {
      on: { 'call.ended': 'saving' },
      invoke: { src: 'echo', onDone: 'done', onError: 'done' },
    },
    saving: { invoke: { src: 'save', onDone: 'done', onError: 'again' } },
    again: { always: 'saving' },
    done: { type: 'final' },
  },
});
