import { oneScene } from '../scene';

const open = oneScene();

async function dialling(options: object = {}, answered = false) {
  const scene = await open();
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  if (answered) await call.answer();
  const bob = await scene.phone('callee');
  const dial = scene.dial(call, { targets: [bob.uri], ...options });
  await scene.run(1_000);
  return { scene, call, caller, bob, dial };
}

describe('what the caller hears until the answer', () => {
  it('is the sound of the callee, with a 183; the answer follows it', async () => {
    const { scene, caller, bob } = await dialling();
    expect(caller.progress).toEqual([180]);
    bob.call.ringWithSound();
    await scene.run(1_000);
    expect(caller.progress).toEqual([180, 183]);
    expect(caller.hears).toEqual(['callee']);
    expect(caller.established).toBe(false);
    bob.call.answer();
    await scene.run(1_000);
    expect(caller.established).toBe(true);
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
  });

  it('is a tone when the caller was answered before', async () => {
    const { scene, caller, bob } = await dialling({}, true);
    expect(caller.hears).toEqual(['ringback']);
    bob.call.answer();
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
  });

  it('is the sound of the callee in place of the tone, once there is any', async () => {
    const { scene, caller, bob } = await dialling({}, true);
    bob.call.ringWithSound();
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
    bob.call.reject(486);
    await scene.run(1_000);
    expect(caller.hears).toEqual([]);
  });

  it('is the sound of the first of several who sends any, and a tone when that one is gone', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const carol = await scene.phone('other');
    for (const phone of [bob, carol]) phone.onCall = (incoming) => incoming.ringWithSound();
    carol.onCall = (incoming) => incoming.ring();
    scene.dial(call, { targets: [bob.uri, carol.uri] });
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
    bob.call.reject(486);
    await scene.run(1_000);
    expect(caller.hears).toEqual(['ringback']);
    carol.call.answer();
    await scene.run(1_000);
    expect(caller.hears).toEqual(['other']);
  });

  it('is a tone of ours as early media, whatever the callee sends', async () => {
    const { scene, caller, bob } = await dialling({ ringback: 'tone' });
    bob.call.ringWithSound();
    await scene.run(1_000);
    expect(caller.progress).toEqual([183]);
    expect(caller.hears).toEqual(['ringback']);
    expect(caller.established).toBe(false);
  });

  it('is a prompt, again and again', async () => {
    const { scene, caller, bob } = await dialling({ ringback: { prompt: 'music' } });
    await scene.run(5_000);
    expect(caller.hears).toEqual(['music']);
    bob.call.answer();
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
  });

  it('is heard in an answered call when the flow does not wait for the bridge', async () => {
    const { caller } = await dialling({ ringback: 'tone', answerOnBridge: false });
    expect(caller.established).toBe(true);
    expect(caller.hears).toEqual(['ringback']);
  });

  it('is a prompt that cannot be had: the dial rejects, and the callee rings no more', async () => {
    const { bob, dial, call } = await dialling({ ringback: { prompt: 'missing' } });
    expect(dial.error).toMatchObject({ code: 'CALLCHART_PROMPT_MISSING' });
    expect(bob.received.every(({ end }) => end !== undefined)).toBe(true);
    expect(call.state).toBe('early');
  });

  it('is nothing more when nobody answers', async () => {
    const { scene, caller, dial } = await dialling({ timeout: 3_000 }, true);
    await scene.run(3_000);
    expect(dial.result).toEqual({ type: 'noAnswer' });
    expect(caller.hears).toEqual([]);
  });
});
