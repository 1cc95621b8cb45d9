import { ScriptedPeer } from '../../support/sip-pair';

describe('CANCEL (RFC 3261 §9.2)', () => {
  it('gets 200 with the To tag of the INVITE, which gets 487', async () => {
    const peer = new ScriptedPeer();
    const invite = peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.session.provisional(180);
    peer.nextResponse(180);
    peer.send('CANCEL', {
      branch: invite.topVia.branch ?? '',
      contact: null,
      headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' },
    });
    const ok = peer.nextResponse(200);
    expect(ok.cseq.method).toBe('CANCEL');
    expect(ok.to.tag).toBe(peer.session.localTag);
    expect(peer.nextResponse(487).to.tag).toBe(peer.session.localTag);
    expect(peer.handler.end).toEqual({
      by: 'remote',
      cause: 'cancel',
      status: 487,
      reason: 'Call completed elsewhere',
    });
    await peer.expectNothingLeft();
  });

  it('that comes after the 200 has no effect: 200, and the call goes on', async () => {
    const peer = new ScriptedPeer();
    const invite = peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.drain();
    peer.send('CANCEL', { branch: invite.topVia.branch ?? '', contact: null });
    expect(peer.nextResponse(200).cseq.method).toBe('CANCEL');
    expect(peer.session.state).toBe('accepted');
    peer.send('ACK', { toTag: peer.session.localTag });
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('of an INVITE that we do not know gets 481', async () => {
    const peer = new ScriptedPeer();
    peer.send('CANCEL', { contact: null });
    peer.nextResponse(481);
    await peer.expectNothingLeft();
  });

  it('of a re-INVITE whose answer is not ready ends that alone with 487', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    let answer: (sdp: string) => void = () => undefined;
    peer.handler.answer = new Promise((resolve) => {
      answer = (sdp) => resolve({ type: 'answer', sdp });
    });
    const invite = peer.send('INVITE', { toTag: tag, cseq: 2, body: 'v=hold' });
    peer.send('CANCEL', {
      toTag: tag,
      cseq: 2,
      branch: invite.topVia.branch ?? '',
      contact: null,
    });
    expect(peer.drain()).toEqual(['200 CANCEL', '487 INVITE']);
    answer('v=late');
    await peer.clock.run(0);
    expect(peer.drain()).toEqual([]);
    expect(peer.session.state).toBe('confirmed');
    peer.send('ACK', { toTag: tag, cseq: 2, branch: invite.topVia.branch ?? '' });
    // The next one finds the way free.
    peer.handler.answer = { type: 'answer', sdp: 'v=2' };
    peer.send('INVITE', { toTag: tag, cseq: 3, body: 'v=hold' });
    peer.nextResponse(200);
    peer.send('ACK', { toTag: tag, cseq: 3 });
    peer.send('BYE', { toTag: tag, cseq: 4 });
    await peer.expectNothingLeft();
  });
});

describe('BYE (RFC 3261 §15)', () => {
  it('of ours goes to the peer and ends the session at once', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.session.end({ reason: 'done', headers: [['Reason', 'SIP;cause=200']] });
    expect(peer.handler.end).toEqual({ by: 'local', cause: 'bye', status: 200, reason: 'done' });
    const bye = peer.nextRequest('BYE');
    expect(bye.requestUri).toBe('sip:peer@192.0.2.9:5062');
    expect(bye.from.tag).toBe(tag);
    expect(bye.to.tag).toBe('peer-tag');
    expect(bye.callId).toBe('call-1');
    expect(bye.cseq).toEqual({ sequence: 1, method: 'BYE' });
    expect(bye.maxForwards).toBe(70);
    expect(bye.headers.get('Reason')).toBe('SIP;cause=200');
    expect(bye.headers.get('User-Agent')).toBe('Callchart/0.1.0');
    expect(peer.agent.openSessions).toBe(1);
    peer.session.end();
    peer.respond(bye, 200);
    expect(peer.agent.openSessions).toBe(0);
    expect(peer.drain()).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('of ours that is never answered leaves nothing after timer F', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    peer.session.end();
    await peer.clock.run(31_000);
    expect(peer.agent.openSessions).toBe(1);
    await peer.expectNothingLeft();
  });

  it('of ours before the ACK waits for it', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.drain();
    peer.session.end();
    expect(peer.handler.end).toMatchObject({ by: 'local', cause: 'bye' });
    expect(peer.drain()).toEqual([]);
    await peer.clock.run(500);
    expect(peer.drain()).toEqual(['200 INVITE']);
    peer.send('ACK', { toTag: peer.session.localTag });
    peer.respond(peer.nextRequest('BYE'), 200);
    expect(peer.handler.log).toEqual(['ended local bye 200']);
    await peer.expectNothingLeft();
  });

  it('of ours before an ACK that never comes goes out after 64*T1', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.session.end();
    await peer.clock.run(31_999);
    expect(peer.drain()).not.toContain('BYE');
    await peer.clock.run(1);
    peer.respond(peer.nextRequest('BYE'), 481);
    await peer.expectNothingLeft();
  });

  it('of theirs while ours waits for the ACK makes ours needless', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.session.end();
    peer.drain();
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    peer.nextResponse(200);
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
    expect(peer.drain()).toEqual([]);
  });

  it('of theirs before the ACK gets 200 and stops the 200 to the INVITE', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.drain();
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    peer.nextResponse(200);
    expect(peer.handler.end).toMatchObject({ by: 'remote', cause: 'bye' });
    await peer.expectNothingLeft();
    expect(peer.drain()).toEqual([]);
  });

  it('of theirs in the early dialog gets 200, and the INVITE 487 (§15.1.2)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.provisional(180);
    peer.drain();
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    expect(peer.drain()).toEqual(['200 BYE', '487 INVITE']);
    expect(peer.handler.end).toMatchObject({ by: 'remote', cause: 'bye' });
    await peer.expectNothingLeft();
  });

  it('that comes twice gets 481 the second time', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.send('BYE', { toTag: tag, cseq: 2 });
    peer.send('BYE', { toTag: tag, cseq: 3 });
    expect(peer.drain()).toEqual(['200 BYE', '481 BYE']);
    await peer.expectNothingLeft();
  });

  it('of both that cross are both answered 200', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    peer.session.end();
    const bye = peer.nextRequest('BYE');
    peer.send('BYE', { toTag: tag, cseq: 2 });
    peer.nextResponse(200);
    peer.respond(bye, 481);
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('tells the text of its Reason (RFC 3326)', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    const reason = 'Q.850;cause=16;text="Normal clearing", SIP;cause=200;text="Bored"';
    peer.send('BYE', { toTag: tag, cseq: 2, headers: { Reason: reason } });
    expect(peer.handler.end?.reason).toBe('Bored');
    await peer.expectNothingLeft();
  });
});

describe('closing the user agent', () => {
  it('ends every session in the way its state asks for, and waits for the BYEs', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    peer.send('INVITE', { callId: 'call-2', body: 'v=offer' });
    peer.drain();
    let closed = false;
    const closing = peer.agent.close().then(() => {
      closed = true;
    });
    const bye = peer.nextRequest('BYE');
    peer.nextResponse(480);
    await peer.clock.run(0);
    expect(closed).toBe(false);
    peer.respond(bye, 200);
    await closing;
    expect(peer.clock.pending).toBe(0);
    await peer.expectNothingLeft();
  });
});
