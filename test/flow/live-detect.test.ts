import { createMachine } from 'xstate';
import { settle } from '../../runtime/core/virtual-clock';
import { callActors } from '../../runtime/flow/actors';
import type {
  DetectMachineInput,
  DetectSpeechInput,
  ListenInput,
} from '../../runtime/flow/outcomes';
import type { MachineResult } from '../../runtime/media/port';
import { runFakeCall } from '../support/run-fake-call';

function running(
  src: 'detectMachine' | 'detectSpeech',
  input: DetectMachineInput | DetectSpeechInput | undefined,
) {
  const outcomes: unknown[] = [];
  const errors: unknown[] = [];
  const machine = createMachine({
    initial: 'running',
    states: {
      running: {
        invoke: {
          src: callActors[src],
          input: input as never,
          onDone: { target: 'over', actions: ({ event }) => outcomes.push(event.output) },
          onError: { target: 'over', actions: ({ event }) => errors.push(event.error) },
        },
        on: { leave: 'over' },
        after: { 90_000: 'over' },
      },
      over: {},
    },
  });
  const run = runFakeCall(machine, { maxCallDuration: 100_000 });
  return { run, call: run.call, clock: run.clock, outcomes, errors };
}

const machine = (more: Partial<MachineResult>): MachineResult => ({
  type: 'machine',
  reason: 'long-greeting',
  decidedAt: 1_900,
  ...more,
});

describe('detectMachine', () => {
  test.each([
    [
      { type: 'human', reason: 'silence-after-greeting', decidedAt: 1_400 },
      { type: 'human', reason: 'silence-after-greeting' },
    ],
    [machine({}), { type: 'machine', reason: 'long-greeting', beep: false }],
    [machine({ beepAt: 7_000 }), { type: 'machine', reason: 'long-greeting', beep: true }],
    [machine({ beepAt: undefined }), { type: 'machine', reason: 'long-greeting', beep: false }],
    [machine({ type: 'fax', reason: 'ced' }), { type: 'fax', reason: 'ced' }],
    [
      machine({ type: 'unknown', reason: 'initial-silence' }),
      { type: 'unknown', reason: 'initial-silence' },
    ],
    [machine({ type: 'stopped', reason: 'stopped' }), { type: 'unknown', reason: 'stopped' }],
  ] as const)('%j is the outcome %j', async (result, outcome) => {
    const scene = running('detectMachine', { beepTimeout: 10_000 });
    await scene.clock.run(500);
    expect(scene.call.log).toContain('detect machine {"beepTimeout":10000}');
    scene.call.tellMachine?.(result);
    await settle();
    expect(scene.outcomes).toEqual([outcome]);
    scene.call.hangUp();
    await settle();
  });

  test('stops when the caller hangs up, with hangup', async () => {
    const scene = running('detectMachine', undefined);
    await scene.clock.run(500);
    scene.call.hangUp();
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
    expect(scene.call.tellMachine).toBeUndefined();
  });

  test('refuses times that are none', async () => {
    const scene = running('detectMachine', { greeting: -1 });
    await scene.clock.run(10);
    expect(scene.errors).toMatchObject([{ code: 'CALLCHART_FLOW_INPUT' }]);
    scene.call.hangUp();
    await settle();
  });
});

