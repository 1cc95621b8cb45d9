import { createActor, createMachine, setup } from 'xstate';
import type { InspectionEvent } from 'xstate';
import { callActors } from 'callchart';
import { settle } from '../../runtime/core/virtual-clock';
import { bindCallActors, rejectActor, resolveActor } from '../../runtime/flow/actors';
import type { CallActorRunner } from '../../runtime/flow/actors';
import { expectOver, runFakeCall } from '../support/run-fake-call';

type Start = Parameters<CallActorRunner['start']>;

function runner() {
  const started: Start[] = [];
  const left: Start[2][] = [];
  const bound: CallActorRunner = {
    start: (...start: Start) => started.push(start),
    leave: (actor) => left.push(actor),
  };
  return { started, left, bound };
}

describe('a call actor is a promise actor to its flow', () => {
  function started() {
    const scene = runner();
    const input = { prompt: 'welcome' };
    const actor = createActor(callActors.play, { input });
    bindCallActors(actor.system, scene.bound);
    const error = jest.fn();
    actor.subscribe({ error });
    actor.start();
    return { ...scene, actor, input, error };
  }

  test('which is given to the runner, and active with its input', () => {
    const { actor, input, started: starts } = started();
    expect(starts).toEqual([['play', input, actor]]);
    expect(actor.getSnapshot()).toEqual({
      status: 'active',
      output: undefined,
      error: undefined,
      input,
    });
  });

  test('which is done with the outcome, once', () => {
    const { actor, left } = started();
    resolveActor(actor, { type: 'played' });
    rejectActor(actor, new Error('too late'));
    expect(actor.getSnapshot()).toEqual({
      status: 'done',
      output: { type: 'played' },
      error: undefined,
      input: undefined,
    });
    expect(left).toEqual([]);
  });

  test('which fails with what was broken', () => {
    const { actor, error } = started();
    const broken = new Error('no voice');
    rejectActor(actor, broken);
    expect(actor.getSnapshot()).toEqual({
      status: 'error',
      output: undefined,
      error: broken,
      input: undefined,
    });
    expect(error).toHaveBeenCalledWith(broken);
  });

  test('which is left at once when it is stopped, and hears of no outcome then', () => {
    const { actor, left } = started();
    actor.stop();
    expect(left).toEqual([actor]);
    resolveActor(actor, { type: 'played' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'stopped', output: undefined });
  });

  test('which has no use for other events', () => {
    const { actor } = started();
    const before = actor.getSnapshot();
    actor.send({ type: 'dtmf' });
    expect(actor.getSnapshot()).toBe(before);
  });

  test('which is persisted, and runs again with the same input when it is restored', () => {
    const { actor, input } = started();
    const snapshot = actor.getPersistedSnapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual({ status: 'active', input });
    const again = runner();
    const restored = createActor(callActors.play, { snapshot, input });
    bindCallActors(restored.system, again.bound);
    restored.start();
    expect(again.started).toEqual([['play', input, restored]]);
  });

  test('which does not run again when it was done', () => {
    const { actor, input } = started();
    resolveActor(actor, { type: 'played' });
    const again = runner();
    const restored = createActor(callActors.play, {
      snapshot: actor.getPersistedSnapshot(),
      input,
    });
    bindCallActors(restored.system, again.bound);
    restored.start();
    expect(again.started).toEqual([]);
    expect(restored.getSnapshot().output).toEqual({ type: 'played' });
  });
});

test('without a call it rejects and says what to do', async () => {
  const errors: unknown[] = [];
  const machine = createMachine({
    initial: 'ask',
    states: {
      ask: {
        invoke: {
          src: callActors.gather,
          input: {},
          onError: { target: 'over', actions: ({ event }) => errors.push(event.error) },
        },
      },
      over: { type: 'final' },
    },
  });
  const actor = createActor(machine).start();
  expect(actor.getSnapshot().value).toBe('ask');
  await settle();
  expect(errors).toMatchObject([{ code: 'CALLCHART_ACTOR_NOT_PROVIDED' }]);
  expect(String(errors[0])).toContain('machine.provide({ actors: { gather } })');
});

test('who inspects a flow sees the outcome of a call actor as that of any promise', async () => {
  const seen: string[] = [];
  const machine = setup({ actors: callActors }).createMachine({
    initial: 'short',
    states: {
      short: {
        entry: ({ system }) =>
          system.inspect((inspected: InspectionEvent) => {
            if (inspected.type === '@xstate.event') seen.push(inspected.event.type);
          }),
        invoke: { id: 'pause', src: 'pause', input: { duration: 10 }, onDone: 'done' },
      },
      done: { type: 'final' },
    },
  });
  const run = runFakeCall(machine);
  await run.clock.run(10);
  expect(seen).toEqual(
    expect.arrayContaining(['xstate.promise.resolve', 'xstate.done.actor.pause']),
  );
  expectOver(run);
});
