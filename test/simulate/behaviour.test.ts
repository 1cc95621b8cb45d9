import { callActors, callTypes, choices, now } from 'callchart';
import {
  hangsUp,
  hears,
  holds,
  presses,
  reaches,
  resumes,
  says,
  simulate,
  waits,
  type SimulateOptions,
} from 'callchart/testing';
import {
  assign,
  fromCallback,
  fromPromise,
  setup,
  type AnyStateMachine,
  type PromiseActorLogic,
} from 'xstate';

type Outcome = { readonly type: string };

/** A flow of one state, which keeps the outcome of its actor and all events that it is told. */
function one(src: keyof typeof callActors, input: object): AnyStateMachine {
  const only: PromiseActorLogic<Outcome> = callActors[src] as never;
  return setup({
    types: {
      context: {} as { readonly outcome?: Outcome; readonly events: readonly string[] },
    },
    actors: { only },
  }).createMachine({
    id: 'one',
    context: { events: [] },
    initial: 'only',
    on: {
      '*': {
        actions: assign({ events: ({ context, event }) => [...context.events, event.type] }),
      },
    },
    states: {
      only: {
        invoke: {
          src: 'only',
          input,
          onDone: { target: 'done', actions: assign({ outcome: ({ event }) => event.output }) },
        },
      },
      done: { type: 'final' },
    },
  });
}

async function outcomeOf(
  src: keyof typeof callActors,
  input: object,
  options: SimulateOptions = {},
): Promise<{ readonly outcome: unknown; readonly events: readonly string[]; readonly at: number }> {
  const call = await simulate(one(src, input), { prompts: false, ...options });
  const { outcome, events } = call.context as { outcome: unknown; events: readonly string[] };
  return { outcome, events, at: call.duration };
}

const beep = { tone: 'beep' } as const;
const desk = 'sip:desk@pbx.example';

describe('a simulated dial', () => {
  it.each<[string, object, SimulateOptions, object, number]>([
    ['nobody answers', {}, {}, { type: 'noAnswer' }, 30_000],
    ['busy', {}, { dial: [{ result: { type: 'busy' } }] }, { type: 'busy' }, 2_000],
    [
      'rings for longer than the flow lets it',
      { timeout: 5_000 },
      { dial: [{ rings: 6_000 }] },
      { type: 'noAnswer' },
      5_000,
    ],
    [
      'answered',
      {},
      { dial: [{ rings: 1_000, talks: 4_000 }] },
      { type: 'answered', target: desk, talkTime: 4_000, endedBy: 'callee' },
      5_000,
    ],
    [
      'the time limit',
      { timeLimit: 3_000 },
      { dial: [{ talks: Infinity }] },
      { type: 'answered', target: desk, talkTime: 3_000, endedBy: 'timeLimit' },
      5_000,
    ],
    [
      'the hang-up key, and no other',
      { hangupKey: '*' },
      { dial: [{ rings: 0 }], caller: [waits(1_000), presses('1*')] },
      { type: 'answered', target: desk, talkTime: 1_200, endedBy: 'hangupKey' },
      1_200,
    ],
    [
      'screening that is accepted',
      { screening: { prompt: { silence: 3_000 } } },
      { dial: [{ talks: 1_000 }] },
      { type: 'answered', target: desk, talkTime: 1_000, endedBy: 'callee' },
      7_000,
    ],
    [
      'screening without a key',
      { screening: { prompt: { silence: 3_000 }, timeout: 4_000 } },
      { dial: [{ presses: false }] },
      { type: 'declinedByScreening' },
      9_000,
    ],
    [
      'one after another',
      { to: ['a', 'b'], strategy: 'sequential' },
      { dial: [{ result: { type: 'busy' } }, { talks: 1_000 }] },
      { type: 'answered', target: 'b', talkTime: 1_000, endedBy: 'callee' },
      5_000,
    ],
    [
      'all at once: the first who answers',
      { to: ['a', 'b'] },
      { dial: [{ rings: 3_000 }, { rings: 2_000, talks: 1_000 }] },
      { type: 'answered', target: 'b', talkTime: 1_000, endedBy: 'callee' },
      3_000,
    ],
    [
      'a recording of both',
      { record: true },
      { dial: [{ talks: 1_000 }] },
      {
        type: 'answered',
        target: desk,
        talkTime: 1_000,
        endedBy: 'callee',
        recording: { path: '/simulated/1.wav', duration: 1_000 },
      },
      3_000,
    ],
  ])('%s', async (_, input, options, outcome, at) => {
    const told = await outcomeOf('dial', { to: desk, ...input }, options);
    const leg =
      'target' in outcome ? { leg: expect.stringMatching(/^call-1\.\d$/) as unknown } : {};
    expect(told.outcome).toEqual({ ...outcome, ...leg });
    expect(told.at).toBe(at);
  });

  it.each([
    ['a ring-back', { ringback: { prompt: 'gone' } }],
    ['a question for the callee', { screening: { prompt: 'gone' } }],
  ])('fails, as a real one does, when %s cannot be had', async (_, input) => {
    const call = await simulate(one('dial', { to: desk, ...input }), {
      ...{ prompts: false, broken: ['gone'], dial: [{ talks: 1_000 }] },
    });
    expect(call.transcript).toContain('the prompt gone cannot be had');
    expect(call.answered).toBe(false);
    // The flow has no `onError`, but a wildcard takes the event.
    expect(call.context).toMatchObject({
      events: [expect.stringContaining('xstate.error.actor'), 'call.ended'],
    });
  });

  it('tells the flow who rings and answers, of keys, and of hold', async () => {
    const { events } = await outcomeOf(
      'dial',
      { to: desk },
      {
        dial: [{ talks: 5_000 }],
        caller: [waits(3_000), presses('7'), holds(), waits(500), resumes()],
      },
    );
    expect(events).toEqual(['dial.ringing', 'dial.answered', 'dtmf', 'call.held', 'call.resumed']);
  });

  it('ends with the caller, who rings or talks', async () => {
    for (const [wait, type] of [
      [1_000, 'cancelled'],
      [3_000, 'answered'],
    ] as const) {
      const call = await simulate(one('dial', { to: desk }), {
        prompts: false,
        dial: [{}],
        caller: [waits(wait), hangsUp()],
      });
      expect(call.end).toMatchObject({ by: 'caller', cause: wait < 2_000 ? 'cancel' : 'bye' });
      expect(call.context).toMatchObject({ outcome: { type } });
      expect(call.duration).toBe(wait);
    }
  });
});

