import { ScriptedPeer, type RequestParts } from '../../support/sip-pair';
import type { UserAgentOptions } from '../../../runtime/sip/ua/port';
import type { SipResponse } from '../../../runtime/sip/message/message';

const none = { sessionExpires: 0 };

/** A call whose 200 is returned. */
function begin(
  headers: Readonly<Record<string, string>>,
  options: Partial<UserAgentOptions> = none,
): { readonly peer: ScriptedPeer; readonly ok: SipResponse; readonly toTag: string } {
  const peer = new ScriptedPeer(options);
  const parts: RequestParts = { body: 'v=offer', headers };
  peer.send('INVITE', parts);
  peer.nextResponse(100);
  peer.session.accept('v=ours');
  const ok = peer.nextResponse(200);
  const toTag = peer.session.localTag;
  peer.send('ACK', { toTag });
  return { peer, ok, toTag };
}

describe('the session timer of an incoming call (RFC 4028 §9)', () => {
  it.each([
    ['is what the caller asks for, and who it says refreshes', '300;refresher=uac', 'uac'],
    ['has the caller refresh when it does not say who', '300', 'uac'],
    ['has us refresh when the caller asks for that', '300;refresher=uas', 'uas'],
  ])('%s', async (_case, asked, refresher) => {
    const { peer, ok, toTag } = begin({ Supported: 'timer', 'Session-Expires': asked });
    expect(ok.sessionExpires).toEqual({ interval: 300, refresher });
    expect(ok.require).toEqual(['timer']);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('has us refresh when a proxy asked and the caller does not know it', async () => {
    const { peer, ok, toTag } = begin({ 'Session-Expires': '300' });
    expect(ok.sessionExpires).toEqual({ interval: 300, refresher: 'uas' });
    expect(ok.require).toEqual([]);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it.each([
    ['our wish', { Supported: 'timer' }, 600, 600],
    ['not below the Min-SE of the caller', { Supported: 'timer', 'Min-SE': '900' }, 600, 900],
    ['none if we have no wish either', { Supported: 'timer' }, 0, undefined],
  ])('without a wish of the caller is %s', async (_case, headers, sessionExpires, interval) => {
    const { peer, ok, toTag } = begin(headers, { sessionExpires });
    expect(ok.sessionExpires?.interval).toBe(interval);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('that is too short gets 422 with Min-SE, for INVITE, re-INVITE and UPDATE', async () => {
    const peer = new ScriptedPeer({ minSessionExpires: 120 });
    const headers = { Supported: 'timer', 'Session-Expires': '119' };
    peer.send('INVITE', { callId: 'call-0', body: 'v=offer', headers });
    expect(peer.nextResponse(422).minSe).toBe(120);
    const toTag = peer.call();
    peer.send('INVITE', { toTag, cseq: 2, body: 'v=offer', headers });
    expect(peer.nextResponse(422).minSe).toBe(120);
    peer.send('UPDATE', { toTag, cseq: 3, headers });
    expect(peer.nextResponse(422).minSe).toBe(120);
    peer.send('BYE', { toTag, cseq: 4 });
    await peer.expectNothingLeft();
  });

  it('ends the call min(32 s, a third) before its end when no refresh comes', async () => {
    const { peer } = begin({ Supported: 'timer', 'Session-Expires': '90;refresher=uac' });
    await peer.clock.run(59_999);
    expect(peer.inbox).toHaveLength(0);
    await peer.clock.run(1);
    const bye = peer.nextRequest('BYE');
    expect(bye.reasons[0]).toMatchObject({ text: 'Session timer expired' });
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'session-timer' });
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it.each(['INVITE', 'UPDATE'])('starts anew with each %s of the peer', async (method) => {
    const headers = { Supported: 'timer', 'Session-Expires': '90;refresher=uac' };
    const { peer, toTag } = begin(headers);
    const body = method === 'INVITE' ? 'v=same' : '';
    for (const cseq of [2, 3, 4]) {
      await peer.clock.run(50_000);
      peer.send(method, { toTag, cseq, headers, body });
      expect(peer.nextResponse(200).sessionExpires).toEqual({ interval: 90, refresher: 'uac' });
      if (method === 'INVITE') peer.send('ACK', { toTag, cseq });
    }
    await peer.clock.run(60_000);
    peer.respond(peer.nextRequest('BYE'), 200);
    await peer.expectNothingLeft();
  });

  it('is refreshed by us at half its length by UPDATE without SDP, if the peer takes it', async () => {
    const { peer, toTag } = begin({
      Supported: 'timer',
      Allow: 'INVITE, UPDATE',
      'Session-Expires': '90;refresher=uas',
    });
    for (let round = 0; round < 3; round += 1) {
      await peer.clock.run(45_000);
      const update = peer.nextRequest('UPDATE');
      expect(update.body).toHaveLength(0);
      expect(update.sessionExpires).toEqual({ interval: 90, refresher: 'uac' });
      peer.respond(update, 200, {
        headers: { 'Session-Expires': '90;refresher=uac', Require: 'timer' },
      });
    }
    expect(peer.handler.log).toEqual(['established']);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('is refreshed by re-INVITE with the offer that the owner gives, if not', async () => {
    const { peer, toTag } = begin({ 'Session-Expires': '90' });
    await peer.clock.run(45_000);
    const invite = peer.nextRequest('INVITE');
    expect(Buffer.from(invite.body).toString()).toBe('v=wanted');
    peer.respond(invite, 200, { body: 'v=their-answer' });
    peer.nextRequest('ACK');
    expect(peer.handler.log).toEqual(['established', 'offer-wanted', 'answer']);
    // RFC 4028 §7.2: a peer that does not know it gives no Session-Expires: we go on.
    await peer.clock.run(45_000);
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=their-answer' });
    peer.nextRequest('ACK');
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('ends the call when our refreshes are refused until it is over', async () => {
    const { peer } = begin({
      Supported: 'timer',
      Allow: 'UPDATE',
      'Session-Expires': '90;refresher=uas',
    });
    await peer.clock.run(45_000);
    peer.respond(peer.nextRequest('UPDATE'), 500);
    await peer.clock.run(14_999);
    expect(peer.handler.end).toBeUndefined();
    await peer.clock.run(1);
    expect(peer.handler.end).toMatchObject({ cause: 'session-timer' });
    peer.respond(peer.nextRequest('BYE'), 200);
    await peer.expectNothingLeft();
  });

  it('ends the call at once when a refresh gets 481, or no answer', async () => {
    const headers = { Supported: 'timer', Allow: 'UPDATE', 'Session-Expires': '300;refresher=uas' };
    const { peer } = begin(headers);
    await peer.clock.run(150_000);
    peer.respond(peer.nextRequest('UPDATE'), 481);
    expect(peer.handler.end).toMatchObject({ cause: 'gone', status: 481 });
    peer.respond(peer.nextRequest('BYE'), 481);
    await peer.expectNothingLeft();

    const silent = begin(headers).peer;
    await silent.clock.run(182_000);
    expect(silent.handler.end).toMatchObject({ cause: 'timeout' });
    await silent.expectNothingLeft();
  });

  it('asks for more after a 422, and says what it learnt (§7.3, §7.4)', async () => {
    const { peer, toTag } = begin({
      Supported: 'timer',
      Allow: 'UPDATE',
      'Session-Expires': '90;refresher=uas',
    });
    await peer.clock.run(45_000);
    peer.respond(peer.nextRequest('UPDATE'), 422, { headers: { 'Min-SE': '200' } });
    const update = peer.nextRequest('UPDATE');
    expect(update.sessionExpires?.interval).toBe(200);
    expect(update.minSe).toBe(200);
    peer.respond(update, 200, { headers: { 'Session-Expires': '200;refresher=uas' } });
    // Now the peer refreshes; when it does not, we give up 32 s before the end.
    await peer.clock.run(167_999);
    expect(peer.inbox).toHaveLength(0);
    await peer.clock.run(1);
    peer.respond(peer.nextRequest('BYE'), 200);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('does not retry for ever against a path that is never content', async () => {
    const { peer, toTag } = begin({
      Supported: 'timer',
      Allow: 'UPDATE',
      'Session-Expires': '90;refresher=uas',
    });
    await peer.clock.run(45_000);
    for (const minSe of ['200', '300', '400', '500']) {
      peer.respond(peer.nextRequest('UPDATE'), 422, { headers: { 'Min-SE': minSe } });
    }
    expect(peer.inbox).toHaveLength(0);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('is over when a refresh of the peer’s says nothing of it and we have no wish', async () => {
    const { peer, toTag } = begin({ Supported: 'timer', 'Session-Expires': '90;refresher=uac' });
    peer.send('UPDATE', { toTag, cseq: 2 });
    expect(peer.nextResponse(200).sessionExpires).toBeUndefined();
    await peer.clock.run(200_000);
    expect(peer.handler.end).toBeUndefined();
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });
});

describe('the session timer of a call of ours (RFC 4028 §7, §10)', () => {
  /** A call whose 200 says who refreshes. */
  function call(agreed: Readonly<Record<string, string>>): {
    readonly peer: ScriptedPeer;
    readonly toTag: string;
    readonly callId: string;
  } {
    const peer = new ScriptedPeer({ sessionExpires: 300 });
    const session = peer.agent.invite({
      to: 'sip:bob@192.0.2.9:5062',
      from: 'sip:alice@example.com',
      sdp: 'v=offer',
      handler: peer.handler,
    });
    const invite = peer.nextRequest('INVITE');
    expect(invite.sessionExpires).toEqual({ interval: 300, refresher: undefined });
    expect(invite.supported).toContain('timer');
    peer.respond(invite, 200, { body: 'v=answer', headers: agreed });
    peer.nextRequest('ACK');
    return { peer, toTag: session.localTag, callId: session.callId };
  }

  it('is refreshed by us when the callee says uac, in the interval that it says', async () => {
    const { peer, toTag, callId } = call({
      Allow: 'UPDATE',
      Require: 'timer',
      'Session-Expires': '200;refresher=uac',
    });
    for (let round = 0; round < 2; round += 1) {
      await peer.clock.run(99_999);
      expect(peer.inbox).toHaveLength(0);
      await peer.clock.run(1);
      const update = peer.nextRequest('UPDATE');
      expect(update.sessionExpires).toEqual({ interval: 200, refresher: 'uac' });
      peer.respond(update, 200, { headers: { 'Session-Expires': '200;refresher=uac' } });
    }
    peer.send('BYE', { toTag, callId, cseq: 1 });
    await peer.expectNothingLeft();
  });

  it('is refreshed by the callee when it says uas; without a refresh we end the call', async () => {
    const { peer, toTag, callId } = call({
      Require: 'timer',
      'Session-Expires': '300;refresher=uas',
    });
    await peer.clock.run(200_000);
    expect(peer.inbox).toHaveLength(0);
    const headers = { Supported: 'timer', 'Session-Expires': '300;refresher=uac' };
    peer.send('UPDATE', { toTag, callId, cseq: 1, headers });
    expect(peer.nextResponse(200).sessionExpires).toEqual({ interval: 300, refresher: 'uac' });
    await peer.clock.run(267_999);
    expect(peer.inbox).toHaveLength(0);
    await peer.clock.run(1);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'session-timer' });
    peer.respond(peer.nextRequest('BYE'), 200);
    await peer.expectNothingLeft();
  });

  it('changes hands when the refresh of the callee says so', async () => {
    const { peer, toTag, callId } = call({
      Allow: 'UPDATE',
      Require: 'timer',
      'Session-Expires': '300;refresher=uas',
    });
    const headers = {
      Supported: 'timer',
      Allow: 'UPDATE',
      'Session-Expires': '200;refresher=uas',
    };
    peer.send('UPDATE', { toTag, callId, cseq: 1, headers });
    expect(peer.nextResponse(200).sessionExpires).toEqual({ interval: 200, refresher: 'uas' });
    await peer.clock.run(100_000);
    const update = peer.nextRequest('UPDATE');
    expect(update.sessionExpires).toEqual({ interval: 200, refresher: 'uac' });
    peer.respond(update, 200, { headers: { 'Session-Expires': '200;refresher=uac' } });
    peer.send('BYE', { toTag, callId, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('that the callee wants shorter than we bear gets 422', async () => {
    const { peer, toTag, callId } = call({ 'Session-Expires': '300;refresher=uas' });
    const headers = { Supported: 'timer', 'Session-Expires': '60;refresher=uac' };
    peer.send('UPDATE', { toTag, callId, cseq: 1, headers });
    expect(peer.nextResponse(422).minSe).toBe(90);
    peer.send('BYE', { toTag, callId, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('is refreshed by re-INVITE from the moment on that UPDATE is refused as unknown', async () => {
    const { peer, toTag, callId } = call({
      Allow: 'INVITE, UPDATE',
      'Session-Expires': '200;refresher=uac',
    });
    await peer.clock.run(100_000);
    peer.respond(peer.nextRequest('UPDATE'), 405);
    const invite = peer.nextRequest('INVITE');
    expect(Buffer.from(invite.body).toString()).toBe('v=wanted');
    peer.respond(invite, 200, {
      body: 'v=their-answer',
      headers: { 'Session-Expires': '200;refresher=uac' },
    });
    peer.nextRequest('ACK');
    await peer.clock.run(100_000);
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=their-answer' });
    peer.nextRequest('ACK');
    peer.send('BYE', { toTag, callId, cseq: 1 });
    await peer.expectNothingLeft();
  });
});
