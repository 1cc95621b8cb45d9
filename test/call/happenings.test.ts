import { setup } from 'xstate';
import type { CallHappening } from '../../runtime/call/happenings';
import { silentLogger } from '../../runtime/core/logger';
import { settle } from '../../runtime/core/virtual-clock';
import { callActors } from '../../runtime/flow/actors';
import { runFlow } from '../../runtime/flow/run-flow';
import { CallBench } from './bench-call';
import { oneScene } from './scene';

const flow = { name: 'reception', version: '3f2a' };
const open = oneScene();

function listen(bench: Pick<CallBench, 'calls'>): CallHappening[] {
  const told: CallHappening[] = [];
  bench.calls.onHappening((happening) => told.push(happening));
  return told;
}

const types = (told: readonly CallHappening[]): string[] => told.map(({ type }) => type);

describe('what those outside of a call are told', () => {
  it('is its whole way from the INVITE to the record, in order, with the times of the clock', async () => {
    const bench = new CallBench();
    const told = listen(bench);
    const { call, session } = bench.incoming({}, flow);
    const began = bench.clock.now();
    call.enteredState('menu');
    await call.ring();
    await call.ring();
    await bench.clock.run(500);
    await call.answer();
    const recording = await call.record({
      ...{ maxDuration: 9_000, endSilence: 0, finishOn: '', beep: false, name: 'message' },
    });
    recording.stop();
    await settle();
    call.note({ type: 'digits', digits: '***', valid: true });
    call.note({ type: 'error', message: 'stands in the record' });
    await bench.clock.run(1_500);
    session.over();
    call.enteredState('bye');
    await bench.clock.run(30);
    call.release();
    await settle();
    call.note({ type: 'digits', digits: '1' });
    const path = bench.only.recordings[0]?.['path'];
    const of = { call: call.info.id };
    expect(told).toEqual([
      {
        ...of,
        ...{ time: began, type: 'call.started', info: call.info },
        ...{ flow: 'reception', version: '3f2a' },
      },
      { ...of, time: began, type: 'call.state', flow: 'reception', state: 'menu' },
      { ...of, time: began, type: 'call.ringing' },
      { ...of, time: began + 500, type: 'call.answered', info: call.info },
      { ...of, time: began + 500, type: 'recording.started', path, by: 'record' },
      {
        ...of,
        ...{ time: began + 500, type: 'recording.completed', path, endedBy: 'stopped' },
        duration: expect.any(Number) as unknown,
        peak: expect.any(Number) as unknown,
      },
      { ...of, time: began + 500, type: 'call.digits', digits: '***', valid: true },
      {
        ...of,
        ...{ time: began + 2_000, type: 'call.ended' },
        end: { by: 'caller', cause: 'bye', status: 200, reason: '' },
      },
      { ...of, time: began + 2_000, type: 'call.state', flow: 'reception', state: 'bye' },
      { ...of, time: began + 2_030, type: 'call.recorded', record: bench.only },
    ]);
    bench.expectNothingLeft();
  });

  it('reaches all listeners in the same order, also what one of them causes, and one that throws harms nobody', () => {
    const bench = new CallBench();
    bench.calls.onHappening(({ type, call }) => {
      if (type === 'call.started') bench.calls.get(call)?.terminate('barred', 403, 'Barred');
      throw new Error('a listener of the test');
    });
    const told = listen(bench);
    const { session } = bench.incoming();
    expect(session.actions).toMatchObject([{ type: 'reject', status: 403 }]);
    expect(types(told)).toEqual(['call.started', 'call.ended', 'call.recorded']);
    expect(bench.log.filter(({ level }) => level === 'error')).toHaveLength(3);
  });

  it('ends when nobody wants to hear it any more', () => {
    const bench = new CallBench();
    const told: string[] = [];
    const forget = bench.calls.onHappening(({ type }) => told.push(type));
    const { call } = bench.incoming();
    forget();
    forget();
    call.hangup();
    expect(told).toEqual(['call.started']);
  });

  it('hides the digits that a flow gathers as sensitive, and tells that a message too short to keep is gone', async () => {
    const bench = new CallBench();
    const told = listen(bench);
    const { call, session } = bench.incoming({}, flow);
    const machine = setup({ actors: callActors }).createMachine({
      initial: 'pin',
      states: {
        pin: {
          invoke: { src: 'gather', input: { maxDigits: 2, sensitive: true }, onDone: 'message' },
        },
        message: { invoke: { src: 'record', input: { minDuration: 60_000 }, onDone: 'bye' } },
        bye: { type: 'final' },
      },
    });
    const run = runFlow(machine, call, {
      ...{ clock: bench.clock, logger: silentLogger, removeFile: () => Promise.resolve() },
      record: { state: (name) => call.enteredState(name) },
    });
    await settle();
    bench.media.only.reportDigit('4', 100);
    bench.media.only.reportDigit('2', 100);
    await settle();
    bench.media.only.recordings[0]?.stop();
    await run.done;
    session.over();
    call.release();
    await settle();
    expect(types(told)).toEqual([
      ...['call.started', 'call.state', 'call.answered', 'call.digits', 'call.state'],
      ...['recording.started', 'recording.completed', 'recording.deleted', 'call.state'],
      ...['call.ended', 'call.recorded'],
    ]);
    expect(told.find(({ type }) => type === 'call.digits')).toMatchObject({ digits: '***' });
  });

  it('is the same of a call that is placed, with whom it reached once that is known', async () => {
    const scene = await open();
    const told = listen(scene);
    const bob = await scene.phone('callee');
    const { call, outcome } = scene.calls.place({ to: bob.uri }, flow);
    await scene.run(1_000);
    bob.call.answer();
    await scene.run(1_000);
    expect(await outcome).toEqual({ type: 'answered' });
    call.enteredState('menu');
    call.hangup();
    call.release();
    await scene.run(1_000);
    expect(types(told)).toEqual([
      ...['call.started', 'call.ringing', 'call.answered', 'call.state'],
      ...['call.ended', 'call.recorded'],
    ]);
    expect(new Set(told.map(({ call }) => call))).toEqual(new Set([scene.record.id]));
    expect(told[0]).toMatchObject({
      info: { direction: 'outbound', callId: '', dialled: bob.uri },
      flow: 'reception',
    });
    expect(told[2]).toMatchObject({ info: { callId: bob.call.session.callId } });
  });

  it('ends a call that nobody answers with why', async () => {
    const scene = await open();
    const told = listen(scene);
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.reject(486);
    const { outcome } = scene.calls.place({ to: bob.uri });
    await scene.run(1_000);
    expect(await outcome).toEqual({ type: 'busy' });
    expect(types(told)).toEqual(['call.started', 'call.ended', 'call.recorded']);
    expect(told[1]).toMatchObject({ end: { cause: 'rejected', status: 486 } });
  });
});
