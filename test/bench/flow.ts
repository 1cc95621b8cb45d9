/**
 * What a flow costs beside its call: start a machine, answer, wait, hang up, settle; and beside it the
 * floor, which is the same machine on XState alone with actors that do nothing.
 * `node -r ts-node/register test/bench/flow.ts`
 */
import { createActor, fromPromise, setup } from 'xstate';
import type { CallControl, CallEnd } from '../../runtime/call/port';
import { TypeAhead } from '../../runtime/call/digit-queue';
import { silentLogger } from '../../runtime/core/logger';
import { VirtualClock, settle } from '../../runtime/core/virtual-clock';
import { callActors } from '../../runtime/flow/actors';
import { choices } from '../../runtime/flow/choices';
import type {
  AnswerInput,
  AnswerOutcome,
  PauseInput,
  PauseOutcome,
} from '../../runtime/flow/outcomes';
import { runFlow } from '../../runtime/flow/run-flow';

const flow = setup({ actors: callActors }).createMachine({
  id: 'bench',
  initial: 'answer',
  states: {
    answer: { invoke: { src: 'answer', onDone: choices({ answered: 'wait', otherwise: 'done' }) } },
    wait: { invoke: { src: 'pause', input: { duration: 1_000 }, onDone: 'done' } },
    done: { type: 'final' },
  },
});

/** The least that a call can be. */
function bareCall(): CallControl {
  let state: CallControl['state'] = 'ringing';
  let end: CallEnd | undefined;
  const listeners: ((end: CallEnd) => void)[] = [];
  const over = (cause: string): void => {
    if (end !== undefined) return;
    state = 'ended';
    end = { by: 'flow', cause, status: 200, reason: '' };
    for (const listener of listeners) listener(end);
  };
  const unused = (): never => {
    throw new Error('not in this bench');
  };
  return {
    info: {
      id: 'bench',
      callId: 'bench',
      from: { uri: 'sip:a@b.example', user: 'a', displayName: '' },
      to: { uri: 'sip:bench@b.example', user: 'bench', displayName: '' },
      dialled: 'bench',
      headers: {},
      remoteAddress: '127.0.0.1:5060',
      started: 0,
    },
    get state() {
      return state;
    },
    get end() {
      return end;
    },
    digits: new TypeAhead(() => false),
    onEnd: (listener) => {
      listeners.push(listener);
      return () => undefined;
    },
    onEvent: () => () => undefined,
    answer: () => {
      state = 'answered';
      return Promise.resolve();
    },
    hangup: () => over('bye'),
    terminate: (cause) => over(cause),
    note: () => undefined,
    ring: unused,
    reject: unused,
    redirect: unused,
    transfer: unused,
    play: unused,
    record: unused,
    sendDigits: unused,
    echo: unused,
  };
}

const options = {
  logger: silentLogger,
  record: { state: () => undefined },
  removeFile: () => Promise.resolve(),
};

async function flows(calls: number): Promise<void> {
  const clock = new VirtualClock();
  const runs = Array.from(
    { length: calls },
    () => runFlow(flow, bareCall(), { ...options, clock }).done,
  );
  await settle();
  clock.advance(1_000);
  await settle();
  const results = await Promise.all(runs);
  if (results.some(({ type }) => type !== 'final') || clock.pending !== 0) {
    throw new Error('a flow did not end as it should');
  }
}

const clocks = { current: new VirtualClock() };
const bare = flow.provide({
  actors: {
    answer: fromPromise<AnswerOutcome, AnswerInput | undefined>(() =>
      Promise.resolve({ type: 'answered' }),
    ),
    pause: fromPromise<PauseOutcome, PauseInput>(
      ({ input }) =>
        new Promise((resolve) => {
          clocks.current.setTimeout(() => resolve({ type: 'paused' }), input.duration);
        }),
    ),
  },
});

async function floor(calls: number): Promise<void> {
  const clock = new VirtualClock();
  clocks.current = clock;
  const actors = Array.from({ length: calls }, () => {
    const input = { call: bareCall().info };
    return createActor(bare, { clock, logger: () => undefined, input }).start();
  });
  await settle();
  clock.advance(1_000);
  await settle();
  if (actors.some((actor) => actor.getSnapshot().status !== 'done')) {
    throw new Error('a machine did not end as it should');
  }
}

/** CPU microseconds for each call, its share of the garbage collector included: so a mean, not a median. */
async function measured(batch: (calls: number) => Promise<void>): Promise<number> {
  const calls = 100;
  const rounds = 200;
  // The compiler's share comes first.
  for (let round = 0; round < 50; round += 1) await batch(calls);
  const started = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) await batch(calls);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / calls / rounds;
}

/** The best of three, because other work on the machine only ever adds. */
export async function run(): Promise<{ readonly flow: number; readonly floor: number }> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    theirs.push(await measured(floor));
    ours.push(await measured(flows));
  }
  const result = { flow: Math.min(...ours), floor: Math.min(...theirs) };
  console.log(
    `flow: answer, pause, final: ${result.flow.toFixed(1)} µs CPU a call (aim: 60); XState alone ${result.floor.toFixed(1)}`,
  );
  return result;
}

if (require.main === module) void run();
