import { settle } from '../../../runtime/core/virtual-clock';
import { oneScene, usual } from '../scene';

const open = oneScene();

describe('a target that does not answer the call', () => {
  it.each([
    [486, { type: 'busy' }],
    [600, { type: 'busy' }],
    [480, { type: 'noAnswer' }],
    [408, { type: 'noAnswer' }],
    [487, { type: 'noAnswer' }],
    [403, { type: 'rejected', status: 403, reason: 'Said so' }],
    [488, { type: 'rejected', status: 488, reason: 'Said so' }],
    [500, { type: 'rejected', status: 500, reason: 'Said so' }],
    [603, { type: 'rejected', status: 603, reason: 'Said so' }],
    [404, { type: 'unreachable', status: 404, reason: 'Said so' }],
    [410, { type: 'unreachable', status: 410, reason: 'Said so' }],
    [484, { type: 'unreachable', status: 484, reason: 'Said so' }],
    [604, { type: 'unreachable', status: 604, reason: 'Said so' }],
  ])('with %i comes to %j', async (status, result) => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.reject(status, 'Said so');
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toEqual(result);
    expect(call.state).toBe('ringing');
    call.reject(486);
    await scene.run(100);
    expect(caller.end).toMatchObject({ cause: 'rejected', status: 486 });
    expect(scene.record.legs).toMatchObject([
      { answered: false, talked: 0, end: { by: 'callee', cause: 'rejected', status } },
    ]);
  });

  it('in time is cancelled, and is no answer', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const dial = scene.dial(call, { targets: [bob.uri], timeout: 5_000 });
    await scene.run(4_900);
    expect(dial.result).toBeUndefined();
    await scene.run(200);
    expect(dial.result).toEqual({ type: 'noAnswer' });
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'cancel' });
    call.hangup();
    expect(scene.record.legs).toMatchObject([
      { rang: expect.any(Number) as unknown, end: { by: 'caller', cause: 'timeout' } },
    ]);
  });

  it('because nothing is there is unreachable', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const dial = scene.dial(call, { targets: ['sip:nobody@10.9.9.9'], timeout: 60_000 });
    await scene.run(33_000);
    expect(dial.result).toMatchObject({ type: 'unreachable', status: 408 });
  });

  it.each([403, 404, 480, 503] as const)(
    'because the placement is refused (%i) is unreachable, and nothing is sent',
    async (status) => {
      const scene = await open();
      const { call } = await scene.calling(await scene.phone('caller'));
      scene.placer.places.set('bob', { type: 'refused', status, reason: 'no way' });
      const dial = scene.dial(call, { targets: ['bob'] });
      await scene.run(10);
      expect(dial.result).toEqual({ type: 'unreachable', status, reason: 'no way' });
      expect(scene.userAgent.openSessions).toBe(1);
    },
  );

  it('because we have no port for its sound is unreachable', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    scene.exhaustPorts();
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toMatchObject({ type: 'unreachable', status: 503 });
    expect(bob.received).toEqual([]);
  });

  it('because the call has been through too many already is unreachable', async () => {
    const scene = await open();
    const bob = await scene.phone('callee');
    scene.onInvite = (session) => {
      session.request.headers.set('Max-Forwards', '1');
      scene.latest = scene.calls.begin(session);
    };
    const { call } = await scene.calling(await scene.phone('caller'));
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    expect(dial.result).toMatchObject({ type: 'unreachable', status: 483 });
    expect(bob.received).toEqual([]);
  });

  it('whose URI cannot be read is a failure like any other', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const dial = scene.dial(call, { targets: ['no uri at all'] });
    await scene.run(100);
    expect(dial.result).toMatchObject({ type: 'unreachable', status: 400 });
  });

  it('through a trunk that does not exist is a broken configuration: the dial rejects', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const dial = scene.dial(call, { targets: ['100'], trunk: 'nowhere' });
    await scene.run(100);
    expect(dial.error).toMatchObject({ code: 'CALLCHART_UNKNOWN_TRUNK' });
    call.hangup();
    expect(scene.record.errors).toMatchObject([{ code: 'CALLCHART_UNKNOWN_TRUNK' }]);
  });
});

