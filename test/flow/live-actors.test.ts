import { createMachine } from 'xstate';
import { callActors } from 'callchart';
import type { CallActorContracts, CallActorName } from '../../runtime/flow/actors';
import type { TransferResult } from '../../runtime/call/port';
import { settle } from '../../runtime/core/virtual-clock';
import type { RecordingResult } from '../../runtime/media/port';
import type { FakeCallOptions } from '../support/fake-call';
import { expectOver, runFakeCall } from '../support/run-fake-call';

/** Runs one actor in a flow that waits for it, and then for a hang-up. */
function running<N extends CallActorName>(
  name: N,
  input: CallActorContracts[N]['input'],
  options: FakeCallOptions & { readonly before?: string } = {},
) {
  const outcomes: unknown[] = [];
  const note = ({ event }: { event: object }): void => {
    if ('output' in event) outcomes.push(event.output);
    if ('error' in event) outcomes.push(event.error);
  };
  const machine = createMachine({
    initial: 'early',
    states: {
      // So that a test can set the scene first.
      early: { after: { 0: 'running' } },
      running: {
        invoke: {
          src: callActors[name],
          input,
          onDone: { target: 'over', actions: note },
          onError: { target: 'over', actions: note },
        },
        after: { 600_000: 'over' },
      },
      over: {},
    },
  });
  const run = runFakeCall(machine, { lengths: { short: 500, long: 60_000 }, ...options });
  run.call.press(options.before ?? '');
  return { ...run, run, outcomes };
}

async function hungUp({ call, run }: ReturnType<typeof running>): Promise<void> {
  call.hangUp();
  await settle();
  expectOver(run);
}

describe('answer', () => {
  test('answers', async () => {
    const scene = running('answer', undefined);
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['answer']);
    expect(scene.outcomes).toEqual([{ type: 'answered' }]);
    await hungUp(scene);
  });
});

describe('pause', () => {
  test('waits by the clock and does not answer', async () => {
    const scene = running('pause', { duration: 3_000 });
    await scene.clock.run(2_999);
    expect(scene.outcomes).toEqual([]);
    await scene.clock.run(1);
    expect(scene.outcomes).toEqual([{ type: 'paused' }]);
    expect(scene.call.log).toEqual([]);
    await hungUp(scene);
  });

  test('leaves no timer behind when the caller hangs up in it', async () => {
    const scene = running('pause', { duration: 3_000 });
    await scene.clock.run(1_000);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
  });
});

describe('ring', () => {
  test('180 returns at once', async () => {
    const scene = running('ring', undefined);
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['ring']);
    expect(scene.outcomes).toEqual([{ type: 'rung' }]);
    await hungUp(scene);
  });

  test('180 for as long as the flow says', async () => {
    const scene = running('ring', { duration: 4_000 });
    await scene.clock.run(3_999);
    expect(scene.outcomes).toEqual([]);
    await scene.clock.run(1);
    expect(scene.outcomes).toEqual([{ type: 'rung' }]);
    await hungUp(scene);
  });

  test('early media is the ring-back tone, and does not answer', async () => {
    const scene = running('ring', { earlyMedia: true, duration: 2_500 });
    await scene.clock.run(2_500);
    expect(scene.call.log).toEqual([
      ...['ring early', 'play tone:ringback xInfinity', 'stop tone:ringback'],
    ]);
    expect(scene.outcomes).toEqual([{ type: 'rung' }]);
    expect(scene.call.state).toBe('early');
    await hungUp(scene);
  });

  test('a prompt is early media until it ends', async () => {
    const scene = running('ring', { prompt: 'short' });
    await scene.clock.run(500);
    expect(scene.call.log).toEqual(['ring early', 'play short']);
    expect(scene.outcomes).toEqual([{ type: 'rung' }]);
    await hungUp(scene);
  });

  test.each([
    [{ earlyMedia: true, duration: 2_500 }, 2_500],
    [{ prompt: 'short', duration: 4_000 }, 4_000],
    [{ earlyMedia: true }, 6_000],
    [{ prompt: 'short' }, 6_000],
    [{ prompt: 'short', duration: 0 }, 0],
  ])('%j is 180 for as long to a caller that can have no early media', async (input, duration) => {
    const scene = running('ring', input, { earlyMedia: false });
    await scene.clock.run(Math.max(0, duration - 1));
    if (duration > 0) expect(scene.outcomes).toEqual([]);
    await scene.clock.run(1);
    expect(scene.outcomes).toEqual([{ type: 'rung' }]);
    expect(scene.call.log).toEqual(['ring']);
    expect(scene.call.state).toBe('ringing');
    await hungUp(scene);
  });

  test('a play after early media answers', async () => {
    const { call, clock, run } = running('play', { prompt: 'short' });
    await call.ring({ earlyMedia: true });
    await clock.run(0);
    expect(call.log).toEqual(['ring early', 'answer', 'play short']);
    call.hangUp();
    await settle();
    expectOver(run);
  });
});

