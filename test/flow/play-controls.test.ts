import { sendTo, setup } from 'xstate';
import { callActors } from 'callchart';
import type { PlayInput } from '../../runtime/flow/outcomes';
import { settle } from '../../runtime/core/virtual-clock';
import { expectOver, runFakeCall } from '../support/run-fake-call';

const controls = {
  ...{ pause: '2', back: '1', forward: '3', restart: '0', louder: '6', quieter: '4' },
  skip: 8_000,
};

/** A flow that plays a minute, and sends the player whatever keys `7`, `8` and `9` say. */
function playing(input: Omit<PlayInput, 'prompt'>) {
  const flow = setup({ actors: callActors }).createMachine({
    initial: 'playing',
    states: {
      playing: {
        invoke: {
          id: 'player',
          src: 'play',
          input: { prompt: 'long', ...input },
          onDone: { target: 'over', actions: ({ event }) => outcomes.push(event.output) },
          onError: { target: 'over', actions: ({ event }) => outcomes.push(event.error) },
        },
        on: {
          dtmf: [
            { guard: ({ event }) => event.digit === '7', actions: send({ type: 'pause' }) },
            { guard: ({ event }) => event.digit === '8', actions: send({ type: 'resume' }) },
            {
              guard: ({ event }) => event.digit === '9',
              actions: [
                send({ type: 'seek', position: 30_000 }),
                send({ type: 'skip', duration: -1_000 }),
                send({ type: 'gain', gain: 90 }),
                send({ type: 'nonsense' }),
                send({ type: 'seek', position: 'far' }),
              ],
            },
          ],
        },
      },
      over: {},
    },
  });
  const outcomes: unknown[] = [];
  const run = runFakeCall(flow, { lengths: { long: 60_000 } });
  return { ...run, run, outcomes };
}

function send(event: { readonly type: string; readonly [key: string]: unknown }) {
  return sendTo('player', event);
}

async function finish({ call, run }: ReturnType<typeof playing>): Promise<void> {
  call.hangUp();
  await settle();
  expectOver(run);
}

describe('a prompt that the caller steers', () => {
  it('pauses, goes on, back, forward and to the start, and is turned up and down', async () => {
    const scene = playing({ controls });
    await scene.clock.run(1_000);
    const before = scene.call.log.length;
    scene.call.press('221306644');
    expect(scene.call.log.slice(before)).toEqual([
      ...['pause long', 'resume long', 'seek long -8000', 'seek long 8000', 'seek long 0'],
      ...['gain long 3', 'gain long 6', 'gain long 3', 'gain long 0'],
    ]);
    expect(scene.outcomes).toEqual([]);
    await finish(scene);
  });

  it('keeps the gain between -60 and 20 dB', async () => {
    const scene = playing({ controls, gain: 18 });
    await scene.clock.run(1_000);
    scene.call.press('66');
    expect(scene.call.log.at(-1)).toBe('gain long 20');
    await finish(scene);
  });

  it('is still stopped by its stop keys, and leaves other keys to the next gather', async () => {
    const scene = playing({ controls, stopOn: '#' });
    await scene.clock.run(1_000);
    scene.call.press('5');
    expect(scene.outcomes).toEqual([]);
    scene.call.press('#');
    await settle();
    expect(scene.outcomes).toEqual([{ type: 'stopped', digit: '#' }]);
    expect(scene.call.digits.take()).toBe('5');
    await finish(scene);
  });

  it('does what the flow sends it, and nothing for what it does not know', async () => {
    const scene = playing({});
    await scene.clock.run(1_000);
    const before = scene.call.log.length;
    scene.call.press('789');
    expect(scene.call.log.slice(before)).toEqual([
      ...['pause long', 'resume long', 'seek long 30000', 'seek long -1000', 'gain long 20'],
    ]);
    await finish(scene);
  });

  it.each([
    [{ gain: 21 }, /gain must be/],
    [{ controls: { pause: '12' } }, /controls\.pause must be one key/],
    [{ controls: { pause: '1', back: '1' } }, /the key 1 twice/],
    [{ controls: { skip: -1 } }, /skip/],
  ])('refuses the input %j', async (input, message) => {
    const scene = playing(input);
    await settle();
    expect(scene.outcomes).toEqual([
      expect.objectContaining({
        code: 'CALLCHART_FLOW_INPUT',
        message: expect.stringMatching(message) as unknown,
      }),
    ]);
    await finish(scene);
  });
});
