import { callActors, callTypes, type FlowInput } from 'callchart';
import { setup } from 'xstate';
import { silentLogger } from '../../runtime/core/logger';
import { originate, type OriginateResult } from '../../runtime/flow/originate';
import { runFlow } from '../../runtime/flow/run-flow';
import type { MachineOptions } from '../../runtime/media/port';
import { oneScene, type Scene } from '../call/scene';

const open = oneScene();

const inputs: FlowInput[] = [];
const machine = setup({ types: callTypes(), actors: callActors }).createMachine({
  initial: 'ask',
  states: {
    ask: {
      invoke: { src: 'play', input: { prompt: 'question' }, onDone: 'done', onError: 'done' },
    },
    done: { type: 'final' },
  },
  context: ({ input }) => {
    inputs.push(input);
    return {};
  },
});

const flow = { name: 'survey', version: '1a2b', machine };

function placing(scene: Scene, to: string, machineDetection?: MachineOptions) {
  const { clock } = scene;
  const placed = originate(
    scene.calls,
    flow,
    { to, machineDetection },
    {
      clock,
      run: (call, answeredBy) =>
        runFlow(machine, call, {
          ...{ clock, logger: silentLogger, answeredBy },
          record: { state: (name) => call.enteredState(name) },
          removeFile: () => Promise.resolve(),
          input: { order: 42 },
        }).done,
    },
  );
  const watch: { id: string; result?: OriginateResult } = { id: placed.call.info.id };
  void placed.done.then((result) => {
    watch.result = result;
  });
  return watch;
}

beforeEach(() => {
  inputs.length = 0;
});

describe('a call that is placed into a flow', () => {
  it('runs it once somebody has answered, with the call and the input; the final state hangs up', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const watch = placing(scene, bob.uri);
    await scene.run(2_000);
    expect(inputs).toEqual([]);
    bob.call.answer();
    await scene.run(300);
    expect(inputs).toMatchObject([
      { call: { id: watch.id, direction: 'outbound' }, input: { order: 42 } },
    ]);
    expect(bob.call.hears).toEqual(['question']);
    await scene.run(1_000);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(watch.result).toEqual({
      type: 'answered',
      flow: { type: 'final', state: 'done', settled: true },
      talkTime: expect.closeTo(500, -1.5) as number,
      endedBy: 'flow',
    });
    expect(scene.record).toMatchObject({
      direction: 'outbound',
      flow: { name: 'survey', version: '1a2b' },
      path: [{ state: 'ask' }, { state: 'done' }],
    });
  });

  it('does not run it when nobody answers', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.reject(486);
    const watch = placing(scene, bob.uri);
    await scene.run(1_000);
    expect(watch.result).toEqual({ type: 'busy' });
    expect(inputs).toEqual([]);
    expect(scene.record).toMatchObject({ flow: { name: 'survey' }, answered: false, path: [] });
  });
});

describe('a call that is placed with machine detection', () => {
  // Bob's phone sends a tone for as long as it lives, which says nothing of who he is.
  it('finds out who has answered before its flow begins', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const watch = placing(scene, bob.uri, { totalTime: 1_500 });
    await scene.run(500);
    bob.call.answer();
    await scene.run(1_000);
    expect(inputs).toEqual([]);
    await scene.run(1_000);
    expect(inputs).toMatchObject([
      {
        call: { id: watch.id },
        input: { order: 42 },
        answeredBy: { type: 'unknown', reason: 'total-time', decidedAt: 1_500 },
      },
    ]);
    await scene.run(3_000);
    expect(watch.result).toMatchObject({
      ...{ type: 'answered', endedBy: 'flow' },
      answeredBy: { type: 'unknown', reason: 'total-time' },
    });
  });

  it('begins its flow, which is over at once, when the callee hangs up meanwhile', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const watch = placing(scene, bob.uri, {});
    await scene.run(500);
    bob.call.answer();
    await scene.run(1_000);
    bob.call.hangUp();
    await scene.run(8_000);
    expect(inputs).toMatchObject([{ answeredBy: { type: 'stopped' } }]);
    expect(watch.result).toMatchObject({ type: 'answered', endedBy: 'callee' });
  });
});
