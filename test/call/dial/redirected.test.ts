import { oneScene } from '../scene';

const open = oneScene();

async function rung() {
  const scene = await open();
  const bob = await scene.phone('callee');
  const carol = await scene.phone('other');
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  return { scene, call, caller, bob, carol };
}

describe('a target that sends the call on (302)', () => {
  it('is left for where it leads, which is told who sent it', async () => {
    const { scene, call, caller, bob, carol } = await rung();
    bob.onCall = (incoming) => incoming.redirect(302, [carol.uri]);
    carol.onCall = (incoming) => incoming.answer();
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(caller.hears).toEqual(['other']);
    expect(scene.placer.requests.at(-1)).toMatchObject({
      to: carol.uri,
      identity: { divertedFrom: bob.uri },
    });
    // The flow knows the target that it named.
    expect(scene.told.at(-1)).toBe(`dial.answered ${bob.uri}`);
    carol.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: bob.uri });
  });

  it('has the outcome of the place that it leads to', async () => {
    const { scene, call, bob, carol } = await rung();
    bob.onCall = (incoming) => incoming.redirect(301, [carol.uri]);
    carol.onCall = (incoming) => incoming.reject(486);
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toEqual({ type: 'busy' });
  });

  it('leads nowhere that the guard does not let a call go', async () => {
    const { scene, call, bob, carol } = await rung();
    bob.onCall = (incoming) => incoming.redirect(302, [carol.uri]);
    scene.placer.places.set(carol.uri, { type: 'refused', status: 403, reason: 'not allowed' });
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toMatchObject({ type: 'unreachable', status: 403 });
    expect(carol.received).toEqual([]);
  });

  it('does not lead in a circle', async () => {
    const { scene, call, bob, carol } = await rung();
    bob.onCall = (incoming) => incoming.redirect(302, [carol.uri]);
    carol.onCall = (incoming) => incoming.redirect(302, [bob.uri]);
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toMatchObject({ type: 'rejected', status: 302 });
    expect(bob.received.length + carol.received.length).toBeLessThanOrEqual(6);
  });

  it('without a contact is a refusal', async () => {
    const { scene, call, bob } = await rung();
    bob.onCall = (incoming) => incoming.redirect(302, []);
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toMatchObject({ type: 'rejected', status: 302 });
  });
});
