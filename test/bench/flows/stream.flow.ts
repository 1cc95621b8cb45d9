import { callActors } from 'callchart';
import { setup } from 'xstate';

/** Gives the call to the app of the benchmark, both ways. */
export default setup({ actors: callActors }).createMachine({
  id: 'stream',
  initial: 'talking',
  states: {
    talking: {
      invoke: {
        src: 'stream',
        input: {
          url: `ws://127.0.0.1:${process.env['BENCH_STREAM_PORT']}`,
          ...(process.env['BENCH_STREAM_ENCODING'] === 'l16'
            ? ({ encoding: 'l16', sampleRate: 16_000 } as const)
            : {}),
        },
        onDone: 'done',
        onError: 'done',
      },
    },
    done: { type: 'final' },
  },
});