describe('play', () => {
  test('plays to the end', async () => {
    const scene = running('play', { prompt: ['short', { say: 'Hello' }], offset: 100 });
    await scene.clock.run(899);
    expect(scene.outcomes).toEqual([]);
    await scene.clock.run(1);
    expect(scene.outcomes).toEqual([{ type: 'played' }]);
    expect(scene.call.log).toEqual(['answer', 'play short+Hello +100']);
    await hungUp(scene);
  });

  test('loop 0 is for ever', async () => {
    const scene = running('play', { prompt: 'short', loop: 0 });
    await scene.clock.run(60_000);
    expect(scene.outcomes).toEqual([]);
    expect(scene.call.log).toEqual(['answer', 'play short xInfinity']);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
  });

  test('a digit of stopOn stops it and is taken; others wait', async () => {
    const scene = running('play', { prompt: 'long', stopOn: '*#' });
    await scene.clock.run(1_000);
    scene.call.press('5');
    expect(scene.call.playing).toBe(1);
    scene.call.press('#7');
    expect(scene.call.playing).toBe(0);
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'stopped', digit: '#' }]);
    expect([scene.call.digits.take(), scene.call.digits.take()]).toEqual(['5', '7']);
    await hungUp(scene);
  });

  test('stopOn true is any digit, which stays for the next gather', async () => {
    const scene = running('play', { prompt: 'long', stopOn: true });
    await scene.clock.run(1_000);
    scene.call.press('5');
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'stopped', digit: '5' }]);
    expect(scene.call.digits.take()).toBe('5');
    await hungUp(scene);
  });

  test('a caller who is ahead of it does not hear it', async () => {
    const scene = running('play', { prompt: 'long', stopOn: true }, { before: '5' });
    await scene.clock.run(0);
    expect(scene.outcomes).toEqual([{ type: 'stopped', digit: '5' }]);
    expect(scene.call.log).toEqual(['answer']);
    expect(scene.call.digits.take()).toBe('5');
    await hungUp(scene);
  });

  test('without stopOn digits wait and it plays on', async () => {
    const scene = running('play', { prompt: 'short' });
    await scene.clock.run(100);
    scene.call.press('5');
    await scene.clock.run(400);
    expect(scene.outcomes).toEqual([{ type: 'played' }]);
    expect(scene.call.digits.take()).toBe('5');
    await hungUp(scene);
  });

  test('a voice that fails rejects with its error', async () => {
    const scene = running('play', { prompt: 'broken' }, { broken: ['broken'] });
    await scene.clock.run(0);
    expect(scene.outcomes).toMatchObject([{ code: 'CALLCHART_VOICE_FAILED' }]);
    expect(scene.call.state).toBe('answered');
    await hungUp(scene);
  });
});

test('gather answers and gathers', async () => {
  const scene = running('gather', { prompt: 'short', maxDigits: 2 });
  await scene.clock.run(100);
  scene.call.press('42');
  await settle();
  expect(scene.outcomes).toEqual([{ type: 'digits', digits: '42' }]);
  expect(scene.call.log).toEqual(['answer', 'play short', 'stop short']);
  await hungUp(scene);
});

