import type { CallServices } from '../../runtime/call/services';
import { SeededRandom } from '../../runtime/core/random';
import { settle } from '../../runtime/core/virtual-clock';
import { SdpSession } from '../../runtime/sdp/session';
import type { IncomingSession } from '../../runtime/sip/ua/port';
import { CallBench, offer } from './bench-call';
import { oneScene } from './scene';

const key = (octet: number): string =>
  `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, octet).toString('base64')}`;

const secureOffer = (octet = 1): string => offer([key(octet)]).replace('RTP/AVP', 'RTP/SAVP');

const tooPlain = [
  'Warning',
  '302 callchart "Incompatible transport protocol: only SRTP is taken here"',
];

/** Calls of one policy, and what was said about it. */
function bench(policy: 'off' | 'allowed' | 'required') {
  const said: string[] = [];
  const encryption: CallServices['encryption'] = {
    policy: () => policy,
    keys: 'sdes',
    onExposedKeys: () => said.push('exposed'),
    onDropped: () => said.push('dropped'),
  };
  return { calls: new CallBench({ encryption }), said };
}

function sentSdp(session: ReturnType<CallBench['incoming']>['session']): string {
  const accepted = session.actions.find((action) => action.type === 'accept');
  return accepted?.type === 'accept' ? accepted.sdp : '';
}

describe('a call that comes in', () => {
  it('with plain RTP gets 488 and a Warning where encryption is required', async () => {
    const { calls } = bench('required');
    const { call, session } = calls.incoming();
    await expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    expect(session.actions).toEqual([{ type: 'reject', status: 488, headers: [tooPlain] }]);
    expect(call.end).toMatchObject({ by: 'system', cause: 'not-acceptable', status: 488 });
    await settle();
    calls.expectNothingLeft();
  });

  it('with keys gets 488 where there is no encryption', async () => {
    const { calls } = bench('off');
    const { call, session } = calls.incoming({ offer: secureOffer() });
    await expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    expect(session.actions).toMatchObject([{ type: 'reject', status: 488 }]);
    expect(call.end?.reason).toContain('SRTP is not taken here');
  });

  it.each(['allowed', 'required'] as const)(
    'with keys is encrypted where that is %s; that they can be read on UDP is told',
    async (policy) => {
      const { calls, said } = bench(policy);
      const { call, session } = calls.incoming({ offer: secureOffer() });
      await call.answer();
      expect(sentSdp(session)).toMatch(/m=audio \d+ RTP\/SAVP 0 101\r\n[^]*a=crypto:1 AES_CM_128/);
      expect(calls.media.only.configured).toMatchObject([
        { security: { type: 'sdes', suite: 'AES_CM_128_HMAC_SHA1_80' } },
      ]);
      expect(said).toEqual(['exposed']);
      call.hangup();
    },
  );

  it('that is encrypted cannot go on without, by re-INVITE or UPDATE, where it is required', async () => {
    const { calls } = bench('required');
    const { call, session } = calls.incoming({ offer: secureOffer() });
    await call.answer();
    session.acknowledge();
    expect(await session.handler.onOffer(offer())).toMatchObject({
      type: 'reject',
      status: 488,
      warning: { code: 302 },
    });
    expect(calls.media.only.configured).toHaveLength(1);
    // Nor by the answer to an offer of ours, which ends the call.
    expect(await session.handler.onOfferWanted()).toContain('RTP/SAVP');
    expect(session.handler.onAnswer(offer())).toBe(false);
    expect(calls.media.only.configured).toHaveLength(1);
    call.hangup();
    await settle();
    expect(calls.only.errors).toMatchObject([
      { message: 'SDP answer refused: the answer is not encrypted' },
    ]);
  });

  it('that is encrypted may go on without where it is only allowed, and that is told', async () => {
    const { calls, said } = bench('allowed');
    const { call, session } = calls.incoming({ offer: secureOffer() });
    await call.answer();
    session.acknowledge();
    expect(await session.handler.onOffer(offer())).toMatchObject({ type: 'answer' });
    expect(calls.media.only.configured.at(-1)?.security).toBeUndefined();
    expect(said).toEqual(['exposed', 'dropped']);
    call.hangup();
  });

  it('without an offer gets ours with keys where encryption is required', async () => {
    const { calls } = bench('required');
    const { call, session } = calls.incoming({ offer: undefined });
    const answering = call.answer();
    await settle();
    const sdp = sentSdp(session);
    expect(sdp).toContain('RTP/SAVP');
    const plain = session.acknowledge(offer());
    expect(plain).toBe(false);
    session.over();
    await expect(answering).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
  });

  it('of a trunk with a policy of its own is held to that', async () => {
    const { calls } = bench('allowed');
    const { call } = calls.incoming({}, undefined, {
      trunk: 'carrier',
      terms: { srtp: 'required' },
    });
    await expect(call.answer()).rejects.toMatchObject({ code: 'CALLCHART_CALL_ENDED' });
    expect(call.end).toMatchObject({ cause: 'not-acceptable', status: 488 });
  });
});

