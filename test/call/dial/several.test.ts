import type { Placement } from '../../../runtime/call/placement';
import { oneScene, type Scene } from '../scene';
import type { ScenePhone } from '../scene-phone';

const open = oneScene();

async function phones(scene: Scene, count: number): Promise<ScenePhone[]> {
  const list: ScenePhone[] = [];
  for (let index = 0; index < count; index += 1) list.push(await scene.phone('callee'));
  return list;
}

const uris = (list: readonly ScenePhone[]): string[] => list.map(({ uri }) => uri);

describe('several targets at once', () => {
  it('all ring, and the first who answers gets the call; the others stop', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const ten = await phones(scene, 10);
    const dial = scene.dial(call, { targets: uris(ten) });
    await scene.run(1_000);
    expect(ten.map(({ received }) => received.length)).toEqual(Array(10).fill(1));
    ten[6]?.call.answer();
    await scene.run(1_000);
    expect(caller.hears).toEqual(['callee']);
    ten.forEach((phone, index) => {
      if (index === 6) expect(phone.call.end).toBeUndefined();
      else expect(phone.call.end).toMatchObject({ by: 'remote', cause: 'cancel' });
    });
    caller.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: ten[6]?.uri });
    expect(scene.record.legs).toHaveLength(10);
    expect(scene.record.legs.filter(({ end }) => end.cause === 'answered-elsewhere')).toHaveLength(
      9,
    );
  });

  it('of which two answer in the same moment: one gets the call, the other a BYE', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const [bob, carol] = (await phones(scene, 2)) as [ScenePhone, ScenePhone];
    const dial = scene.dial(call, { targets: uris([bob, carol]) });
    await scene.run(1_000);
    bob.call.answer();
    carol.call.answer();
    await scene.run(1_000);
    expect(bob.call.end).toBeUndefined();
    expect(carol.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(scene.told.filter((told) => told.startsWith('dial.answered'))).toHaveLength(1);
    bob.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: bob.uri });
  });

  it.each([
    ['busy, and one that rang in vain', [486, 0], 'noAnswer'],
    ['busy, and one that refused', [403, 486], 'busy'],
    ['gone, and one that refused', [404, 403], 'rejected'],
  ] as const)('come to what says most: one is %s', async (_, statuses, type) => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const list = await phones(scene, 2);
    list.forEach((phone, index) => {
      const status = statuses[index] ?? 0;
      if (status > 0) phone.onCall = (incoming) => incoming.reject(status);
    });
    const dial = scene.dial(call, { targets: uris(list), timeout: 5_000 });
    await scene.run(6_000);
    expect(dial.result).toMatchObject({ type });
  });

  it('go on ringing when one of them declines with a 6xx: they are different people', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const [bob, carol] = (await phones(scene, 2)) as [ScenePhone, ScenePhone];
    bob.onCall = (incoming) => incoming.reject(603);
    const dial = scene.dial(call, { targets: uris([bob, carol]) });
    await scene.run(1_000);
    carol.call.answer();
    await scene.run(100);
    carol.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: carol.uri });
  });
});

describe('one target after another', () => {
  it('each has its time, then the next has its turn', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const [bob, carol, dave] = (await phones(scene, 3)) as [ScenePhone, ScenePhone, ScenePhone];
    carol.onCall = (incoming) => incoming.reject(486);
    const dial = scene.dial(call, {
      targets: uris([bob, carol, dave]),
      strategy: 'sequential',
      timeout: 5_000,
    });
    await scene.run(4_900);
    expect([bob, carol, dave].map(({ received }) => received.length)).toEqual([1, 0, 0]);
    await scene.run(200);
    expect(bob.call.end).toMatchObject({ cause: 'cancel' });
    expect([carol, dave].map(({ received }) => received.length)).toEqual([1, 1]);
    dave.call.answer();
    await scene.run(100);
    dave.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: dave.uri });
  });

  it('nobody is left: the failure that says most', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const list = await phones(scene, 3);
    for (const phone of list) phone.onCall = (incoming) => incoming.reject(486);
    const dial = scene.dial(call, { targets: uris(list), strategy: 'sequential' });
    await scene.run(1_000);
    expect(dial.result).toEqual({ type: 'busy' });
  });
});

describe('one target at several addresses', () => {
  function placed(
    scene: Scene,
    groups: ScenePhone[][],
    next: 'failure' | 'unreachable',
  ): Placement {
    return {
      type: 'placed',
      groups: groups.map((group) => group.map((phone) => scene.placer.to(phone.uri))),
      next,
      release: () => undefined,
    };
  }

  it('rings those of a group together, and the next group when nobody answered (by q)', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const [desk, mobile, home] = (await phones(scene, 3)) as [ScenePhone, ScenePhone, ScenePhone];
    scene.placer.places.set('bob', placed(scene, [[desk, mobile], [home]], 'failure'));
    desk.onCall = (incoming) => incoming.reject(486);
    const dial = scene.dial(call, { targets: ['bob'], timeout: 5_000 });
    await scene.run(1_000);
    expect([desk, mobile, home].map(({ received }) => received.length)).toEqual([1, 1, 0]);
    await scene.run(5_000);
    home.call.answer();
    await scene.run(100);
    expect(mobile.call.end).toBeDefined();
    home.call.hangUp();
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', target: 'bob' });
  });

  it('is given up at a 6xx from any of them (RFC 3261 §16.7)', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const [desk, mobile, home] = (await phones(scene, 3)) as [ScenePhone, ScenePhone, ScenePhone];
    scene.placer.places.set('bob', placed(scene, [[desk, mobile], [home]], 'failure'));
    const dial = scene.dial(call, { targets: ['bob'] });
    await scene.run(1_000);
    desk.call.reject(603, 'Not now');
    await scene.run(1_000);
    expect(dial.result).toEqual({ type: 'rejected', status: 603, reason: 'Not now' });
    expect(mobile.call.end).toMatchObject({ cause: 'cancel' });
    expect(home.received).toEqual([]);
  });

  it('tries the next server of a trunk only when the one before is not there', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const [first, second, third] = (await phones(scene, 3)) as [ScenePhone, ScenePhone, ScenePhone];
    scene.placer.places.set('100', placed(scene, [[first], [second], [third]], 'unreachable'));
    first.onCall = (incoming) => incoming.reject(503);
    second.onCall = (incoming) => incoming.reject(486);
    const dial = scene.dial(call, { targets: ['100'] });
    await scene.run(40_000);
    expect([first, second, third].map(({ received }) => received.length)).toEqual([1, 1, 0]);
    expect(dial.result).toEqual({ type: 'busy' });
  });
});
