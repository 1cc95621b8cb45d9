import { oneScene } from '../scene';
import type { PhoneCall, ScenePhone } from '../scene-phone';
import { serves, waits } from './parties';

const open = oneScene();

/** A phone asks for a transfer. */
function transfer(from: PhoneCall, to: ScenePhone): void {
  void from.session.refer({ to: to.uri, headers: [], timeout: 100_000 }, () => undefined);
}

describe('a queue', () => {
  it('lets the one who waits and the one who serves hear each other', async () => {
    const scene = await open();
    const caller = await waits(scene, { music: 'music', data: { account: 7 } });
    expect(caller.phone.hears).toEqual(['music']);
    expect(caller.events).toEqual([
      {
        ...{ type: 'queue.position', queue: 'help', position: 1, size: 1 },
        ...{ waited: 0, averageWait: 0 },
      },
    ]);
    const agent = await serves(scene);
    await scene.run(300);
    expect(caller.phone.hears).toEqual(['callee']);
    expect(agent.phone.hears).toEqual(['caller']);
    expect(agent.events).toMatchObject([
      { type: 'queue.bridged', call: caller.call.info.id, data: { account: 7 } },
    ]);
    expect(caller.told).toEqual(['queue.position', 'queue.taken', 'queue.bridged']);
    await scene.run(1_000);
    caller.phone.hangUp();
    await scene.run(100);
    expect(caller.result).toMatchObject({
      ...{ type: 'bridged', endedBy: 'caller', agentCall: agent.call.info.id },
    });
    expect(agent.result).toMatchObject({
      ...{ type: 'answered', endedBy: 'caller', call: caller.call.info.id, data: { account: 7 } },
    });
    expect(agent.call.state).toBe('answered');
  });

  it('brings an agent who was there first together with who comes', async () => {
    const scene = await open();
    const agent = await serves(scene);
    const caller = await waits(scene);
    await scene.run(300);
    expect([caller.phone.hears, agent.phone.hears]).toEqual([['callee'], ['caller']]);
    await scene.run(1_000);
    agent.phone.hangUp();
    await scene.run(100);
    expect(caller.result).toMatchObject({ type: 'bridged', endedBy: 'agent' });
    expect(agent.result).toMatchObject({ type: 'answered', endedBy: 'agent', waited: 0 });
    expect(caller.call.state).toBe('answered');
  });

  it('serves the highest priority first, those alike in the order of their coming', async () => {
    const scene = await open();
    const first = await waits(scene);
    const second = await waits(scene);
    const urgent = await waits(scene, { priority: 5 });
    expect(first.positions).toEqual([1, 2]);
    expect(second.positions).toEqual([2, 3]);
    expect(urgent.positions).toEqual([1]);
    const agent = await serves(scene);
    expect(agent.served).toBe(urgent.call.info.id);
    agent.leave();
    await scene.run(100);
    expect((await serves(scene)).served).toBe(first.call.info.id);
    expect(second.positions).toEqual([2, 3, 2, 1]);
  });

  it('is full for whoever finds so many there, by his own limit or that of the queue', async () => {
    const scene = await open({ more: { queueSettings: { help: { maxSize: 2 } } } });
    await waits(scene);
    expect((await waits(scene, { maxSize: 1 })).result).toEqual({ type: 'full', size: 1 });
    await waits(scene);
    const late = await waits(scene, { maxSize: 10 });
    expect(late.result).toEqual({ type: 'full', size: 2 });
    expect(late.call.state).toBe('answered');
  });

  it('is over for a caller after his own time, or that of the queue', async () => {
    const scene = await open({ more: { queueSettings: { help: { timeout: 5_000 } } } });
    const impatient = await waits(scene, { timeout: 2_000, music: 'music' });
    const usual = await waits(scene);
    await scene.run(6_000);
    expect(impatient.result).toEqual({ type: 'timeout', waited: 2_000 });
    expect(impatient.phone.hears).toEqual([]);
    expect(usual.result).toEqual({ type: 'timeout', waited: 5_000 });
    expect(scene.calls.queues).toMatchObject([{ name: 'help', members: [] }]);
  });

  it('lets a caller leave, from where he stood', async () => {
    const scene = await open();
    await waits(scene);
    const second = await waits(scene);
    second.place?.leave();
    await scene.run(100);
    expect(second.result).toMatchObject({ type: 'left', position: 2 });
    expect(second.call.state).toBe('answered');
  });

  it('forgets a caller who hangs up, and one whose flow goes on', async () => {
    const scene = await open();
    const first = await waits(scene);
    const second = await waits(scene);
    const third = await waits(scene);
    first.phone.hangUp();
    second.leave();
    await scene.run(100);
    expect(first.result).toMatchObject({ type: 'hangup' });
    expect(second.result).toMatchObject({ type: 'cancelled' });
    expect(third.positions.at(-1)).toBe(1);
    const agent = await serves(scene);
    expect(agent.served).toBe(third.call.info.id);
  });

  it('is empty for an agent to whom nobody comes in time, at once with no time at all', async () => {
    const scene = await open();
    const hasty = await serves(scene, { timeout: 0 });
    expect(hasty.result).toEqual({ type: 'empty' });
    const patient = await serves(scene, { timeout: 3_000 });
    expect(patient.result).toBeUndefined();
    await scene.run(3_000);
    expect(patient.result).toEqual({ type: 'empty' });
    const gone = await serves(scene);
    gone.phone.hangUp();
    await scene.run(100);
    expect(gone.result).toEqual({ type: 'hangup' });
    expect(scene.calls.queues).toMatchObject([{ agents: 0 }]);
  });

  it('gives an agent the one call that he asks for, whoever is ahead', async () => {
    const scene = await open();
    const first = await waits(scene);
    const second = await waits(scene);
    const agent = await serves(scene, { call: second.call.info.id });
    expect(agent.served).toBe(second.call.info.id);
    const other = await serves(scene, { call: 'nobody', timeout: 100 });
    await scene.run(100);
    expect(other.result).toEqual({ type: 'empty' });
    expect(first.result).toBeUndefined();
  });

  it('keeps queues of different names apart, and tells who waits in them', async () => {
    const scene = await open({ more: { queueSettings: { vip: { maxSize: 3 } } } });
    const caller = await waits(scene, { data: 'a' });
    const agent = await serves(scene, { queue: 'vip', timeout: 1_000 });
    await scene.run(1_000);
    expect(agent.result).toEqual({ type: 'empty' });
    const member = { call: caller.call.info.id, position: 1, priority: 0, data: 'a' };
    expect(scene.calls.queues).toMatchObject([
      { name: 'help', maxSize: 1_000, members: [member], agents: 0, talking: 0 },
      { name: 'vip', maxSize: 3, members: [] },
    ]);
  });

  it('tells the average of what those who were served have waited', async () => {
    const scene = await open();
    const first = await waits(scene);
    await scene.run(1_800);
    const agent = await serves(scene);
    const second = await waits(scene);
    expect(second.events).toMatchObject([{ averageWait: first.waited, position: 1 }]);
    agent.leave();
  });
});