describe('a simulated recording', () => {
  it.each<[string, object, SimulateOptions, object]>([
    [
      'silence, from the end of the speech on',
      { endSilence: 2_000 },
      { caller: [hears(beep), waits(1_300), says('Hello', 1_500)] },
      { type: 'recorded', endedBy: 'silence', recording: { duration: 4_500 } },
    ],
    [
      'the key',
      {},
      { caller: [hears(beep), says('Hello', 2_300), presses('#')] },
      { type: 'recorded', endedBy: 'finishOn', digit: '#', recording: { duration: 2_000 } },
    ],
    [
      'the longest duration, pauses left out',
      { maxDuration: 3_000, pauseOn: '1' },
      { caller: [hears(beep), waits(1_300), presses('1'), waits(5_000), presses('1')] },
      {
        type: 'recorded',
        endedBy: 'maxDuration',
        recording: { duration: 3_000, pauses: [{ at: 1_000, duration: 5_000 }] },
      },
    ],
    ['nobody who speaks', { startSilence: 4_000 }, {}, { type: 'noSpeech' }],
    [
      'too short',
      { minDuration: 1_000 },
      { caller: [hears(beep), waits(800), presses('#')] },
      { type: 'tooShort', duration: 500 },
    ],
    [
      'trimmed',
      { endSilence: 2_000, trim: 200 },
      { caller: [hears(beep), waits(1_300), says('Hello', 1_500)] },
      { type: 'recorded', recording: { duration: 1_900 } },
    ],
  ])('%s', async (_, input, options, outcome) => {
    expect((await outcomeOf('record', input, options)).outcome).toMatchObject(outcome);
  });
});

describe('what a simulated call hears', () => {
  it('tells of speech as late as a real one: onset and hangover', async () => {
    const spoken = await outcomeOf(
      'detectSpeech',
      {},
      { caller: [waits(1_000), says('Hello', 800)] },
    );
    expect(spoken).toMatchObject({ outcome: { type: 'speech', duration: 1_200 }, at: 2_300 });
    expect(await outcomeOf('detectSpeech', { timeout: 3_000 })).toMatchObject({
      outcome: { type: 'silence' },
      at: 3_000,
    });
  });

  it('finds out who has answered as the test says', async () => {
    const machine = [{ type: 'machine', reason: 'words', decidedAt: 900 }] as const;
    expect(await outcomeOf('detectMachine', {}, { machine })).toMatchObject({
      outcome: { type: 'machine', reason: 'words', beep: false },
      at: 900,
    });
    expect((await outcomeOf('detectMachine', {})).outcome).toMatchObject({ type: 'human' });
  });

  it('steers what is played by keys: forward, pause, on', async () => {
    const prompt = { silence: 10_000 };
    const controls = { forward: '6', pause: '5' };
    const caller = [
      waits(1_000),
      presses('6'),
      waits(1_000),
      presses('5'),
      waits(700),
      presses('5'),
    ];
    const { at } = await outcomeOf('play', { prompt, controls }, { caller });
    expect(at).toBe(1_000 + 1_000 + 700 + 3_000);
  });
});

