import { settle } from '../../../runtime/core/virtual-clock';
import type { ReferOutcome } from '../../../runtime/sip/ua/port';
import { oneScene, type Scene } from '../scene';
import type { PhoneCall, ScenePhone } from '../scene-phone';

const open = oneScene();

/** Alice has called, and was connected with Bob; Carol answers whoever calls. */
async function talking() {
  const scene = await open();
  const alice = await scene.phone('caller');
  const bob = await scene.phone('callee');
  const carol = await scene.phone('other');
  bob.onCall = (call) => call.answer();
  const { call, caller } = await scene.calling(alice);
  const dial = scene.dial(call, { targets: [bob.uri] });
  await scene.run(1_000);
  expect(caller.hears).toEqual(['callee']);
  return { scene, call, caller, dial, bob, carol };
}

interface Watch {
  readonly progress: number[];
  outcome: ReferOutcome | undefined;
}

/** A phone asks for a transfer. */
function transfer(
  from: PhoneCall,
  to: ScenePhone | string,
  headers: readonly (readonly [string, string])[] = [],
): Watch {
  const watch: Watch = { progress: [], outcome: undefined };
  const options = { to: typeof to === 'string' ? to : to.uri, headers, timeout: 100_000 };
  void from.session
    .refer(options, (status) => watch.progress.push(status))
    .then((outcome) => {
      watch.outcome = outcome;
    });
  return watch;
}

async function hearsOnly(scene: Scene, call: PhoneCall, voice: string): Promise<void> {
  call.ear.clear();
  await scene.run(500);
  expect(call.hears).toEqual([voice]);
}

describe('a callee who transfers the caller', () => {
  it('is told how it goes, leaves when the target has answered, and the two talk', async () => {
    const { scene, call, caller, dial, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.ring();
    const watch = transfer(bob.call, carol, [['Referred-By', '<sip:bob@example.com>']]);
    await scene.run(1_000);
    expect(watch).toEqual({ progress: [100, 180], outcome: undefined });
    // Until then they go on talking.
    await hearsOnly(scene, caller, 'callee');
    expect(carol.call.session.request.headers.get('Referred-By')).toBe('<sip:bob@example.com>');
    expect(scene.placer.requests.at(-1)).toMatchObject({ to: carol.uri, by: { id: call.info.id } });
    carol.call.answer();
    await scene.run(1_000);
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(dial.result).toBeUndefined();
    await hearsOnly(scene, caller, 'other');
    await hearsOnly(scene, carol.call, 'caller');
    carol.call.hangUp();
    await scene.run(200);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'callee', target: carol.uri });
    expect(call.state).toBe('answered');
    call.hangup();
    await settle();
    expect(scene.record.transfers).toMatchObject([
      { to: carol.uri, by: 'callee', outcome: 'accepted' },
    ]);
    expect(scene.record.legs).toMatchObject([
      { target: bob.uri, end: { cause: 'transferred' } },
      { target: carol.uri, end: { by: 'callee', cause: 'bye' } },
    ]);
  });

  it('who has put him on hold in the same breath, as baresip does', async () => {
    const { scene, caller, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.answer();
    const held = bob.call.reoffer('sendonly');
    const watch = transfer(bob.call, carol);
    await scene.run(2_000);
    expect(await held).toMatchObject({ type: 'response', response: { status: 200 } });
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    expect(caller.audio?.direction).toBe('sendrecv');
    await hearsOnly(scene, caller, 'other');
    await hearsOnly(scene, carol.call, 'caller');
  });

  it('hears that the target is busy, and the conversation goes on', async () => {
    const { scene, caller, dial, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.reject(486);
    const watch = transfer(bob.call, carol);
    await scene.run(1_000);
    expect(watch.outcome).toMatchObject({ type: 'failed', status: 486 });
    expect(dial.result).toBeUndefined();
    await hearsOnly(scene, caller, 'callee');
    // Another attempt is as good as the first.
    carol.onCall = (incoming) => incoming.answer();
    const again = transfer(bob.call, carol);
    await scene.run(1_000);
    expect(again.outcome).toMatchObject({ type: 'accepted' });
    await hearsOnly(scene, caller, 'other');
  });

  it('hears that the target may not be called, and nobody is called', async () => {
    const { scene, bob, carol } = await talking();
    scene.placer.places.set(carol.uri, { type: 'refused', status: 403, reason: 'not allowed' });
    const watch = transfer(bob.call, carol);
    await scene.run(1_000);
    expect(watch.outcome).toMatchObject({ type: 'failed', status: 403 });
    expect(carol.received).toEqual([]);
  });

  it('and hangs up at once leaves the caller with a tone, and then with the target', async () => {
    const { scene, caller, dial, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.ring();
    transfer(bob.call, carol);
    await scene.run(100);
    bob.call.hangUp();
    await scene.run(1_000);
    expect(dial.result).toBeUndefined();
    carol.call.answer();
    await scene.run(500);
    await hearsOnly(scene, caller, 'other');
    caller.hangUp();
    await scene.run(200);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'caller' });
    expect(carol.call.end).toMatchObject({ cause: 'bye' });
  });

  it('and hangs up at once, in vain: the dial is over when the target has refused', async () => {
    const { scene, call, dial, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.ring();
    transfer(bob.call, carol);
    await scene.run(100);
    bob.call.hangUp();
    await scene.run(100);
    carol.call.reject(486);
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'transfer' });
    expect(call.state).toBe('answered');
  });

  it('cannot ask for two transfers at once', async () => {
    const { scene, bob, carol } = await talking();
    transfer(bob.call, carol);
    await scene.run(100);
    const second = transfer(bob.call, 'sip:phone@10.0.1.99');
    await scene.run(100);
    expect(second.outcome).toMatchObject({ type: 'refused', status: 491 });
    carol.call.answer();
    await scene.run(500);
    expect(bob.call.end).toBeDefined();
  });

  it('stops the target ringing when the caller hangs up', async () => {
    const { scene, caller, dial, bob, carol } = await talking();
    transfer(bob.call, carol);
    await scene.run(500);
    caller.hangUp();
    await scene.run(500);
    expect(carol.call.end).toMatchObject({ cause: 'cancel' });
    expect(bob.call.end).toBeDefined();
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'caller' });
  });
});

