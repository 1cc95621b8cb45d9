import type { RequestOutcome } from '../../../runtime/sip/ua/port';
import { ScriptedPeer } from '../../support/sip-pair';

const takesUpdate = { headers: { Allow: 'INVITE, ACK, BYE, UPDATE' } };

function statusOf(outcome: RequestOutcome): number | string {
  return outcome.type === 'response' ? outcome.response.status : outcome.type;
}

describe('a re-INVITE from the peer (RFC 3261 §14.2)', () => {
  it('with an offer gets the answer of the owner, and refreshes the target', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.handler.answer = { type: 'answer', sdp: 'v=held' };
    peer.send('INVITE', {
      toTag: tag,
      cseq: 2,
      body: 'v=hold',
      contact: '<sip:peer@192.0.2.77:5070>',
    });
    const ok = peer.nextResponse(200);
    expect(Buffer.from(ok.body).toString()).toBe('v=held');
    expect(ok.contacts).toHaveLength(1);
    expect(peer.handler.offers).toEqual(['v=hold']);
    peer.send('ACK', { toTag: tag, cseq: 2 });
    expect(peer.handler.log).toEqual(['established', 'offer']);
    peer.session.end();
    const bye = peer.nextRequest('BYE');
    expect(bye.requestUri).toBe('sip:peer@192.0.2.77:5070');
    expect(peer.transport.opened.at(-1)).toMatchObject({ host: '192.0.2.77', port: 5070 });
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('gets no 100 of ours when it is answered at once, and its 200 is sent until the ACK', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    await peer.clock.run(500);
    expect(peer.drain()).toEqual(['200 INVITE', '200 INVITE']);
    peer.send('ACK', { toTag: tag, cseq: 2 });
    await peer.clock.run(5_000);
    expect(peer.drain()).toEqual([]);
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('whose 200 is never acknowledged ends the session (§14.2)', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    await peer.clock.run(32_000);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'no-ack' });
    const bye = peer.inbox.at(-1);
    if (bye?.kind !== 'request') throw new Error('no BYE');
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('without an offer gets ours, and the ACK has the answer', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.send('INVITE', { toTag: tag, cseq: 2 });
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=wanted');
    peer.send('ACK', { toTag: tag, cseq: 2, body: 'v=their-answer' });
    expect(peer.handler.log).toEqual(['established', 'offer-wanted', 'answer']);
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('that is refused gets 488 with a Warning, and the call goes on', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.handler.answer = {
      type: 'reject',
      status: 488,
      warning: { code: 305, text: 'Incompatible "media" format' },
    };
    const invite = peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=video' });
    const refusal = peer.nextResponse(488);
    expect(refusal.headers.get('Warning')).toBe(`305 callchart "Incompatible 'media' format"`);
    peer.send('ACK', { toTag: tag, cseq: 2, branch: invite.topVia.branch ?? '' });
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('gets 500 when the owner fails, and the call goes on', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.handler.answer = Promise.reject(new Error('no media'));
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    await peer.clock.run(0);
    peer.nextResponse(500);
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('that overlaps another gets 500 with Retry-After from 0 to 10', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.handler.answer = new Promise(() => undefined);
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    peer.send('INVITE', { toTag: tag, cseq: 3, body: 'v=resume' });
    const { retryAfter } = peer.nextResponse(500);
    expect(retryAfter).toBeGreaterThanOrEqual(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
    peer.send('BYE', { toTag: tag, cseq: 4 });
    // RFC 3261 §15.1.2: what waits is answered 487.
    expect(peer.drain()).toEqual(['200 BYE', '487 INVITE']);
    await peer.expectNothingLeft();
  });

  it('before the initial INVITE is answered gets 500 with Retry-After', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.provisional(180);
    peer.drain();
    peer.send('INVITE', { toTag: peer.session.localTag, cseq: 2, body: 'v=hold' });
    expect(peer.nextResponse(500).retryAfter).toBeDefined();
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('that comes before the ACK is answered if it crosses no offer of ours', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.drain();
    const tag = peer.session.localTag;
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    peer.nextResponse(200);
    peer.send('ACK', { toTag: tag, cseq: 2 });
    peer.send('ACK', { toTag: tag });
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('that comes before the ACK with the answer to our offer gets 491', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE');
    peer.session.accept('v=our-offer');
    peer.drain();
    const tag = peer.session.localTag;
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    peer.nextResponse(491);
    peer.send('ACK', { toTag: tag, body: 'v=their-answer' });
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('that crosses one of ours gets 491', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    const done = peer.session.reoffer('v=ours-2');
    const ours = peer.nextRequest('INVITE');
    peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    peer.nextResponse(491);
    peer.respond(ours, 200, { body: 'v=their-2' });
    peer.nextRequest('ACK');
    expect(statusOf(await done)).toBe(200);
    peer.send('BYE', { toTag: tag, cseq: 3 });
    await peer.expectNothingLeft();
  });
});

describe('an UPDATE from the peer (RFC 3311 §5.2)', () => {
  it('without an offer gets 200 and refreshes the target', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.send('UPDATE', { toTag: tag, cseq: 2, contact: '<sip:peer@192.0.2.78>' });
    const ok = peer.nextResponse(200);
    expect(ok.contacts).toHaveLength(1);
    expect(ok.body).toHaveLength(0);
    peer.session.end();
    const bye = peer.nextRequest('BYE');
    expect(bye.requestUri).toBe('sip:peer@192.0.2.78');
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('with an offer gets the answer in its 200, in a call and before it', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Supported: '100rel' } });
    peer.session.provisional(183, { sdp: 'v=early' });
    peer.nextResponse(100);
    const { rseq = 0 } = peer.nextResponse(183);
    const toTag = peer.session.localTag;
    peer.send('PRACK', { toTag, cseq: 2, headers: { RAck: `${rseq} 1 INVITE` } });
    peer.nextResponse(200);
    peer.send('UPDATE', { toTag, cseq: 3, body: 'v=early-change' });
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=answer');
    peer.session.accept('v=early');
    peer.nextResponse(200);
    peer.send('ACK', { toTag });
    peer.send('UPDATE', { toTag, cseq: 4, body: 'v=hold' });
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=answer');
    expect(peer.handler.offers).toEqual(['v=early-change', 'v=hold']);
    peer.send('BYE', { toTag, cseq: 5 });
    await peer.expectNothingLeft();
  });

  it('with an offer that the owner refuses gets 488 with a Warning', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.handler.answer = { type: 'reject', status: 488, warning: { code: 304, text: 'no video' } };
    peer.send('UPDATE', { toTag, cseq: 2, body: 'v=video' });
    expect(peer.nextResponse(488).headers.get('Warning')).toBe('304 callchart "no video"');
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('with an offer before the first one is answered gets 500 with Retry-After', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.provisional(180);
    peer.drain();
    peer.send('UPDATE', { toTag: peer.session.localTag, cseq: 2, body: 'v=change' });
    expect(peer.nextResponse(500).retryAfter).toBeDefined();
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it('with an offer that crosses ours gets 491', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call(takesUpdate);
    const done = peer.session.reoffer('v=ours-2', 'UPDATE');
    const ours = peer.nextRequest('UPDATE');
    peer.send('UPDATE', { toTag, cseq: 2, body: 'v=theirs-2' });
    peer.nextResponse(491);
    peer.respond(ours, 200, { body: 'v=their-answer' });
    expect(statusOf(await done)).toBe(200);
    expect(peer.handler.answers).toEqual(['v=their-answer']);
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('that overlaps another gets 500 with Retry-After, and 487 for the first when the call ends', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.handler.answer = new Promise(() => undefined);
    peer.send('UPDATE', { toTag, cseq: 2, body: 'v=hold' });
    peer.send('UPDATE', { toTag, cseq: 3, body: 'v=resume' });
    expect(peer.nextResponse(500).retryAfter).toBeDefined();
    peer.session.end();
    expect(peer.nextResponse(487).cseq.sequence).toBe(2);
    peer.respond(peer.nextRequest('BYE'), 200);
    await peer.expectNothingLeft();
  });
});

describe('a re-INVITE or UPDATE of ours (RFC 3261 §14.1)', () => {
  it('is acknowledged, each time its 200 comes, and the owner hears the answer', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.reoffer('v=ours-2');
    const invite = peer.nextRequest('INVITE');
    expect(Buffer.from(invite.body).toString()).toBe('v=ours-2');
    expect(invite.contacts).toHaveLength(1);
    peer.respond(invite, 180);
    peer.respond(invite, 200, { body: 'v=their-2', contact: '<sip:peer@192.0.2.80>' });
    const ack = peer.nextRequest('ACK');
    expect(ack.cseq).toEqual({ sequence: invite.cseq.sequence, method: 'ACK' });
    expect(ack.topVia.branch).not.toBe(invite.topVia.branch);
    peer.respond(invite, 200, { body: 'v=their-2' });
    expect(peer.nextRequest('ACK').topVia.branch).toBe(ack.topVia.branch);
    expect(statusOf(await done)).toBe(200);
    expect(peer.handler.answers).toEqual(['v=their-2']);
    peer.session.end();
    const bye = peer.nextRequest('BYE');
    expect(bye.requestUri).toBe('sip:peer@192.0.2.80');
    peer.respond(bye, 200);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('that is refused changes nothing', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.reoffer('v=ours-2');
    peer.respond(peer.nextRequest('INVITE'), 488);
    expect(peer.drain()).toEqual(['ACK']);
    expect(statusOf(await done)).toBe(488);
    expect(peer.session.state).toBe('confirmed');
    expect(peer.handler.answers).toEqual([]);
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('whose answer is missing or unusable ends the session with 488', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    peer.handler.takesAnswer = false;
    const done = peer.session.reoffer('v=ours-2');
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=their-2' });
    peer.nextRequest('ACK');
    const bye = peer.nextRequest('BYE');
    expect(bye.headers.get('Warning')).toContain('399');
    expect(peer.handler.end).toMatchObject({ by: 'local', cause: 'rejected', status: 488 });
    expect(statusOf(await done)).toBe('ended');
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('waits for the one before it, and for the ACK of the peer', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const first = peer.session.reoffer('v=ours-2');
    const second = peer.session.reoffer('v=ours-3');
    const invite = peer.nextRequest('INVITE');
    expect(peer.drain()).toEqual([]);
    peer.respond(invite, 200, { body: 'v=their-2' });
    peer.nextRequest('ACK');
    const next = peer.nextRequest('INVITE');
    expect(next.cseq.sequence).toBe(invite.cseq.sequence + 1);
    peer.respond(next, 200, { body: 'v=their-3' });
    peer.nextRequest('ACK');
    expect([statusOf(await first), statusOf(await second)]).toEqual([200, 200]);

    peer.send('INVITE', { toTag, cseq: 2, body: 'v=hold' });
    peer.nextResponse(200);
    const third = peer.session.reoffer('v=ours-4');
    expect(peer.drain()).toEqual([]);
    peer.send('ACK', { toTag, cseq: 2 });
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=their-4' });
    expect(statusOf(await third)).toBe(200);
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it.each(['INVITE', 'UPDATE'] as const)(
    'that meets 491 (%s) is sent again within 2 s, since the Call-ID is the peer’s',
    async (method) => {
      const peer = new ScriptedPeer();
      const toTag = peer.call(takesUpdate);
      const done = peer.session.reoffer('v=ours-2', method);
      peer.respond(peer.nextRequest(method), 491);
      peer.drain();
      // Meanwhile the peer's own is welcome.
      peer.send('INVITE', { toTag, cseq: 2, body: 'v=hold' });
      peer.nextResponse(200);
      peer.send('ACK', { toTag, cseq: 2 });
      await peer.clock.runUntil(() => peer.inbox.length > 0, 2_000);
      peer.respond(peer.nextRequest(method), 200, { body: 'v=their-2' });
      expect(statusOf(await done)).toBe(200);
      expect(peer.handler.log).toEqual(['established', 'offer', 'answer']);
      peer.send('BYE', { toTag, cseq: 3 });
      await peer.expectNothingLeft();
    },
  );

  it('is told `ended` when the session ends meanwhile', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const out = peer.session.reoffer('v=ours-2');
    const waiting = peer.session.reoffer('v=ours-3');
    const invite = peer.nextRequest('INVITE');
    peer.send('BYE', { toTag, cseq: 2 });
    peer.nextResponse(200);
    expect([statusOf(await out), statusOf(await waiting)]).toEqual(['ended', 'ended']);
    expect(statusOf(await peer.session.reoffer('v=ours-4'))).toBe('ended');
    expect(statusOf(await peer.session.info('text/plain', 'x'))).toBe('ended');
    peer.respond(invite, 487);
    await peer.expectNothingLeft();
  });

  it.each([
    [481, 'gone'],
    [408, 'gone'],
  ])('that gets %i ends the session: the dialog is gone (§12.2.1.2)', async (status, cause) => {
    const peer = new ScriptedPeer();
    peer.call();
    const done = peer.session.reoffer('v=ours-2');
    peer.respond(peer.nextRequest('INVITE'), status);
    peer.nextRequest('ACK');
    expect(statusOf(await done)).toBe(status);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause, status });
    peer.respond(peer.nextRequest('BYE'), 481);
    await peer.expectNothingLeft();
  });

  it('that is never answered ends the session with `timeout`', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    const done = peer.session.info('application/dtmf-relay', 'Signal=1');
    await peer.clock.run(32_000);
    expect(statusOf(await done)).toBe('timeout');
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'timeout', status: 408 });
    await peer.expectNothingLeft();
  });
});
