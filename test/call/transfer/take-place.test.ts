import type { LiveCall } from '../../../runtime/call/live-call';
import type { IncomingSession, Session } from '../../../runtime/sip/ua/port';
import { oneScene, type DialWatch, type Scene } from '../scene';
import { PhoneCall, type ScenePhone } from '../scene-phone';

const open = oneScene();

interface Talk {
  readonly scene: Scene;
  readonly call: LiveCall;
  readonly caller: PhoneCall;
  readonly dial: DialWatch;
  readonly bob: ScenePhone;
  readonly carol: ScenePhone;
}

/** Alice talks with Bob, who is a user of ours; an INVITE with Replaces is taken by the calls. */
async function talking(): Promise<Talk> {
  const scene = await open();
  const alice = await scene.phone('caller');
  const bob = await scene.phone('callee');
  const carol = await scene.phone('other');
  bob.onCall = (call) => call.answer();
  scene.placer.places.set('bob', {
    ...{ type: 'placed', next: 'failure', release: () => undefined },
    groups: [[scene.placer.to(bob.uri, { user: 'bob' })]],
  });
  const { call, caller } = await scene.calling(alice);
  const dial = scene.dial(call, { targets: ['bob'] });
  await scene.run(500);
  scene.onInvite = (session: IncomingSession) => {
    scene.latest = scene.calls.replace(session, { user: 'bob' });
  };
  return { scene, call, caller, dial, bob, carol };
}

/** Carol's phone calls in the place of a phone that has this session. */
async function replace(scene: Scene, carol: ScenePhone, replaced: Session): Promise<PhoneCall> {
  const call = new PhoneCall(carol);
  await call.open();
  const { callId, localTag, remoteTag = '' } = replaced;
  call.session = carol.userAgent.invite({
    ...{ to: 'sip:reception@10.0.0.1:5060', from: 'sip:carol@example.com' },
    sdp: call.sdp.offer(),
    headers: [['Replaces', `${callId};to-tag=${remoteTag};from-tag=${localTag}`]],
    handler: call.handler,
  });
  await scene.run(1_000);
  return call;
}

describe('an INVITE in the place of a party who is bridged (RFC 3891)', () => {
  it('goes on with the caller where the callee was', async () => {
    const { scene, caller, dial, bob, carol } = await talking();
    const next = await replace(scene, carol, bob.call.session);
    expect(next.established).toBe(true);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    caller.ear.clear();
    await scene.run(500);
    expect(caller.hears).toEqual(['other']);
    expect(next.hears).toEqual(['caller']);
    expect(dial.result).toBeUndefined();
    next.hangUp();
    await scene.run(200);
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'callee' });
  });

  it('goes on with the callee where the caller was', async () => {
    const { scene, caller, dial, bob, carol } = await talking();
    const next = await replace(scene, carol, caller.session);
    expect(next.established).toBe(true);
    expect(caller.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(dial.result).toMatchObject({ type: 'answered', endedBy: 'transfer' });
    bob.call.ear.clear();
    await scene.run(500);
    expect(bob.call.hears).toEqual(['other']);
    expect(next.hears).toEqual(['callee']);
    bob.call.hangUp();
    await scene.run(200);
    expect(next.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(scene.placer.taken).toBe(0);
  });

  it('ends with the caller', async () => {
    const { scene, caller, bob, carol } = await talking();
    const next = await replace(scene, carol, bob.call.session);
    caller.hangUp();
    await scene.run(200);
    expect(next.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('gets 603 when there is nobody to be connected with, and the call goes on', async () => {
    const { scene, call, caller, bob, carol } = await talking();
    bob.call.hangUp();
    await scene.run(200);
    const next = await replace(scene, carol, caller.session);
    expect(next.end).toMatchObject({ cause: 'rejected', status: 603 });
    expect(call.state).toBe('answered');
  });
});

test('only the user or trunk that is the party may be replaced by itself', async () => {
  const { scene, call, bob } = await talking();
  const leg = call.bridged?.calleeLeg?.leg.session;
  if (leg === undefined) throw new Error('nobody is bridged');
  expect(scene.calls.isParty(leg, { user: 'bob' })).toBe(true);
  expect(scene.calls.isParty(leg, { user: 'mallory' })).toBe(false);
  expect(scene.calls.isParty(leg, { trunk: 'carrier' })).toBe(false);
  expect(scene.calls.isParty(leg, {})).toBe(false);
  // The caller has proven nothing: then nobody is.
  expect(scene.calls.isParty(call.leg.session, {})).toBe(false);
  expect(scene.calls.isParty(call.leg.session, { user: 'bob' })).toBe(false);
  bob.call.hangUp();
});