describe('two who talk from a queue', () => {
  it('end by the key of the agent, which his flow hears of, and the caller does not hang up', async () => {
    const scene = await open();
    const caller = await waits(scene);
    const agent = await serves(scene, { hangupKey: '*' });
    await Promise.all([agent.phone.press('5'), scene.run(500)]);
    await Promise.all([caller.phone.press('7'), scene.run(500)]);
    expect(agent.keys).toEqual(['5 caller', '7 callee']);
    expect(caller.keys).toEqual(['5 callee', '7 caller']);
    // The bridge carries them across.
    expect([agent.phone.digits, caller.phone.digits]).toEqual([['7'], ['5']]);
    await Promise.all([agent.phone.press('*'), scene.run(500)]);
    expect(agent.result).toMatchObject({ type: 'answered', endedBy: 'hangupKey' });
    expect(caller.result).toMatchObject({ type: 'bridged', endedBy: 'hangupKey' });
    expect([agent.call.state, caller.call.state]).toEqual(['answered', 'answered']);
  });

  it('end by the time limit', async () => {
    const scene = await open();
    const caller = await waits(scene);
    const agent = await serves(scene, { timeLimit: 4_000 });
    await scene.run(5_000);
    expect(agent.result).toMatchObject({ endedBy: 'timeLimit', talkTime: 4_000 });
    expect(caller.result).toMatchObject({ endedBy: 'timeLimit', talkTime: 4_000 });
  });

  it('end when either flow goes on', async () => {
    const scene = await open();
    const caller = await waits(scene);
    const agent = await serves(scene);
    agent.leave();
    await scene.run(100);
    expect(caller.result).toMatchObject({ type: 'bridged', endedBy: 'agent' });
    const again = await waits(scene, {}, 'other');
    const next = await serves(scene);
    again.leave();
    await scene.run(100);
    expect(next.result).toMatchObject({ type: 'answered', endedBy: 'caller' });
  });

  it('are recorded, the agent left and the caller right', async () => {
    const scene = await open();
    await waits(scene);
    const agent = await serves(scene, { record: { name: 'help' } });
    await scene.run(1_000);
    agent.leave();
    await scene.run(100);
    const { result } = agent;
    if (result?.type !== 'answered' || result.recording === undefined) throw new Error('no file');
    const file = scene.files.files.get(result.recording.path);
    // Two channels (bytes 22 and 23 of a WAV file).
    expect(file?.readUInt16LE(22)).toBe(2);
    expect(result.recording.path).toContain('help');
  });

  it('hear music while the other holds', async () => {
    const scene = await open({ more: { holdMusic: 'music' } });
    const caller = await waits(scene);
    const agent = await serves(scene);
    await Promise.all([agent.phone.reoffer('sendonly'), scene.run(500)]);
    expect(caller.phone.hears).toEqual(['music']);
    await Promise.all([agent.phone.reoffer('sendrecv'), scene.run(500)]);
    expect(caller.phone.hears).toEqual(['callee']);
  });

  it('can be transferred by the agent: the caller goes on with the target, the agent is free', async () => {
    const scene = await open();
    const carol = await scene.phone('other');
    carol.onCall = (call) => call.answer();
    const caller = await waits(scene);
    const agent = await serves(scene);
    transfer(agent.phone, carol);
    await scene.run(1_000);
    caller.phone.ear.clear();
    await scene.run(500);
    expect(caller.phone.hears).toEqual(['other']);
    expect(carol.call.hears).toEqual(['caller']);
    expect(agent.result).toMatchObject({ type: 'answered', endedBy: 'transfer' });
    expect(caller.result).toBeUndefined();
    agent.phone.hangUp();
    await scene.run(300);
    expect(caller.phone.hears).toEqual(['other']);
    carol.call.hangUp();
    await scene.run(200);
    expect(caller.result).toMatchObject({ type: 'bridged', endedBy: 'agent' });
  });

  it('lose an agent who transfers and hangs up at once, and the caller waits for the target', async () => {
    const scene = await open();
    const carol = await scene.phone('other');
    carol.onCall = (call) => call.ring();
    const caller = await waits(scene);
    const agent = await serves(scene);
    transfer(agent.phone, carol);
    await scene.run(500);
    agent.phone.hangUp();
    await scene.run(500);
    expect(caller.result).toBeUndefined();
    carol.call.answer();
    await scene.run(500);
    expect([caller.phone.hears, carol.call.hears]).toEqual([['other'], ['caller']]);
  });

  it('can be transferred by the caller: the agent goes on with the target', async () => {
    const scene = await open();
    const carol = await scene.phone('other');
    carol.onCall = (call) => call.answer();
    const caller = await waits(scene);
    const agent = await serves(scene);
    transfer(caller.phone, carol);
    await scene.run(1_000);
    agent.phone.ear.clear();
    await scene.run(500);
    expect([agent.phone.hears, carol.call.hears]).toEqual([['other'], ['callee']]);
    expect(caller.result).toMatchObject({ type: 'bridged', endedBy: 'transfer' });
  });
});
