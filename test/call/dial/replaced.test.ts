import { settle } from '../../../runtime/core/virtual-clock';
import { OutgoingLeg } from '../../../runtime/call/outgoing-leg';
import { oneScene } from '../scene';

const open = oneScene();

describe('a callee in whose place another is put', () => {
  it('leaves, and the conversation goes on with the other, whose end is its end', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const carol = await scene.phone('other');
    for (const phone of [bob, carol]) phone.onCall = (incoming) => incoming.answer();
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    const nothing = (): void => undefined;
    const next = new OutgoingLeg(
      scene.services,
      {
        placed: scene.placer.to(carol.uri),
        asked: { to: carol.uri },
        trunk: undefined,
        timeout: 9_000,
      },
      { onProgress: nothing, onAnswered: nothing, onDigit: nothing, onEnded: nothing },
    );
    next.start();
    await scene.run(1_000);
    expect(carol.call.established).toBe(true);
    call.bridged?.replaceCallee(next, { by: 'system', cause: 'transfer', status: 200, reason: '' });
    await scene.run(1_000);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(dial.result).toBeUndefined();
    expect(caller.hears).toEqual(['other']);
    expect(carol.call.hears).toEqual(['caller']);
    await Promise.all([carol.call.press('5').catch(nothing), scene.run(1_000)]);
    expect(scene.told.at(-1)).toBe('dtmf 5 callee');
    carol.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: carol.uri, endedBy: 'callee' });
    call.hangup();
    await settle();
    expect(scene.record.legs).toMatchObject([
      { target: bob.uri, end: { cause: 'transfer' } },
      { target: carol.uri, end: { by: 'callee', cause: 'bye' } },
    ]);
    expect(call.bridged).toBeUndefined();
  });

  it('is ended with the caller', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const carol = await scene.phone('other');
    for (const phone of [bob, carol]) phone.onCall = (incoming) => incoming.answer();
    scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    const nothing = (): void => undefined;
    const next = new OutgoingLeg(
      scene.services,
      {
        placed: scene.placer.to(carol.uri),
        asked: { to: carol.uri },
        trunk: undefined,
        timeout: 9_000,
      },
      { onProgress: nothing, onAnswered: nothing, onDigit: nothing, onEnded: nothing },
    );
    next.start();
    await scene.run(1_000);
    call.bridged?.replaceCallee(next, { by: 'system', cause: 'transfer', status: 200, reason: '' });
    await scene.run(100);
    caller.hangUp();
    await scene.run(100);
    expect(carol.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });
});