describe('giving up', () => {
  it('of the caller cancels the callee', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    caller.hangUp();
    await scene.run(100);
    expect(dial.result).toEqual({ type: 'cancelled' });
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'cancel' });
    expect(scene.record).toMatchObject({
      end: { by: 'caller', cause: 'cancel' },
      legs: [{ end: { by: 'caller', cause: 'cancel' } }],
    });
  });

  it('of the flow cancels the callee, and the call goes on', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const leave = new AbortController();
    const dial = scene.dial(call, { targets: [bob.uri] }, leave.signal);
    await scene.run(1_000);
    leave.abort();
    await scene.run(100);
    expect(dial.result).toEqual({ type: 'cancelled' });
    expect(bob.call.end).toMatchObject({ cause: 'cancel' });
    expect(call.state).toBe('ringing');
  });

  it('before it began does nothing', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const dial = scene.dial(call, { targets: [bob.uri] }, AbortSignal.abort());
    await scene.run(100);
    expect(dial.result).toEqual({ type: 'cancelled' });
    expect(bob.received).toEqual([]);
    call.hangup();
    const after = scene.dial(call, { targets: [bob.uri] });
    await scene.run(100);
    expect(after.result).toEqual({ type: 'cancelled' });
  });

  it('while the answer is on its way ends the callee with a BYE', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const dial = scene.dial(call, { targets: [bob.uri] });
    await scene.run(1_000);
    // The 200 takes a millisecond to the server, as the CANCEL does to the phone.
    bob.call.answer();
    caller.hangUp();
    await scene.run(2_000);
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(caller.end).toBeDefined();
    expect(dial.result).toBeDefined();
  });

  it.each(Array.from({ length: 60 }, (_, at) => [at]))(
    'of either side after %i ms leaves nothing behind',
    async (at) => {
      const scene = await open();
      const alice = await scene.phone('caller');
      const bob = await scene.phone('callee');
      bob.onCall = (incoming) => {
        incoming.ringWithSound();
        scene.clock.setTimeout(() => {
          if (incoming.end === undefined) incoming.answer();
        }, 8);
      };
      const { call, caller } = await scene.calling(alice);
      const dial = scene.dial(call, { targets: [bob.uri], record: {} });
      // An odd moment is the callee's, who can only hang up what has reached it.
      await scene.run(Math.floor(at / 2));
      const byCallee = at % 2 === 1 && bob.received[0] !== undefined;
      if (byCallee) bob.received[0]?.hangUp();
      else caller.hangUp();
      await scene.run(2_000);
      expect(dial.error).toBeUndefined();
      expect(dial.result).toBeDefined();
      expect(bob.received.every(({ end }) => end !== undefined)).toBe(true);
      if (byCallee) expect(call.state).not.toBe('ended');
      else expect(caller.end).toBeDefined();
    },
  );
});

describe('who is called, and as whom', () => {
  it('is asked of the placer with all that the flow said', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const headers = { 'X-Queue': 'sales' };
    const callerIdentity = { number: '+15550100', displayName: 'Shop' };
    scene.dial(call, { ...usual, targets: [bob.uri], trunk: 'carrier', callerIdentity, headers });
    await scene.run(100);
    expect(scene.placer.requests).toMatchObject([
      {
        to: bob.uri,
        trunk: 'carrier',
        identity: callerIdentity,
        headers,
        by: { id: call.info.id },
      },
    ]);
    expect(bob.call.session.request.headers.get('X-Queue')).toBe('sales');
  });

  it('goes with the placement: display name, routes, and the codecs that the trunk allows', async () => {
    const scene = await open();
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    const target = scene.placer.to('sip:100@carrier.example', {
      displayName: 'Front desk',
      routes: [`<sip:${bob.options.host};lr>`],
      codecs: ['PCMA'],
    });
    scene.placer.places.set('100', {
      ...{ type: 'placed', groups: [[target]], next: 'failure', trunk: 'carrier' },
      release: () => undefined,
    });
    bob.onCall = (incoming) => incoming.answer();
    scene.dial(call, { targets: ['100'] });
    await scene.run(1_000);
    const { request } = bob.call.session;
    expect(request.requestUri).toBe('sip:100@carrier.example');
    expect(request.from.displayName).toBe('Front desk');
    expect(bob.call.audio?.codec.name).toBe('PCMA');
    bob.call.hangUp();
    await scene.run(100);
    call.hangup();
    await settle();
    expect(scene.record.legs).toMatchObject([{ trunk: 'carrier', target: '100' }]);
  });
});