describe('a simulated conference', () => {
  it.each<[string, object, SimulateOptions, object, number]>([
    ['full', { maxParties: 2 }, { conference: [{ others: 2 }] }, { type: 'full', parties: 2 }, 0],
    [
      'the key',
      { leaveKey: '#' },
      { caller: [waits(4_000), presses('#')] },
      { type: 'left', endedBy: 'leaveKey', duration: 4_000 },
      4_000,
    ],
    [
      'ended by others',
      {},
      { conference: [{ ends: 9_000 }] },
      { type: 'left', endedBy: 'ended', duration: 9_000 },
      9_000,
    ],
  ])('%s', async (_, input, options, outcome, at) => {
    const told = await outcomeOf('conference', { name: 'team', ...input }, options);
    expect(told).toMatchObject({ outcome, at });
  });

  it('tells who comes, goes and speaks', async () => {
    const { events } = await outcomeOf(
      'conference',
      { name: 'team', startOnEnter: false, timeLimit: 9_000, waitMusic: 'music' },
      {
        conference: [{ others: 0, joins: [1_000], leaves: [6_000] }],
        caller: [waits(2_000), says('Hello', 1_000)],
      },
    );
    expect(events).toEqual([
      'conference.started',
      'conference.joined',
      'conference.speaking',
      'conference.silent',
      'conference.left',
    ]);
  });
});

describe('the signalling of a simulated call', () => {
  it('is refused or sent elsewhere before the answer', async () => {
    const busy = await simulate(one('reject', { status: 603 }), { prompts: false });
    expect(busy).toMatchObject({
      answered: false,
      end: { by: 'flow', cause: 'rejected', status: 603 },
    });
    const gone = await simulate(one('redirect', { to: desk }), { prompts: false });
    expect(gone.end).toMatchObject({ cause: 'redirected', status: 302, reason: desk });
  });

  it('is transferred, or not', async () => {
    const input = { to: desk, timeout: 5_000 };
    const done = await simulate(one('transfer', input), { prompts: false });
    expect(done.end).toMatchObject({ by: 'flow', cause: 'transferred' });
    const transfer = [{ type: 'noNotify' }] as const;
    expect(await outcomeOf('transfer', input, { transfer })).toMatchObject({
      outcome: { type: 'noAnswer' },
      at: 5_000,
    });
  });

  it('rings, with sound where the phone can hear it before the answer', async () => {
    const input = { prompt: 'music' };
    const early = await simulate(one('ring', input), { prompts: false });
    expect(early.heard).toEqual(['music']);
    expect(early.answered).toBe(false);
    const deaf = await simulate(one('ring', input), { prompts: false, earlyMedia: false });
    expect(deaf.heard).toEqual([]);
    expect(deaf.duration).toBe(6_000);
  });
});

describe("a flow's own actors and time", () => {
  const flow = setup({
    types: callTypes<{ readonly asked: number; readonly ticks: number }>(),
    actors: {
      ...callActors,
      slow: fromPromise(
        () => new Promise<string>((resolve) => setImmediate(() => resolve('real'))),
      ),
      ticks: fromCallback(({ sendBack }) => sendBack({ type: 'tick' })),
      inner: setup({ actors: callActors }).createMachine({
        initial: 'play',
        states: {
          play: { invoke: { src: 'play', input: { prompt: 'inner' }, onDone: 'done' } },
          done: { type: 'final' },
        },
      }),
    },
  }).createMachine({
    id: 'own',
    context: { asked: 0, ticks: 0 },
    initial: 'asking',
    invoke: { src: 'ticks' },
    states: {
      asking: {
        entry: assign({ asked: () => now() }),
        invoke: { src: 'slow', onDone: 'telling', onError: 'telling' },
      },
      telling: { invoke: { src: 'inner', onDone: 'done' } },
      done: { type: 'final' },
    },
  });

  it('run for real where the test gives no answer, and take no time', async () => {
    const call = await simulate(flow, {
      prompts: false,
      at: 'Sunday 03:00',
      zone: 'Europe/Berlin',
      caller: [reaches('telling'), hears('inner')],
    });
    expect(call).toMatchObject({ path: ['asking', 'telling', 'done'], duration: 2_000 });
    expect(call.context).toMatchObject({ asked: Date.UTC(2026, 0, 11, 2) });
  });

  it('give the same transcript in every run', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => simulate(flow, { prompts: false })));
    expect(new Set(runs.map(({ transcript }) => transcript)).size).toBe(1);
  });

  it('tell which transitions were taken, by the ids of the map', async () => {
    const { transitions } = await simulate(flow, {
      prompts: false,
      actors: { slow: () => Promise.reject(new Error('down')) },
    });
    expect(transitions).toEqual(['asking: error', 'telling: done']);
  });
});

test('choices that the types allow are what simulated actors give', async () => {
  const flow = setup({ actors: callActors }).createMachine({
    initial: 'menu',
    states: {
      menu: {
        invoke: {
          src: 'gather',
          input: { prompt: 'menu', maxDigits: 2 },
          onDone: choices({ '12': 'done', otherwise: 'other' }),
        },
      },
      other: { type: 'final' },
      done: { type: 'final' },
    },
  });
  const call = await simulate(flow, { prompts: false, caller: [hears(), presses('12')] });
  expect(call).toMatchObject({ result: { type: 'final', state: 'done' }, duration: 200 });
});
