import { callActors, choices } from 'callchart';
import { sendTo, setup } from 'xstate';
import type { CallActorContracts } from '../../runtime/flow/actors';
import { checkInput } from '../../runtime/flow/input-check';
import { settle } from '../../runtime/core/virtual-clock';
import { expectOver, runFakeCall } from '../support/run-fake-call';

/** A flow that records the whole call, with a pause in it, beside a message. */
function flow(input: CallActorContracts['record']['input'] = {}) {
  const outcomes: unknown[] = [];
  const note = ({ event }: { event: object }): void => {
    if ('output' in event) outcomes.push(event.output);
  };
  const machine = setup({ actors: callActors }).createMachine({
    invoke: {
      id: 'all',
      src: 'recordCall',
      input: { format: 'ogg-opus', name: 'all' },
      onDone: { actions: note },
    },
    initial: 'ringing',
    states: {
      ringing: { after: { 1_000: 'message' } },
      message: {
        invoke: {
          id: 'message',
          src: 'record',
          input,
          onDone: choices({ otherwise: { target: 'card', actions: note } }),
        },
      },
      card: {
        entry: [sendTo('all', { type: 'pause' }), sendTo('all', { type: 'nonsense' })],
        exit: sendTo('all', { type: 'resume' }),
        after: { 2_000: 'rest' },
      },
      rest: {},
    },
  });
  return { run: runFakeCall(machine), outcomes };
}

describe('recordCall', () => {
  test('waits for the answer, goes on beside all else, and tells its pauses at the end of the call', async () => {
    const { run, outcomes } = flow({ beep: false, maxDuration: 3_000 });
    const { call, clock } = run;
    await clock.run(999);
    expect(call.log).toEqual([]);
    await clock.run(1);
    expect(call.log).toEqual([
      'answer',
      'record all max 86400000 silence 0 finish  stereo ogg-opus',
      'record - max 3000 silence 0 finish #',
    ]);
    await clock.run(3_000);
    expect(call.recordings[0]?.paused).toBe(true);
    await clock.run(2_000);
    expect(call.recordings[0]?.paused).toBe(false);
    await clock.run(1_000);
    call.hangUp();
    await settle();
    expect(outcomes[1]).toEqual({
      type: 'recorded',
      recording: {
        path: '/recordings/1.opus',
        duration: 6_000,
        pauses: [{ at: 3_000, duration: 2_000 }],
      },
    });
    expectOver(run);
  });

  test('of a call that nobody answered is none', async () => {
    const { run, outcomes } = flow();
    await run.clock.run(500);
    run.call.hangUp();
    await settle();
    expect(outcomes).toEqual([{ type: 'hangup' }]);
    expect(run.call.recordings).toEqual([]);
    expectOver(run);
  });

  test('tells of a disk that fails, and the call goes on', async () => {
    const { run, outcomes } = flow();
    await run.clock.run(1_500);
    run.call.recordings[0]?.finish({ type: 'failed', error: new Error('ENOSPC'), duration: 400 });
    await settle();
    expect(outcomes).toEqual([
      {
        type: 'failed',
        reason: 'ENOSPC',
        recording: { path: '/recordings/1.opus', duration: 400 },
      },
    ]);
    expect(run.call.state).toBe('answered');
    run.call.hangUp();
    await settle();
    expectOver(run);
  });

  test('ends with the state that invoked it', async () => {
    const machine = setup({ actors: callActors }).createMachine({
      initial: 'talk',
      states: {
        talk: { invoke: [{ src: 'answer' }, { src: 'recordCall' }], after: { 4_000: 'silence' } },
        silence: {},
      },
    });
    const run = runFakeCall(machine);
    await run.clock.run(5_000);
    await expect(run.call.recordings[0]?.done).resolves.toMatchObject({ duration: 4_000 });
    run.call.hangUp();
    await settle();
    expectOver(run);
  });
});

describe('record', () => {
  test('is paused by its key, which is no key of the next gather', async () => {
    const { run, outcomes } = flow({ pauseOn: '*', maxDuration: 5_000 });
    const { call, clock } = run;
    await clock.run(2_000);
    call.press('*');
    expect(call.recordings[1]?.paused).toBe(true);
    await clock.run(1_500);
    call.press('1*');
    expect(call.recordings[1]?.paused).toBe(false);
    await clock.run(5_000);
    expect(outcomes).toEqual([
      {
        type: 'recorded',
        endedBy: 'maxDuration',
        recording: {
          path: '/recordings/2.wav',
          duration: 5_000,
          pauses: [{ at: 1_000, duration: 1_500 }],
        },
      },
    ]);
    expect(call.digits.take()).toBeUndefined();
    call.hangUp();
    await settle();
    expectOver(run);
  });

  test.each([
    [{ startSilence: 3_000 }, false, 'noSpeech', ['/recordings/2.wav']],
    [{ startSilence: 3_000 }, true, 'recorded', []],
    [{ endSilence: 3_000 }, false, 'recorded', []],
  ] as const)(
    'with %j, and speech %s, that silence ends is %s',
    async (input, speech, type, gone) => {
      const { run, outcomes } = flow(input);
      await run.clock.run(4_000);
      run.call.recordings[1]?.finish({ type: 'silence', speech });
      await settle();
      expect(outcomes).toMatchObject([{ type }]);
      expect(run.removed).toEqual(gone);
      run.call.hangUp();
      await settle();
      expectOver(run);
    },
  );
});

describe('the input of a recording', () => {
  test.each([
    [{ format: 'mp3' }, /format is "mp3" and must be one of wav, wav-mulaw, ogg-opus/],
    [{ sampleRate: 44_100 }, /sampleRate is 44100/],
    [{ trim: -1 }, /trim is -1/],
    [{ startSilence: Infinity }, /startSilence/],
    [{ pauseOn: '*#' }, /'#' cannot be in pauseOn and in finishOn/],
    [{ channels: 'left' }, /channels is "left"/, 'recordCall'],
  ] as const)('%j is refused', (input, problem, name: 'record' | 'recordCall' = 'record') => {
    expect(checkInput(name, input as never)).toMatch(problem);
  });

  test('is good as it stands in the guide', () => {
    expect(checkInput('record', { format: 'ogg-opus', trim: 300, pauseOn: '*' })).toBeUndefined();
    expect(checkInput('recordCall', { channels: 'mixed', sampleRate: 16_000 })).toBeUndefined();
    expect(checkInput('recordCall', undefined)).toBeUndefined();
  });
});
