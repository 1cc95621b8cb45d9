import { hangsUp, presses, simulate, waits } from 'callchart/testing';
import { assign, sendTo, setup } from 'xstate';
import { callActors } from '../../runtime/flow/actors';
import type {
  DialQueueInput,
  DialQueueOutcome,
  EnqueueInput,
  EnqueueOutcome,
} from '../../runtime/flow/outcomes';
import type { SimulateOptions } from '../../runtime/simulate/port';

interface Context {
  readonly outcome: EnqueueOutcome | DialQueueOutcome | undefined;
  readonly events: readonly string[];
}

const base = setup({ types: { context: {} as Context }, actors: callActors });
const start: Context = { outcome: undefined, events: [] };
const heard = assign<
  Context,
  { readonly type: string },
  undefined,
  { readonly type: string },
  never
>({ events: ({ context, event }) => [...context.events, event.type] });

function waiting(input: Omit<EnqueueInput, 'queue'>) {
  return base.createMachine({
    id: 'help',
    context: start,
    initial: 'queue',
    on: { 'queue.*': { actions: heard } },
    states: {
      queue: {
        invoke: {
          id: 'place',
          src: 'enqueue',
          input: { queue: 'help', ...input },
          onDone: {
            target: 'done',
            actions: assign({ outcome: ({ event }) => event.output }),
          },
        },
        on: { dtmf: { actions: sendTo('place', { type: 'leave' }) } },
      },
      done: { type: 'final' },
    },
  });
}

function serving(input: Omit<DialQueueInput, 'queue'>) {
  return base.createMachine({
    id: 'agent',
    context: start,
    initial: 'queue',
    states: {
      queue: {
        invoke: {
          src: 'dialQueue',
          input: { queue: 'help', ...input },
          onDone: {
            target: 'done',
            actions: assign({ outcome: ({ event }) => event.output }),
          },
        },
      },
      done: { type: 'final' },
    },
  });
}

type Waits = [string, Omit<EnqueueInput, 'queue'>, SimulateOptions, object, number];
type Serves = [string, Omit<DialQueueInput, 'queue'>, SimulateOptions, object, number];

const talk = { talkTime: 30_000, waited: 5_000 };

const callers: Waits[] = [
  ['bridged', {}, {}, { type: 'bridged', ...talk, endedBy: 'agent', agentCall: 'another' }, 35_000],
  ['full', { maxSize: 2 }, { queue: [{ ahead: 2 }] }, { type: 'full', size: 2 }, 0],
  ['full by itself', {}, { queue: [{ full: true }] }, { type: 'full', size: 0 }, 0],
  ['timeout', { timeout: 4_000 }, {}, { type: 'timeout', waited: 4_000 }, 4_000],
  [
    'left',
    {},
    { caller: [waits(1_000), presses('1')], queue: [{ ahead: 1 }] },
    { type: 'left', waited: 1_000, position: 2 },
    1_000,
  ],
  [
    'bridged, and hung up',
    {},
    { caller: [waits(9_000), hangsUp()] },
    { type: 'bridged', talkTime: 4_000, waited: 5_000, endedBy: 'caller' },
    9_000,
  ],
  ['hangup', {}, { caller: [waits(2_000), hangsUp()] }, { type: 'hangup', waited: 2_000 }, 2_000],
];

describe('a simulated caller in a queue', () => {
  it.each(callers)('comes to %s', async (_, input, options, outcome, duration) => {
    const call = await simulate(waiting(input), { ...options, prompts: false });
    expect((call.context as Context).outcome).toMatchObject(outcome);
    expect(call.duration).toBe(duration);
  });

  it('is told where it stands, and that somebody serves it', async () => {
    const call = await simulate(waiting({ music: 'music' }), {
      queue: [{ comes: 9_000, ahead: 2, moves: [1_000, 4_000], talks: 10_000 }],
      prompts: false,
    });
    expect((call.context as Context).events).toEqual([
      ...Array<string>(3).fill('queue.position'),
      'queue.taken',
      'queue.bridged',
    ]);
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls help
        0.0  flow      queue
        0.0  call      answered
        0.0  call      waits in the queue help: position 3
        0.0  prompt    music
        1.0  call      position 2 in the queue
        4.0  call      position 1 in the queue
        9.0  call      talks with an agent
       19.0  call      the talk is over after 10 s: agent
       19.0  flow      done
       19.0  end       the flow hung up (final: done)"
    `);
  });
});

const agents: Serves[] = [
  ['empty', { timeout: 2_000 }, {}, { type: 'empty' }, 2_000],
  [
    'answered',
    { record: true, whisper: 'music' },
    { queue: [{ data: { topic: 'orders' }, waitedBefore: 60_000 }] },
    {
      ...{ type: 'answered', talkTime: 30_000, endedBy: 'caller', waited: 60_000 },
      ...{ call: 'another', data: { topic: 'orders' }, recording: { duration: 30_000 } },
    },
    37_000,
  ],
  [
    'answered until the key',
    { hangupKey: '*' },
    { caller: [waits(8_000), presses('*')] },
    { type: 'answered', endedBy: 'hangupKey', talkTime: 3_000 },
    8_000,
  ],
  [
    'answered until the limit',
    { timeLimit: 7_000 },
    { queue: [{ comes: 0, talks: Infinity }] },
    { type: 'answered', endedBy: 'timeLimit', talkTime: 7_000 },
    7_000,
  ],
];

describe('a simulated agent of a queue', () => {
  it.each(agents)('comes to %s', async (_, input, options, outcome, duration) => {
    const call = await simulate(serving(input), { ...options, prompts: false });
    expect((call.context as Context).outcome).toMatchObject(outcome);
    expect(call.duration).toBe(duration);
  });
});