describe('a caller who transfers the callee', () => {
  it('is told how it goes, and leaves; the two who stay talk until one hangs up', async () => {
    const { scene, caller, call, dial, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.ring();
    const watch = transfer(caller, carol);
    await scene.run(500);
    expect(watch.progress).toEqual([100, 180]);
    carol.call.answer();
    await scene.run(1_000);
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    expect(dial.result).toMatchObject({ type: 'answered', target: bob.uri, endedBy: 'transfer' });
    expect(call.end).toMatchObject({ cause: 'transferred' });
    expect(caller.end).toMatchObject({ by: 'remote', cause: 'bye' });
    await hearsOnly(scene, bob.call, 'other');
    await hearsOnly(scene, carol.call, 'callee');
    expect(scene.placer.taken).toBe(2);
    bob.call.hangUp();
    await scene.run(200);
    expect(carol.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(scene.placer.taken).toBe(0);
  });

  it('and hangs up at once leaves the callee to the target', async () => {
    const { scene, caller, dial, bob, carol } = await talking();
    carol.onCall = (incoming) => incoming.ring();
    transfer(caller, carol);
    await scene.run(100);
    caller.hangUp();
    await scene.run(500);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'transfer' });
    expect(bob.call.end).toBeUndefined();
    carol.call.answer();
    await scene.run(500);
    await hearsOnly(scene, bob.call, 'other');
    carol.call.hangUp();
    await scene.run(200);
    expect(bob.call.end).toMatchObject({ by: 'remote' });
  });

  it.each(['refuses', 'is given up'] as const)(
    'and hangs up at once: the callee is let go when the target %s',
    async (how) => {
      const { scene, caller, bob, carol } = await talking();
      carol.onCall = (incoming) => incoming.ring();
      transfer(caller, carol);
      await scene.run(100);
      caller.hangUp();
      await scene.run(100);
      if (how === 'refuses') carol.call.reject(603);
      else bob.call.hangUp();
      await scene.run(500);
      expect(bob.call.end).toBeDefined();
      expect(carol.call.end).toBeDefined();
      expect(scene.placer.taken).toBe(0);
    },
  );

  it('hears that the target does not answer, and talks on', async () => {
    const { scene, caller, dial, carol } = await talking();
    const watch = transfer(caller, carol);
    await scene.run(61_000);
    expect(watch.outcome).toMatchObject({ type: 'failed', status: 408 });
    expect(dial.result).toBeUndefined();
    await hearsOnly(scene, caller, 'callee');
  });
});

test('a caller who talks with a flow transfers nobody', async () => {
  const scene = await open();
  const { call, caller } = await scene.calling(await scene.phone('caller'));
  await call.answer();
  await scene.run(100);
  const watch = transfer(caller, 'sip:phone@10.0.1.99');
  await scene.run(100);
  expect(watch.outcome).toMatchObject({ type: 'refused', status: 603 });
  expect(scene.placer.requests).toEqual([]);
});