describe('codecs', () => {
  it('are those that the flow names for the answer, in its order', async () => {
    const calls = new CallBench();
    const { call, session } = calls.incoming();
    await call.answer({ codecs: ['opus', 'PCMA'] });
    expect(sentSdp(session)).toMatch(/m=audio \d+ RTP\/AVP 8 101\r\n/);
    call.hangup();
  });

  it('are all of ours when none of those named is there', async () => {
    const calls = new CallBench();
    const { call, session } = calls.incoming();
    await call.answer({ codecs: ['opus'] });
    expect(sentSdp(session)).toMatch(/m=audio \d+ RTP\/AVP 0 101\r\n/);
    call.hangup();
  });

  it('of a route or trunk outrank what the caller prefers', async () => {
    const calls = new CallBench();
    const { call, session } = calls.incoming({}, undefined, {
      terms: { codecs: ['opus', 'PCMA'] },
    });
    await call.answer();
    expect(sentSdp(session)).toMatch(/m=audio \d+ RTP\/AVP 8 101\r\n/);
    call.hangup();
  });
});

describe('audio that fails', () => {
  it('ends an answered call with a BYE that says so, and stands in the record', async () => {
    const calls = new CallBench();
    const { call, session } = calls.incoming();
    await call.answer();
    calls.media.only.handler.onFailed?.('the DTLS handshake was not completed');
    expect(session.actions.at(-1)).toEqual({
      type: 'end',
      headers: [
        ['Reason', 'SIP;cause=500;text="Media failed: the DTLS handshake was not completed"'],
      ],
    });
    await settle();
    expect(calls.only).toMatchObject({
      end: { by: 'system', cause: 'media-failed', status: 500 },
      errors: [{ message: 'the audio has failed: the DTLS handshake was not completed' }],
    });
    calls.expectNothingLeft();
  });
});

describe('a call that we place', () => {
  const newScene = oneScene();

  function encrypted(policy: 'allowed' | 'required') {
    return { policy: () => policy, keys: 'sdes' } as const;
  }

  it('is not answered in the open where encryption is required: BYE with 488', async () => {
    const scene = await newScene({ encryption: encrypted('required') });
    const bob = await scene.phone('bob');
    let offered = '';
    bob.onCall = (call) => {
      const session = call.session as IncomingSession;
      offered = session.offer ?? '';
      // As one that does not know what it is asked for.
      session.accept(offered.replace('SAVP', 'AVP').replace(/a=crypto.*\r\n/g, ''));
    };
    const placed = scene.calls.place({ to: bob.uri });
    await scene.run(2_000);
    expect(offered).toContain('RTP/SAVP');
    expect(await placed.outcome).toMatchObject({ type: 'rejected', status: 488 });
    expect(bob.call.end).toMatchObject({ by: 'remote', cause: 'bye' });
  });

  it('goes on from a 183 to a 200 with the key that the 183 took', async () => {
    const scene = await newScene({ encryption: encrypted('required') });
    const bob = await scene.phone('bob');
    const sdp = new SdpSession(
      { host: bob.options.host, port: 40_000, sessionId: '1' },
      {
        ...{ codecs: ['PCMU'], preference: 'ours', ptime: 20, telephoneEvent: false },
        security: {
          ...{ policy: 'required', keys: 'sdes', opportunistic: false },
          random: new SeededRandom(5),
        },
      },
    );
    let taken = '';
    bob.onCall = (call) => {
      const session = call.session as IncomingSession;
      // The second of the lines that are offered.
      const answer = sdp.answer((session.offer ?? '').replace(/a=crypto:1 .*\r\n/, ''));
      if (answer.type !== 'answer') throw new Error('no answer');
      taken = answer.sdp;
      session.provisional(183, { sdp: answer.sdp, reliable: 'never' });
      session.accept(answer.sdp);
    };
    const placed = scene.calls.place({ to: bob.uri });
    await scene.run(2_000);
    expect(taken).toContain('a=crypto:2 ');
    expect(await placed.outcome).toEqual({ type: 'answered' });
    placed.call.hangup();
    await scene.run(1_000);
  });
});