describe('detectSpeech', () => {
  test('lasts until the caller has spoken', async () => {
    const scene = running('detectSpeech', { onset: 60, hangover: 800 });
    await scene.clock.run(2_000);
    expect(scene.call.log).toContain('detect speech {"onset":60,"hangover":800}');
    scene.call.speak?.(true);
    await scene.clock.run(10_000);
    expect(scene.outcomes).toEqual([]);
    scene.call.speak?.(false);
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'speech', duration: 10_000 }]);
    expect(scene.call.speak).toBeUndefined();
    scene.call.hangUp();
    await settle();
  });

  test('is silence when nobody begins in time', async () => {
    const scene = running('detectSpeech', { timeout: 3_000 });
    await scene.clock.run(2_990);
    expect(scene.outcomes).toEqual([]);
    await scene.clock.run(20);
    expect(scene.outcomes).toEqual([{ type: 'silence' }]);
    expect(scene.call.speak).toBeUndefined();
    scene.call.hangUp();
    await settle();
  });

  test('waits no longer than maxDuration for the end', async () => {
    const scene = running('detectSpeech', { maxDuration: 4_000 });
    await scene.clock.run(1_000);
    scene.call.speak?.(true);
    await scene.clock.run(4_010);
    expect(scene.outcomes).toEqual([{ type: 'speech', duration: 4_000 }]);
    scene.call.hangUp();
    await settle();
  });

  test('leaves keys to the next gather', async () => {
    const scene = running('detectSpeech', undefined);
    await scene.clock.run(500);
    scene.call.press('7');
    await settle();
    expect(scene.outcomes).toEqual([]);
    expect(scene.call.digits.peek()).toBe('7');
    scene.call.hangUp();
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'hangup' }]);
    expect(scene.call.speak).toBeUndefined();
  });
});

describe('listen', () => {
  function listening(input: ListenInput) {
    const heard: unknown[] = [];
    const errors: unknown[] = [];
    const machine = createMachine({
      initial: 'meeting',
      states: {
        meeting: {
          invoke: {
            src: callActors.listen,
            input,
            onDone: { target: 'over', actions: ({ event }) => heard.push(event.output) },
            onError: { target: 'over', actions: ({ event }) => errors.push(event.error) },
          },
          initial: 'ring',
          states: {
            ring: { after: { 1_000: 'talk' } },
            talk: { invoke: { src: callActors.answer } },
          },
          on: {
            'speech.started': { actions: ({ event }) => heard.push(event) },
            'speech.ended': { actions: ({ event }) => heard.push(event) },
            'tone.detected': { target: 'over', actions: ({ event }) => heard.push(event) },
          },
        },
        over: {},
      },
    });
    const run = runFakeCall(machine, { maxCallDuration: 100_000 });
    return { call: run.call, clock: run.clock, heard, errors };
  }

  test('tells the machine of what is heard, from an answer that it does not give, until its state is left', async () => {
    const { call, clock, heard } = listening({ speech: { hangover: 900 }, tones: true });
    await clock.run(500);
    expect([call.state, call.listening]).toEqual(['ringing', []]);
    await clock.run(1_000);
    expect(call.listening).toEqual([{ speech: { hangover: 900 }, tones: true }]);
    const events = [
      { type: 'speech.started' },
      { type: 'speech.ended', duration: 1_400 },
      { type: 'tone.detected', tone: 'cng' },
    ] as const;
    for (const event of events) call.emit(event);
    expect(heard).toEqual(events);
    expect(call.listening).toEqual([]);
    call.hangUp();
    await settle();
  });

  test('ends with the call, and that is its only outcome', async () => {
    const { call, clock, heard } = listening({ speech: true });
    await clock.run(60_000);
    expect(call.listening).toEqual([{ speech: {}, tones: false }]);
    call.hangUp();
    await settle();
    expect(heard).toEqual([{ type: 'hangup' }]);
    expect(call.listening).toEqual([]);
  });

  test('ends with a call that nobody answers', async () => {
    const { call, clock, heard } = listening({ tones: true });
    await clock.run(500);
    call.hangUp('cancel');
    await settle();
    expect(heard).toEqual([{ type: 'hangup' }]);
  });

  test.each([
    [{}, "listen: the input needs 'speech', 'tones' or both"],
    [{ speech: false }, "listen: the input needs 'speech', 'tones' or both"],
    [{ speech: { onset: -1 } }, 'listen: onset is -1 and must be milliseconds, 0 to 2147483647'],
  ])('refuses %j', async (input, message) => {
    const { call, clock, errors } = listening(input);
    await clock.run(10);
    expect(errors).toMatchObject([{ code: 'CALLCHART_FLOW_INPUT', message }]);
    call.hangUp();
    await settle();
  });
});
