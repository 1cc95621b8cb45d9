import { type AnyEventObject, sendTo, setup } from 'xstate';
import { callActors } from 'callchart';
import type {
  ConferencePartyControl,
  ConferenceRequest,
  ConferenceResult,
} from '../../runtime/call/conference/port';
import type { ConferenceInput } from '../../runtime/flow/outcomes';
import { settle } from '../../runtime/core/virtual-clock';
import { expectOver, runFakeCall } from '../support/run-fake-call';

/** A flow in a conference whose end the test decides; the keys 1 to 4 send the actor something. */
function meeting(input: Partial<ConferenceInput>) {
  const outcomes: unknown[] = [];
  const sends = ['mute', 'unmute', 'deafen', 'undeafen', 'nonsense'];
  const flow = setup({ actors: callActors }).createMachine({
    initial: 'early',
    states: {
      // So that the call can be given a conference first.
      early: { after: { 0: 'room' } },
      room: {
        invoke: {
          id: 'room',
          src: 'conference',
          input: { name: 'standup', ...input },
          onDone: { target: 'over', actions: ({ event }) => outcomes.push(event.output) },
          onError: { target: 'over', actions: ({ event }) => outcomes.push(event.error) },
        },
        on: {
          dtmf: sends.map((type, index) => ({
            guard: ({ event }: { event: AnyEventObject }) => event['digit'] === String(index + 1),
            actions: sendTo('room', { type }),
          })),
          leave: 'over',
          'conference.joined': 'over',
        },
      },
      over: {},
    },
  });
  const run = runFakeCall(flow);
  const requests: ConferenceRequest[] = [];
  const told: string[] = [];
  const control: ConferencePartyControl = {
    mute: (muted) => told.push(`mute ${muted}`),
    deafen: (deaf) => told.push(`deafen ${deaf}`),
  };
  let finish: (result: ConferenceResult) => void = () => undefined;
  let signal: AbortSignal | undefined;
  const conference = (
    request: ConferenceRequest,
    abort?: AbortSignal,
    onControl?: (control: ConferencePartyControl) => void,
  ): Promise<ConferenceResult> => {
    requests.push(request);
    signal = abort;
    onControl?.(control);
    return new Promise((resolve) => {
      finish = resolve;
      abort?.addEventListener('abort', () =>
        resolve({ type: 'left', endedBy: 'removed', duration: 0 }),
      );
      // As in a real one, a caller who hangs up is out of it.
      run.call.onEnd(() => resolve({ type: 'left', endedBy: 'caller', duration: 0 }));
    });
  };
  Object.assign(run.call, { conference });
  return {
    ...{ ...run, run, outcomes, requests, told },
    finish: (result: ConferenceResult) => finish(result),
    removed: () => signal?.aborted === true,
  };
}

async function hungUp({ call, run }: ReturnType<typeof meeting>): Promise<void> {
  call.hangUp();
  await settle();
  expectOver(run);
}

describe('the conference actor', () => {
  it('answers, and asks for what people expect of a conference when the flow says no more', async () => {
    const scene = meeting({});
    await scene.clock.run(0);
    expect(scene.call.log).toContain('answer');
    expect(scene.requests).toEqual([
      {
        ...{ name: 'standup', muted: false, deaf: false, startOnEnter: true, endOnExit: false },
        maxParties: 50,
        joinTone: { tone: 'beep', duration: 150 },
        leaveTone: [
          { tone: 'beep', duration: 150 },
          { silence: 80 },
          { tone: 'beep', duration: 150 },
        ],
      },
    ]);
    await hungUp(scene);
  });

  it('passes on what the flow says', async () => {
    const asked = {
      ...{ muted: true, deaf: true, coach: 'id', startOnEnter: false, endOnExit: true },
      ...{ maxParties: 3, waitMusic: 'music', leaveKey: '*', muteKey: '6', timeLimit: 60_000 },
    };
    const scene = meeting({ ...asked, joinTone: false, leaveTone: false, record: true });
    await scene.clock.run(0);
    expect(scene.requests).toEqual([{ name: 'standup', ...asked, record: {} }]);
    await hungUp(scene);
  });

  it('mutes and deafens when the flow sends so, and does nothing for what it does not know', async () => {
    const scene = meeting({});
    await scene.clock.run(0);
    scene.call.press('12345');
    expect(scene.told).toEqual(['mute true', 'mute false', 'deafen true', 'deafen false']);
    await hungUp(scene);
  });

  it.each<ConferenceResult>([
    { type: 'left', endedBy: 'leaveKey', duration: 1_000 },
    {
      ...{ type: 'left', endedBy: 'ended', duration: 1_000 },
      recording: { path: '/r.wav', duration: 900 },
    },
    { type: 'full', parties: 50 },
  ])('has the outcome %j', async (result) => {
    const scene = meeting({});
    await scene.clock.run(0);
    scene.finish(result);
    await settle();
    expect(scene.outcomes).toEqual([result]);
    await hungUp(scene);
  });

  it('takes the caller out when its state is left', async () => {
    const scene = meeting({});
    await scene.clock.run(0);
    expect(scene.removed()).toBe(false);
    scene.call.emit({ type: 'conference.joined', conference: 'standup', call: 'x', parties: 2 });
    expect(scene.removed()).toBe(true);
    await hungUp(scene);
  });

  it('is a hang-up when the caller hangs up', async () => {
    const scene = meeting({});
    await scene.clock.run(0);
    await hungUp(scene);
    expect(scene.outcomes).toEqual([{ type: 'hangup', duration: 0 }]);
  });

  it.each([
    [{ leaveKey: '12' }, /leaveKey must be one key/],
    [{ leaveKey: '1', muteKey: '1' }, /the same key/],
    [{ maxParties: 0 }, /maxParties/],
    [{ timeLimit: -1 }, /timeLimit/],
    [{ record: { format: 'mp3' as 'wav' } }, /record\.format is "mp3"/],
  ])('refuses the input %j', async (input, message) => {
    const scene = meeting(input);
    await scene.clock.run(0);
    expect(scene.outcomes).toEqual([
      expect.objectContaining({
        code: 'CALLCHART_FLOW_INPUT',
        message: expect.stringMatching(message) as unknown,
      }),
    ]);
    await hungUp(scene);
  });
});
