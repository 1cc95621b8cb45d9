import type { LiveCall } from '../../runtime/call/live-call';
import { oneScene, type Scene } from './scene';
import type { PhoneCall } from './scene-phone';

const open = oneScene();

/** A caller who talks with a callee. */
async function talking(): Promise<{
  readonly scene: Scene;
  readonly call: LiveCall;
  readonly caller: PhoneCall;
  readonly callee: PhoneCall;
}> {
  const scene = await open({ more: { holdMusic: 'music' } });
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  const bob = await scene.phone('callee');
  bob.onCall = (incoming) => incoming.answer();
  scene.dial(call, { targets: [bob.uri] });
  await scene.run(500);
  return { scene, call, caller, callee: bob.call };
}

/** A caller with whom a flow talks. */
async function listening() {
  const scene = await open();
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  await Promise.all([call.answer(), scene.run(100)]);
  return { scene, call, caller };
}

describe('a call that is put on hold from outside of its flow', () => {
  it('hears the music in place of whom it talks with, and is not heard, until it is taken back', async () => {
    const { scene, call, caller, callee } = await talking();
    await call.setHeld(true);
    await scene.run(300);
    expect(call.held).toBe(true);
    expect(caller.hears).toEqual(['music']);
    expect(callee.hears).toEqual([]);
    await call.setHeld(false);
    await scene.run(300);
    expect(caller.hears).toEqual(['callee']);
    expect(callee.hears).toEqual(['caller']);
  });

  it('hears another music where one is named, and silence where there is none', async () => {
    const { scene, call, caller } = await listening();
    await call.setHeld(true, 'question');
    await scene.run(1_500);
    expect(caller.hears).toEqual(['question']);
    await call.setHeld(true);
    await scene.run(300);
    expect(caller.hears).toEqual([]);
  });

  it('lets what the flow plays wait where it is', async () => {
    const { scene, call, caller } = await listening();
    const { done } = await call.play(['question', 'question']);
    let ended: number | undefined;
    const begun = scene.clock.now();
    void done.then(() => {
      ended = scene.clock.now() - begun;
    });
    await scene.run(400);
    await call.setHeld(true, 'music');
    await scene.run(5_000);
    expect(caller.hears).toEqual(['music']);
    expect(ended).toBeUndefined();
    await call.setHeld(false);
    await scene.run(300);
    expect(caller.hears).toEqual(['question']);
    await scene.run(1_000);
    expect(ended).toBeGreaterThan(5_900);
  });

  it('stays as it was when the music cannot be had', async () => {
    const { call, caller, scene } = await talking();
    await expect(call.setHeld(true, 'missing')).rejects.toMatchObject({
      code: 'CALLCHART_PROMPT_MISSING',
    });
    await scene.run(200);
    expect(call.held).toBe(false);
    expect(caller.hears).toEqual(['callee']);
  });

  it('is not held by a music that comes after it was taken back', async () => {
    const { scene, call, caller } = await talking();
    const holding = call.setHeld(true);
    await call.setHeld(false);
    await holding;
    await scene.run(300);
    expect(call.held).toBe(false);
    expect(caller.hears).toEqual(['callee']);
  });

  it('still presses keys', async () => {
    const { scene, call, caller } = await listening();
    await call.setHeld(true);
    await Promise.all([caller.press('5'), scene.run(500)]);
    expect(scene.told).toContain('dtmf 5 caller');
  });
});

describe('a call that is muted from outside of its flow', () => {
  it('is heard neither by whom it talks with nor by recordings, and hears on', async () => {
    const { scene, call, caller, callee } = await talking();
    call.setMuted(true);
    const { recording } = await call.startRecording({ channels: 'stereo' });
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
    expect(callee.hears).toEqual([]);
    call.setMuted(false);
    await scene.run(1_000);
    expect(callee.hears).toEqual(['caller']);
    recording.stop();
    const { duration } = await recording.done;
    expect(duration).toBeGreaterThan(1_900);
  });

  it('is muted from its answer on when that was said before', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    call.setMuted(true);
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(500);
    expect(bob.call.hears).toEqual([]);
  });
});

describe('what a call is told from outside of its flow', () => {
  it('is heard in place of all else, which goes on after it', async () => {
    const { scene, call, caller, callee } = await talking();
    await call.announce('question');
    await scene.run(300);
    expect(caller.hears).toEqual(['question']);
    expect(callee.hears).toEqual(['caller']);
    await scene.run(500);
    expect(caller.hears).toEqual(['callee']);
  });

  it('gives way to the music on hold when it is over, and to another one at once', async () => {
    const { scene, call, caller } = await talking();
    await call.setHeld(true);
    await call.announce('question');
    await call.announce('question');
    await scene.run(300);
    expect(caller.hears).toEqual(['question']);
    await scene.run(600);
    expect(caller.hears).toEqual(['music']);
  });
});

describe('a recording that is begun from outside of the flow', () => {
  it('goes on beside those of the flow, and stands in the record', async () => {
    const { scene, call, caller } = await listening();
    const { id, recording } = await call.startRecording({ name: 'outside' });
    const own = await call.record({
      ...{ channels: 'stereo', maxDuration: 60_000, endSilence: 0, finishOn: '', beep: false },
    });
    await scene.run(1_000);
    let ended = false;
    void recording.done.then(() => {
      ended = true;
    });
    own.stop();
    await scene.run(500);
    expect(ended).toBe(false);
    recording.pause();
    await scene.run(1_000);
    recording.resume();
    caller.hangUp();
    await scene.run(500);
    expect(id).toMatch(/-1-outside$/);
    expect(scene.record.recordings).toHaveLength(2);
    const { duration } = await recording.done;
    expect(duration).toBeGreaterThan(1_450);
    expect(duration).toBeLessThan(1_650);
  });
});