describe('record', () => {
  const seven = 7_000;

  async function ending(
    result: Partial<RecordingResult>,
    input: CallActorContracts['record']['input'] = {},
  ) {
    const scene = running('record', input);
    await scene.clock.run(seven);
    scene.call.recordings[0]?.finish(result);
    await settle();
    return scene;
  }

  test('prompt first, then the recording with its beep', async () => {
    const scene = running('record', { prompt: 'short', name: 'message' });
    await scene.clock.run(499);
    expect(scene.call.log).toEqual(['answer', 'play short']);
    await scene.clock.run(1);
    expect(scene.call.log.slice(2)).toEqual(['record message max 120000 silence 0 finish # beep']);
    await hungUp(scene);
  });

  test('what the flow says about it reaches the recorder', async () => {
    const scene = running('record', {
      beep: false,
      maxDuration: 5_000,
      endSilence: 2_000,
      finishOn: '*',
    });
    await scene.clock.run(5_000);
    expect(scene.call.log.at(-1)).toBe('record - max 5000 silence 2000 finish *');
    expect(scene.outcomes).toEqual([
      {
        type: 'recorded',
        recording: { path: '/recordings/1.wav', duration: 5_000 },
        endedBy: 'maxDuration',
      },
    ]);
    await hungUp(scene);
  });

  test('the finishing key is told, and is not the next gather’s', async () => {
    const scene = running('record', {});
    await scene.clock.run(seven);
    scene.call.press('4#');
    scene.call.recordings[0]?.finish({ type: 'finishOn', digit: '#' });
    await settle();
    expect(scene.outcomes).toEqual([
      {
        type: 'recorded',
        recording: { path: '/recordings/1.wav', duration: seven },
        endedBy: 'finishOn',
        digit: '#',
      },
    ]);
    expect(scene.call.digits.take()).toBeUndefined();
    scene.call.press('5');
    expect(scene.call.digits.take()).toBe('5');
    await hungUp(scene);
  });

  test('shorter than minDuration is tooShort, and the file goes', async () => {
    const scene = await ending({ type: 'silence', duration: 900 }, { minDuration: 1_000 });
    expect(scene.outcomes).toEqual([{ type: 'tooShort', duration: 900 }]);
    expect(scene.removed).toEqual(['/recordings/1.wav']);
    await hungUp(scene);
  });

  test('a full disk is an outcome, with what could be kept', async () => {
    const scene = await ending({ type: 'failed', duration: 3_000, error: new Error('ENOSPC') });
    expect(scene.outcomes).toEqual([
      {
        type: 'failed',
        reason: 'ENOSPC',
        recording: { path: '/recordings/1.wav', duration: 3_000 },
      },
    ]);
    const none = await ending({ type: 'failed', path: undefined, duration: 0 });
    expect(none.outcomes).toEqual([
      { type: 'failed', reason: 'the recording could not be written' },
    ]);
    await hungUp(scene);
    await hungUp(none);
  });

  test('a hang-up in it keeps what was said', async () => {
    const scene = running('record', {});
    await scene.clock.run(seven);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([
      { type: 'hangup', recording: { path: '/recordings/1.wav', duration: seven } },
    ]);
  });

  test('a hang-up before minDuration keeps nothing', async () => {
    const scene = running('record', { minDuration: 10_000 });
    await scene.clock.run(seven);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
    expect(scene.removed).toEqual(['/recordings/1.wav']);
  });

  test('a hang-up in its prompt records nothing', async () => {
    const scene = running('record', { prompt: 'long' });
    await scene.clock.run(1_000);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
    expect(scene.call.recordings).toEqual([]);
  });
});

describe('sendDigits', () => {
  test('w waits half a second', async () => {
    const scene = running('sendDigits', { digits: '12ww3', duration: 80, gap: 60 });
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['answer', 'send 12 80/60']);
    await scene.clock.run(999);
    expect(scene.outcomes).toEqual([]);
    await scene.clock.run(1);
    expect(scene.call.log.at(-1)).toBe('send 3 80/60');
    expect(scene.outcomes).toEqual([{ type: 'sent' }]);
    await hungUp(scene);
  });

  test.each(['event', 'info', 'inband'] as const)('asks for the form %s', async (form) => {
    const scene = running('sendDigits', { digits: '5', form });
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['answer', `send 5 100/100 ${form}`]);
    await hungUp(scene);
  });
});

describe('the ways to end a call', () => {
  test('hangup plays its prompt first, and resolves as every actor of an ended call', async () => {
    const scene = running('hangup', { prompt: 'short', reason: 'enough' });
    await scene.clock.run(500);
    expect(scene.call.log).toEqual(['answer', 'play short', 'hangup enough']);
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
    expectOver(scene.run);
  });

  test('reject is 486 unless the flow says else', async () => {
    const scene = running('reject', undefined);
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['reject 486']);
    expectOver(scene.run);
    const other = running('reject', { status: 603, reason: 'No' });
    await other.clock.run(0);
    expect(other.call.log).toEqual(['reject 603 No']);
    expectOver(other.run);
  });

  test('redirect sends the caller elsewhere', async () => {
    const scene = running('redirect', { to: ['sip:a@b.example', 'sip:c@b.example'] });
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['redirect 302 sip:a@b.example sip:c@b.example']);
    expectOver(scene.run);
  });

  test('redirect after the answer is an error that names the remedy', async () => {
    const scene = running('redirect', { to: 'sip:a@b.example' });
    await scene.call.answer();
    await scene.clock.run(0);
    expect(scene.outcomes).toMatchObject([{ code: 'CALLCHART_CALL_STATE' }]);
    expect(String(scene.outcomes[0])).toContain('use transfer');
    await hungUp(scene);
  });
});

