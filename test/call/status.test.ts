import { oneScene } from './scene';

const open = oneScene();

describe('a call in progress', () => {
  it('says what it is and how it sounds, on each of its legs', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    scene.onInvite = (session) => {
      scene.latest = scene.calls.begin(session, { name: 'support', version: '1' });
    };
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    expect(call.status).toMatchObject({
      ...{ id: call.info.id, direction: 'inbound', state: 'ringing', flow: 'support' },
      ...{ flowState: undefined, talked: 0 },
      legs: [{ of: 'call', party: call.info.from.uri, state: 'ringing', held: false }],
    });
    expect(call.status.legs[0]?.media).toBeUndefined();
    call.enteredState('team');
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(call.status.legs).toMatchObject([
      { of: 'call' },
      { of: 'dial', party: bob.uri, state: 'calling', held: false },
    ]);
    bob.call.answer();
    await scene.run(5_000);
    const { status } = call;
    expect(status).toMatchObject({ state: 'answered', flowState: 'team' });
    expect(status.started).toBe(new Date(call.info.started).toISOString());
    expect(status.duration).toBeGreaterThanOrEqual(6_000);
    expect(status.duration).toBeLessThanOrEqual(6_050);
    expect(status.talked).toBeGreaterThan(4_900);
    expect(status.talked).toBeLessThan(5_000);
    expect(status.legs).toMatchObject([
      { of: 'call', state: 'answered', media: { codec: 'PCMU', packetsLost: 0, security: 'none' } },
      { of: 'dial', state: 'answered', media: { codec: 'PCMU', packetsLost: 0, security: 'none' } },
    ]);
    for (const { media } of status.legs) expect(media?.packetsReceived).toBeGreaterThan(200);
    await Promise.all([caller.reoffer('sendonly'), scene.run(500)]);
    expect(call.status.legs.map(({ held }) => held)).toEqual([true, false]);
    bob.call.hangUp();
    await scene.run(500);
    expect(call.status.legs).toMatchObject([{ of: 'call' }]);
    caller.hangUp();
    await scene.run(500);
    // Its flow may still have something to do.
    expect(call.status).toMatchObject({ state: 'ended', legs: [] });
    call.release();
  });

  it('that is placed has no leg of its own until somebody answers', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    const { call } = scene.calls.place({ to: bob.uri });
    await scene.run(1_000);
    expect(call.status).toMatchObject({ direction: 'outbound', state: 'ringing', legs: [] });
    bob.call.answer();
    await scene.run(1_000);
    expect(call.status.legs).toMatchObject([{ of: 'call', party: bob.uri, state: 'answered' }]);
    call.hangup();
    await scene.run(500);
  });
});
