import type { LiveCall } from '../../../runtime/call/live-call';
import type { ReferOutcome, Session } from '../../../runtime/sip/ua/port';
import { oneScene, type DialWatch, type Scene } from '../scene';
import type { PhoneCall, ScenePhone } from '../scene-phone';

const open = oneScene();

interface Conversation {
  readonly call: LiveCall;
  readonly dial: DialWatch;
  readonly caller: PhoneCall;
  readonly callee: PhoneCall;
}

/** One phone calls, and is connected with the other. */
async function connect(scene: Scene, from: ScenePhone, to: ScenePhone): Promise<Conversation> {
  to.onCall = (call) => call.answer();
  const { call, caller } = await scene.calling(from);
  const dial = scene.dial(call, { targets: [to.uri] });
  await scene.run(500);
  return { call, dial, caller, callee: to.call };
}

interface Watch {
  outcome: ReferOutcome | undefined;
}

/** Asks in one call for the other's peer: both are of the same phone. */
function refer(from: PhoneCall, to: ScenePhone, replaced: Session): Watch {
  const watch: Watch = { outcome: undefined };
  const { callId, localTag, remoteTag = '' } = replaced;
  const replaces = { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false };
  void from.session.refer({ to: to.uri, replaces, timeout: 60_000 }).then((outcome) => {
    watch.outcome = outcome;
  });
  return watch;
}

async function phones(scene: Scene) {
  return {
    // Alice and Carol are to talk; Bob brings them together.
    alice: await scene.phone('caller'),
    bob: await scene.phone('callee'),
    carol: await scene.phone('other'),
  };
}

async function talkTogether(scene: Scene, alice: PhoneCall, carol: PhoneCall): Promise<void> {
  alice.ear.clear();
  carol.ear.clear();
  await scene.run(500);
  expect(alice.hears).toEqual(['other']);
  expect(carol.hears).toEqual(['caller']);
}

describe('a party of two conversations who connects the others (RFC 5589 §7)', () => {
  it('was called in the first and has called in the second', async () => {
    const scene = await open();
    const { alice, bob, carol } = await phones(scene);
    const first = await connect(scene, alice, bob);
    // Baresip does so: hold, and then the REFER together with another hold.
    await Promise.all([first.callee.reoffer('sendonly'), scene.run(100)]);
    const second = await connect(scene, bob, carol);
    void second.caller.reoffer('sendonly');
    const watch = refer(first.callee, carol, second.caller.session);
    await scene.run(1_000);
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    expect(first.callee.end).toBeDefined();
    expect(second.caller.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(second.dial.result).toMatchObject({ type: 'answered', endedBy: 'transfer' });
    expect(first.dial.result).toBeUndefined();
    // No other call was placed for it.
    expect(carol.received).toHaveLength(1);
    await talkTogether(scene, first.caller, second.callee);
    second.callee.hangUp();
    await scene.run(200);
    expect(first.dial.result).toMatchObject({ type: 'answered', endedBy: 'callee' });
    expect(first.call.state).toBe('answered');
    expect(scene.placer.taken).toBe(0);
  });

  it('has called in the first and was called in the second', async () => {
    const scene = await open();
    const { alice, bob, carol } = await phones(scene);
    const first = await connect(scene, bob, alice);
    const second = await connect(scene, carol, bob);
    const watch = refer(first.caller, carol, second.callee.session);
    await scene.run(1_000);
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    expect(first.dial.result).toMatchObject({ endedBy: 'transfer' });
    expect(second.callee.end).toBeDefined();
    await talkTogether(scene, first.callee, second.caller);
    first.callee.hangUp();
    await scene.run(200);
    expect(second.dial.result).toMatchObject({ type: 'answered', endedBy: 'callee' });
  });

  it('has called in both', async () => {
    const scene = await open();
    const { alice, bob, carol } = await phones(scene);
    const first = await connect(scene, bob, alice);
    const second = await connect(scene, bob, carol);
    const watch = refer(first.caller, carol, second.caller.session);
    await scene.run(1_000);
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    for (const { dial, call, caller } of [first, second]) {
      expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'transfer' });
      expect(call.end).toMatchObject({ cause: 'transferred' });
      expect(caller.end).toBeDefined();
    }
    await talkTogether(scene, first.callee, second.callee);
    first.callee.hangUp();
    await scene.run(200);
    expect(second.callee.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('was called in both: each caller goes on with its flow when the other has hung up', async () => {
    const scene = await open();
    const { alice, bob, carol } = await phones(scene);
    const first = await connect(scene, alice, bob);
    const second = await connect(scene, carol, bob);
    const watch = refer(first.callee, carol, second.callee.session);
    await scene.run(1_000);
    expect(watch.outcome).toEqual({ type: 'accepted', status: 200 });
    expect([first.dial.result, second.dial.result]).toEqual([undefined, undefined]);
    expect(first.callee.end).toBeDefined();
    expect(second.callee.end).toBeDefined();
    await talkTogether(scene, first.caller, second.caller);
    first.caller.hangUp();
    await scene.run(200);
    expect(first.dial.result).toMatchObject({ type: 'answered', endedBy: 'caller' });
    expect(second.dial.result).toMatchObject({ type: 'answered', endedBy: 'callee' });
    expect(second.call.state).toBe('answered');
  });

  it('cannot take a conversation that is not its own', async () => {
    const scene = await open();
    const { alice, bob, carol } = await phones(scene);
    const dave = await scene.phone('callee');
    const first = await connect(scene, alice, bob);
    const foreign = await connect(scene, carol, dave);
    const watch = refer(first.callee, carol, foreign.callee.session);
    await scene.run(1_000);
    expect(watch.outcome).toMatchObject({ type: 'refused', status: 403 });
    expect([first.dial.result, foreign.dial.result]).toEqual([undefined, undefined]);
    expect(foreign.callee.end).toBeUndefined();
  });

  it('cannot name the conversation itself, or one with a flow', async () => {
    const scene = await open();
    const { alice, bob, carol } = await phones(scene);
    const first = await connect(scene, alice, bob);
    const itself = refer(first.callee, carol, first.callee.session);
    await scene.run(500);
    expect(itself.outcome).toMatchObject({ type: 'refused', status: 603 });
    const { call, caller } = await scene.calling(bob);
    await call.answer();
    await scene.run(200);
    const withFlow = refer(first.callee, carol, caller.session);
    await scene.run(500);
    expect(withFlow.outcome).toMatchObject({ type: 'refused', status: 603 });
    expect(first.dial.result).toBeUndefined();
  });
});

test('a dialog that is not ours is replaced by the INVITE to the target (RFC 3891 §4)', async () => {
  const scene = await open();
  const { alice, bob, carol } = await phones(scene);
  const first = await connect(scene, alice, bob);
  const outcome: (ReferOutcome | undefined)[] = [];
  carol.onCall = (call) => call.answer();
  void first.callee.session
    .refer({
      ...{ to: carol.uri, timeout: 60_000 },
      replaces: { callId: 'elsewhere@host', toTag: 'a', fromTag: 'b', earlyOnly: true },
    })
    .then((each) => outcome.push(each));
  await scene.run(1_000);
  // Carol's phone knows no such dialog, and says so.
  expect(outcome).toMatchObject([{ type: 'failed', status: 481 }]);
  expect(scene.placer.requests.at(-1)?.headers).toEqual({
    Replaces: 'elsewhere@host;to-tag=a;from-tag=b;early-only',
    Require: 'replaces',
  });
  expect(first.dial.result).toBeUndefined();
});
