import { callActors, callTypes, choices, type DialInput } from 'callchart';
import { assign, setup } from 'xstate';

interface Context {
  readonly dial: DialInput;
  readonly status: number;
}

/** A flow whose author believes whatever callers write: dials it, and rejects the call with what came of it. */
export default setup({ types: callTypes<Context>(), actors: callActors }).createMachine({
  id: 'careless',
  context: ({ input: { call } }) => {
    const said = (name: string): string | undefined => {
      const value = call.headers[name];
      return value === undefined ? undefined : decodeURIComponent(value);
    };
    const [to = '', trunk, note, number, displayName] = [
      ...[said('x-dial'), said('x-trunk'), said('x-note')],
      ...[said('x-number'), said('x-name')],
    ];
    return {
      status: 0,
      dial: {
        to: to.split(' '),
        timeout: 10_000,
        ...(trunk === undefined ? {} : { trunk }),
        ...(note === undefined ? {} : { headers: { 'X-Note': note } }),
        ...(number === undefined && displayName === undefined
          ? {}
          : {
              callerId: {
                ...(number === undefined ? {} : { number }),
                ...(displayName === undefined ? {} : { displayName }),
              },
            }),
      },
    };
  },
  initial: 'other',
  states: {
    other: {
      invoke: {
        src: 'dial',
        input: ({ context }) => context.dial,
        onDone: choices({
          answered: 'done',
          busy: { target: 'refuse', actions: assign({ status: 486 }) },
          noAnswer: { target: 'refuse', actions: assign({ status: 480 }) },
          rejected: {
            target: 'refuse',
            actions: assign({ status: ({ event }) => event.output.status }),
          },
          unreachable: {
            target: 'refuse',
            actions: assign({ status: ({ event }) => event.output.status }),
          },
          otherwise: 'done',
        }),
        onError: { target: 'refuse', actions: assign({ status: 599 }) },
      },
    },
    refuse: {
      invoke: {
        src: 'reject',
        input: ({ context }) => ({ status: context.status }),
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