describe('transfer', () => {
  const table: [TransferResult, object][] = [
    [{ type: 'accepted', status: 200 }, { type: 'transferred' }],
    [{ type: 'failed', status: 486, reason: 'Busy Here' }, { type: 'busy' }],
    [{ type: 'failed', status: 600, reason: 'Busy' }, { type: 'busy' }],
    [{ type: 'failed', status: 480, reason: 'Away' }, { type: 'noAnswer' }],
    [{ type: 'failed', status: 408, reason: 'Timeout' }, { type: 'noAnswer' }],
    [{ type: 'failed', status: 487, reason: 'Cancelled' }, { type: 'noAnswer' }],
    [
      { type: 'failed', status: 404, reason: 'Nobody' },
      { type: 'rejected', status: 404, reason: 'Nobody' },
    ],
    [
      { type: 'refused', status: 405, reason: 'No' },
      { type: 'notSupported', status: 405 },
    ],
    [
      { type: 'refused', status: 603, reason: 'No' },
      { type: 'rejected', status: 603, reason: 'No' },
    ],
    [{ type: 'noNotify' }, { type: 'noAnswer' }],
  ];

  test.each(table)('%j is %j', async (result, outcome) => {
    const scene = running('transfer', { to: 'sip:x@y.example' });
    scene.call.transferring = () => Promise.resolve(result);
    await scene.clock.run(0);
    expect(scene.call.log).toEqual(['answer', 'transfer sip:x@y.example 30000']);
    expect(scene.outcomes).toEqual([outcome]);
    await hungUp(scene);
  });

  test('a caller who is put through and gone is transferred, not hung up', async () => {
    const scene = running('transfer', { to: 'sip:x@y.example', timeout: 5_000 });
    scene.call.transferring = () => new Promise(() => undefined);
    await scene.clock.run(1_000);
    scene.call.hangUp('transferred');
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'transferred' }]);
    expectOver(scene.run);
  });
});

describe('echo', () => {
  test('until its key, which is taken', async () => {
    const scene = running('echo', undefined);
    await scene.clock.run(1_000);
    expect(scene.call.echoing).toBe(true);
    scene.call.press('5');
    expect(scene.call.echoing).toBe(true);
    scene.call.press('#');
    await settle();
    expect(scene.call.echoing).toBe(false);
    expect(scene.outcomes).toEqual([{ type: 'echoed' }]);
    expect(scene.call.digits.take()).toBe('5');
    expect(scene.call.digits.take()).toBeUndefined();
    await hungUp(scene);
  });

  test('does not begin when its key waits already, which is taken', async () => {
    const scene = running('echo', undefined, { before: '5#7' });
    await scene.clock.run(0);
    expect(scene.outcomes).toEqual([{ type: 'echoed' }]);
    expect(scene.call.log).not.toContain('echo');
    expect(scene.call.digits.take()).toBe('5');
    expect(scene.call.digits.take()).toBe('7');
    expect(scene.call.digits.take()).toBeUndefined();
    await hungUp(scene);
  });

  test('until maxDuration', async () => {
    const scene = running('echo', { maxDuration: 3_000, finishOn: '' });
    await scene.clock.run(1_000);
    scene.call.press('#');
    await scene.clock.run(1_999);
    expect(scene.outcomes).toEqual([]);
    await scene.clock.run(1);
    expect(scene.outcomes).toEqual([{ type: 'echoed' }]);
    await hungUp(scene);
  });

  test('until the caller hangs up', async () => {
    const scene = running('echo', undefined);
    await scene.clock.run(1_000);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
  });
});

describe('leaving the state stops', () => {
  test.each([
    ['play', { prompt: 'long' }],
    ['gather', { prompt: 'long' }],
    ['record', { prompt: 'long' }],
    ['record', {}],
    ['ring', { prompt: 'long' }],
    ['ring', { duration: 700_000 }],
    ['pause', { duration: 700_000 }],
    ['echo', { maxDuration: 700_000 }],
    ['hangup', { prompt: 'long' }],
    ['sendDigits', { digits: 'w'.repeat(2_000) }],
  ] as const)('%s %j', async (name, input) => {
    const machine = createMachine({
      initial: 'running',
      states: {
        running: { invoke: { src: callActors[name], input }, after: { 1_000: 'over' } },
        over: {},
      },
    });
    const run = runFakeCall(machine, { lengths: { long: 60_000 }, maxCallDuration: 100_000 });
    await run.clock.run(999);
    run.clock.advance(1);
    expect(run.call.playing).toBe(0);
    await settle();
    expect(run.call.echoing).toBe(false);
    expect(run.path).toEqual(['running', 'over']);
    // The limit of the call is what is left.
    expect(run.clock.pending).toBe(1);
    run.call.press('1');
    expect(run.call.digits.take()).toBe('1');
    run.call.hangUp();
    await settle();
    expectOver(run);
  });
});
