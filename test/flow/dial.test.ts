import { createMachine, setup } from 'xstate';
import { callActors, choices, type DialInput } from 'callchart';
import type { DialOptions, DialResult } from '../../runtime/call/port';
import { checkMachine } from '../../runtime/flow/check-machine';
import { checkInput } from '../../runtime/flow/input-check';
import { dialOptions } from '../../runtime/flow/live-dial';
import { settle } from '../../runtime/core/virtual-clock';
import { type FakeCall, promptName } from '../support/fake-call';
import { expectOver, runFakeCall } from '../support/run-fake-call';

const to = 'sip:bob@pbx.example';

/** A flow that dials, and says where it went; `left` is where it goes when it is told to leave. */
function dialling(
  dial: (
    options: DialOptions,
    signal: AbortSignal | undefined,
    call: FakeCall,
  ) => Promise<DialResult>,
  input: DialInput = { to },
) {
  const outcomes: unknown[] = [];
  const note = ({ event }: { event: object }): void => {
    if ('output' in event) outcomes.push(event.output);
    if ('error' in event) outcomes.push(event.error);
  };
  const machine = createMachine({
    initial: 'dial',
    states: {
      dial: {
        invoke: {
          src: callActors.dial,
          input,
          onDone: { target: 'after', actions: note },
          onError: { target: 'after', actions: note },
        },
        on: { dtmf: { guard: ({ event }) => event['leg'] === 'caller', target: 'left' } },
      },
      left: {},
      after: {},
    },
  });
  const run = runFakeCall(machine, { dial });
  return { ...run, run, outcomes };
}

describe('dial', () => {
  it.each<DialResult>([
    { type: 'answered', target: to, talkTime: 5_000, endedBy: 'callee' },
    { type: 'busy' },
    { type: 'noAnswer' },
    { type: 'rejected', status: 603, reason: 'Decline' },
    { type: 'unreachable', status: 404, reason: 'Not Found' },
    { type: 'declinedByScreening' },
  ])('ends with what came of it: $type', async (result) => {
    const run = dialling(() => Promise.resolve(result));
    await run.clock.run(10);
    expect(run.outcomes).toEqual([result]);
    expect(run.call.log).toEqual([`dial ${to} parallel 30000`]);
    expect(run.path).toEqual(['dial', 'after']);
  });

  it('rejects when the configuration is broken', async () => {
    const broken = new Error('there is no trunk');
    const run = dialling(() => Promise.reject(broken));
    await run.clock.run(10);
    expect(run.outcomes).toEqual([broken]);
  });

  it('is ended when its state is left, by a key in the conversation for one', async () => {
    const seen: (AbortSignal | undefined)[] = [];
    const run = dialling((_, signal) => {
      seen.push(signal);
      return new Promise(() => undefined);
    });
    await run.clock.run(10);
    run.call.emit({ type: 'dial.ringing', target: to, leg: 'leg-1' });
    run.call.emit({ type: 'dtmf', digit: '0', duration: 100, leg: 'callee' });
    expect(seen[0]?.aborted).toBe(false);
    run.call.emit({ type: 'dtmf', digit: '0', duration: 100, leg: 'caller' });
    await settle();
    expect(run.path).toEqual(['dial', 'left']);
    expect(seen[0]?.aborted).toBe(true);
  });

  it('says how it went when the call ends, which it is not aborted for', async () => {
    const result: DialResult = { type: 'answered', target: to, talkTime: 70, endedBy: 'caller' };
    const seen: (AbortSignal | undefined)[] = [];
    const run = dialling((_, signal, call) => {
      seen.push(signal);
      return new Promise((resolve) => call.onEnd(() => resolve(result)));
    });
    await run.clock.run(10);
    run.call.hangUp();
    await settle();
    expect(run.outcomes).toEqual([result]);
    expect(seen[0]?.aborted).toBe(false);
    await run.clock.run(10_000);
    expect(run.run.result).toMatchObject({ settled: true });
    expect(run.clock.pending).toBe(0);
  });

  it('has choices for each of its outcomes', async () => {
    const machine = setup({ actors: callActors }).createMachine({
      initial: 'dial',
      states: {
        dial: {
          invoke: {
            src: 'dial',
            input: { to },
            onDone: choices({ answered: 'talked', busy: 'busy', otherwise: 'other' }),
          },
        },
        talked: { type: 'final' },
        busy: { type: 'final' },
        other: { type: 'final' },
      },
    });
    for (const [result, state] of [
      [{ type: 'busy' }, 'busy'],
      [{ type: 'cancelled' }, 'other'],
      [{ type: 'answered', target: to, talkTime: 1, endedBy: 'callee' }, 'talked'],
    ] as const) {
      const run = runFakeCall(machine, { dial: () => Promise.resolve(result) });
      await run.clock.run(10);
      expect(run.path.at(-1)).toBe(state);
      expectOver(run);
    }
  });
});

