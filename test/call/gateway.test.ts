import { runGateway, type GatewayOptions } from '../../runtime/call/gateway';
import type { IncomingSession } from '../../runtime/sip/ua/port';
import { oneScene } from './scene';

const open = oneScene();

async function connecting(
  options: Partial<GatewayOptions> = {},
  phones: { caller?: object; callee?: object } = {},
) {
  const scene = await open();
  const bob = await scene.phone('callee', phones.callee);
  scene.onInvite = (session) => {
    const call = scene.calls.begin(session);
    scene.latest = call;
    void runGateway(call, { to: [bob.uri], timeout: 20_000, ...options });
  };
  const alice = await scene.phone('caller', phones.caller);
  const { call, caller } = await scene.calling(alice);
  await scene.run(500);
  return { scene, alice, bob, call, caller };
}

describe('a gateway', () => {
  it('passes 180, 181, 183 with sound, and the answer; a BYE of the callee ends the caller', async () => {
    const { scene, caller, bob } = await connecting();
    expect(caller.progress).toEqual([180]);
    bob.call.provisional(181);
    await scene.run(100);
    bob.call.ringWithSound();
    await scene.run(1_000);
    expect(caller.progress).toEqual([180, 181, 183]);
    expect(caller.hears).toEqual(['callee']);
    bob.call.answer();
    await scene.run(1_000);
    expect(caller.established).toBe(true);
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
    bob.call.hangUp();
    await scene.run(100);
    expect(caller.end).toMatchObject({ by: 'remote', cause: 'bye', status: 200 });
    expect(scene.record).toMatchObject({
      end: { by: 'system', cause: 'peer-ended' },
      answered: true,
      flow: undefined,
      legs: [{ target: bob.uri, answered: true, end: { by: 'callee', cause: 'bye' } }],
    });
  });

  it('ends the callee when the caller hangs up', async () => {
    const { scene, caller, bob } = await connecting();
    bob.call.answer();
    await scene.run(1_000);
    caller.hangUp();
    await scene.run(100);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(scene.record.end).toMatchObject({ by: 'caller', cause: 'bye' });
  });

  it('passes a CANCEL of the caller on', async () => {
    const { scene, caller, bob } = await connecting();
    caller.hangUp();
    await scene.run(100);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'cancel' });
    expect(scene.record.end).toMatchObject({ by: 'caller', cause: 'cancel' });
  });

  it.each([
    [486, 486],
    [403, 403],
    [404, 404],
    [503, 503],
    [603, 603],
    // What only concerns us.
    [401, 502],
    [407, 502],
    [487, 480],
  ])('passes a refusal on: %i is %i to the caller', async (theirs, ours) => {
    const { scene, caller, bob } = await connecting();
    bob.call.reject(theirs, 'Said so');
    await scene.run(40_000);
    expect(caller.end).toMatchObject({ cause: 'rejected', status: ours });
    if (theirs === ours) expect(caller.end?.reason).toBe('Said so');
    expect(scene.record.end).toMatchObject({ by: 'system', cause: 'rejected', status: ours });
  });

  it('passes a redirection on, with its contacts, and what a refusal says besides', async () => {
    const { scene, caller, bob } = await connecting();
    bob.call.redirect(302, ['sip:bob@10.0.9.9']);
    await scene.run(1_000);
    expect(caller.end).toMatchObject({ cause: 'rejected', status: 302 });
    expect(caller.end?.response?.contacts[0]?.uriText).toBe('sip:bob@10.0.9.9');
  });

  it('passes on when to try again', async () => {
    const { scene, caller, bob } = await connecting();
    bob.call.reject(480, 'Out', [['Retry-After', '120']]);
    await scene.run(1_000);
    expect(caller.end?.response?.headers.get('Retry-After')).toBe('120');
  });

  it('ends both sides at its time limit', async () => {
    const { scene, caller, bob } = await connecting({ timeLimit: 5_000 });
    bob.call.answer();
    await scene.run(5_100);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(caller.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('gives up in time with 408', async () => {
    const { scene, caller, bob } = await connecting({ timeout: 3_000 });
    await scene.run(3_000);
    expect(caller.end).toMatchObject({ cause: 'rejected', status: 408 });
    expect(bob.call.end).toMatchObject({ cause: 'cancel' });
  });

  it('answers 500 when its trunk is not there', async () => {
    const { caller, bob } = await connecting({ trunk: 'nowhere' });
    expect(caller.end).toMatchObject({ cause: 'rejected', status: 500 });
    expect(bob.received).toEqual([]);
  });

  it('goes between codecs, and sends keys as INFO where it is told to', async () => {
    const { scene, caller, bob } = await connecting(
      { dtmf: 'info' },
      { caller: { codecs: ['PCMA'] }, callee: { codecs: ['PCMU'] } },
    );
    bob.call.answer();
    await scene.run(1_000);
    expect(bob.call.audio?.telephoneEvent).toBeUndefined();
    await Promise.all([caller.press('5'), scene.run(1_000)]);
    expect(bob.call.infos).toEqual([expect.stringContaining('Signal=5')]);
    await Promise.all([bob.call.pressByInfo('6'), scene.run(1_000)]);
    expect(caller.digits).toEqual(['6']);
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
  });

  it('goes between IP versions, each side with addresses of its own', async () => {
    const { scene, caller, bob } = await connecting({}, { callee: { host: 'fd00::9' } });
    bob.call.answer();
    await scene.run(1_000);
    expect((bob.call.session as IncomingSession).request.headers.get('Contact')).toContain(
      '[fd00::1]',
    );
    expect(caller.audio?.remote.rtp.host).toBe('10.0.0.1');
    expect(bob.call.audio?.remote.rtp.host).toBe('fd00::1');
    expect(caller.hears).toEqual(['callee']);
    expect(bob.call.hears).toEqual(['caller']);
  });

  it('keeps session timers of one side to that side', async () => {
    const { scene, caller, bob } = await connecting({}, { caller: { sessionExpires: 90 } });
    bob.call.answer();
    await scene.run(100_000);
    expect(bob.call.session.request.headers.get('Session-Expires')).toBeUndefined();
    // Without a refresh it would have ended by now.
    expect(bob.call.offered).toEqual([]);
    expect(caller.end).toBeUndefined();
    expect(bob.call.end).toBeUndefined();
    expect(caller.hears).toEqual(['callee']);
  });

  it('passes a hold across', async () => {
    const { scene, caller, bob } = await connecting();
    bob.call.answer();
    await scene.run(1_000);
    void caller.reoffer('sendonly');
    await scene.run(1_000);
    expect(bob.call.offered).toEqual(['sendonly']);
  });
});