describe('the input of dial', () => {
  it('has defaults', () => {
    expect(dialOptions({ to })).toEqual({
      targets: [to],
      strategy: 'parallel',
      timeout: 30_000,
      ringback: 'pass',
      answerOnBridge: true,
    });
  });

  it('is passed on whole', () => {
    const headers = { 'X-Order': '42' };
    const callerId = { number: '+15550100', displayName: 'Shop', anonymous: false };
    expect(
      dialOptions({
        to: ['100', '101'],
        strategy: 'sequential',
        trunk: 'carrier',
        timeout: 15_000,
        timeLimit: 600_000,
        ringback: { prompt: 'music' },
        answerOnBridge: false,
        callerId,
        headers,
        screening: { prompt: 'accept' },
        hangupKey: '*',
        record: { name: 'sales', format: 'ogg-opus', channels: 'mixed' },
        holdMusic: 'music',
      }),
    ).toEqual({
      targets: ['100', '101'],
      strategy: 'sequential',
      trunk: 'carrier',
      timeout: 15_000,
      timeLimit: 600_000,
      ringback: { prompt: 'music' },
      answerOnBridge: false,
      callerIdentity: callerId,
      headers,
      screening: { prompt: 'accept', accept: '1', timeout: 10_000 },
      hangupKey: '*',
      record: { name: 'sales', format: 'ogg-opus', channels: 'mixed' },
      holdMusic: 'music',
    });
    expect(dialOptions({ to, record: true }).record).toEqual({});
    expect(dialOptions({ to, record: false })).not.toHaveProperty('record');
  });

  it.each<[unknown, string]>([
    [{}, "needs 'to'"],
    [{ to: [] }, '0 targets'],
    [{ to: Array.from({ length: 11 }, () => to) }, '11 targets'],
    [{ to: ' ' }, 'empty target'],
    [{ to, timeout: -1 }, 'timeout'],
    [{ to, timeLimit: Infinity }, 'timeLimit'],
    [{ to, hangupKey: '12' }, 'hangupKey'],
    [{ to, screening: {} }, "needs 'prompt'"],
    [{ to, record: { format: 'mp3' } }, 'record.format is "mp3"'],
    [{ to, record: { channels: 'peer' } }, 'record.channels is "peer"'],
    [{ to, screening: { prompt: 'accept', accept: 'x' } }, 'screening.accept'],
    [{ to, screening: { prompt: 'accept', timeout: -5 } }, 'timeout'],
    [{ to, headers: { 'X-A': 'a\r\nVia: b' } }, 'line end'],
    [{ to, headers: { 'X A': 'a' } }, 'no name of a header'],
    [{ to, headers: { Contact: '<sip:x@y>' } }, 'written by the server'],
  ])('%j is refused', (input, message) => {
    expect(checkInput('dial', input as DialInput)).toContain(message);
  });

  it('takes what is right', () => {
    expect(
      checkInput('dial', {
        to: ['100', 'sip:a@b'],
        hangupKey: '#',
        headers: { 'X-A': 'a' },
        screening: { prompt: 'accept', accept: '1', timeout: 5_000 },
      }),
    ).toBeUndefined();
  });

  it('has its prompts looked at when the flow is loaded', () => {
    const machine = createMachine({
      initial: 'dial',
      states: {
        dial: {
          invoke: {
            src: callActors.dial,
            input: {
              to,
              screening: { prompt: 'a' },
              ringback: { prompt: 'b' },
              holdMusic: 'c',
            },
          },
        },
      },
    });
    const problems = checkMachine(machine, {
      prompts: {
        check: (prompt) => [{ prompt: promptName(prompt), message: `no ${promptName(prompt)}` }],
      },
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'screening.prompt: no a',
      'ringback.prompt: no b',
      'holdMusic: no c',
    ]);
  });
});
