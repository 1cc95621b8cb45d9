import { ScriptedPeer } from '../../support/sip-pair';

describe('an INVITE from the peer (RFC 3261 §13.3)', () => {
  it('gets 100 at once, then 200 with our SDP, and is established by its ACK', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    expect(peer.nextResponse(100).to.tag).toBeUndefined();
    expect(peer.session.offer).toBe('v=offer');
    expect(peer.session.state).toBe('proceeding');

    peer.session.accept('v=ours', { headers: [['X-Call', '1']] });
    const ok = peer.nextResponse(200);
    expect(ok.to.tag).toBe(peer.session.localTag);
    expect(ok.contentType?.value).toBe('application/sdp');
    expect(Buffer.from(ok.body).toString()).toBe('v=ours');
    expect(ok.contacts[0]?.uriText).toBe('sip:reception@192.0.2.1:5060');
    expect(ok.allow).toContain('UPDATE');
    expect(ok.supported).toEqual(expect.arrayContaining(['100rel', 'timer']));
    expect(ok.headers.get('X-Call')).toBe('1');
    expect(ok.headers.get('Server')).toBe('Callchart/0.1.0');
    expect(peer.session.state).toBe('accepted');
    expect(peer.handler.log).toEqual([]);

    peer.send('ACK', { toTag: peer.session.localTag });
    expect(peer.session.state).toBe('confirmed');
    expect(peer.handler.log).toEqual(['established']);

    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    peer.nextResponse(200);
    expect(peer.handler.end).toEqual({ by: 'remote', cause: 'bye', status: 200, reason: 'OK' });
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('lets go of the SDP and the body of the INVITE once the call stands', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    expect(peer.session.offer).toBeUndefined();
    expect(peer.session.request.body).toHaveLength(0);
    peer.send('BYE', { toTag: tag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('without an offer gets ours in the 200 and answers it in the ACK (§13.2.1)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE');
    peer.nextResponse(100);
    expect(peer.session.offer).toBeUndefined();
    peer.session.accept('v=our-offer');
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=our-offer');
    peer.send('ACK', { toTag: peer.session.localTag, body: 'v=their-answer' });
    expect(peer.handler.log).toEqual(['answer', 'established']);
    expect(peer.handler.answers).toEqual(['v=their-answer']);
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it.each([
    ['that cannot be used', 'v=their-answer'],
    ['that is missing', ''],
  ])('without an offer is ended by BYE with 488 for an answer %s', async (_case, body) => {
    const peer = new ScriptedPeer();
    peer.handler.takesAnswer = false;
    peer.send('INVITE');
    peer.session.accept('v=our-offer');
    peer.drain();
    peer.send('ACK', { toTag: peer.session.localTag, body });
    const bye = peer.nextRequest('BYE');
    expect(bye.headers.get('Warning')).toMatch(/^399 callchart "/);
    expect(bye.reasons[0]).toMatchObject({ protocol: 'SIP', cause: 488 });
    expect(peer.handler.end).toMatchObject({ by: 'local', cause: 'rejected', status: 488 });
    expect(peer.handler.log).not.toContain('established');
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('takes its SDP out of a multipart body (RFC 5621 §3.1)', async () => {
    const peer = new ScriptedPeer();
    const body = [
      '--b1',
      'Content-Type: application/isup;version=x',
      '',
      '\u0001\u0002',
      '--b1',
      'Content-Type: application/sdp',
      '',
      'v=inner',
      '--b1--',
      '',
    ].join('\r\n');
    peer.send('INVITE', { body, bodyType: 'multipart/mixed;boundary=b1' });
    peer.nextResponse(100);
    expect(peer.session.offer).toBe('v=inner');
    peer.session.reject(486);
    peer.nextResponse(486);
    await peer.expectNothingLeft();
  });

  it.each([
    [302, 'Moved Temporarily'],
    [404, 'Not Found'],
    [480, 'Temporarily Unavailable'],
    [486, 'Busy Here'],
    [488, 'Not Acceptable Here'],
    [503, 'Service Unavailable'],
    [600, 'Busy Everywhere'],
    [603, 'Decline'],
  ])('is refused with %i, its reason and headers', async (status, phrase) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.session.reject(status, {
      headers: [['Retry-After', '7']],
      ...(status === 302 ? { contacts: ['sip:a@192.0.2.3', 'sip:b@192.0.2.4'] } : {}),
    });
    const refusal = peer.nextResponse(status);
    expect(refusal.reason).toBe(phrase);
    expect(refusal.to.tag).toBe(peer.session.localTag);
    expect(refusal.headers.get('Retry-After')).toBe('7');
    expect(refusal.contacts.map((each) => each.uriText)).toEqual(
      status === 302 ? ['sip:a@192.0.2.3', 'sip:b@192.0.2.4'] : [],
    );
    expect(peer.handler.end).toEqual({ by: 'local', cause: 'rejected', status, reason: phrase });
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('is refused with a reason phrase of our own, and 480 when the owner just ends it', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.session.reject(486, { reason: 'Out to lunch' });
    expect(peer.nextResponse(486).reason).toBe('Out to lunch');

    peer.send('INVITE', { body: 'v=offer', callId: 'call-2' });
    peer.nextResponse(100);
    peer.sessions[1]?.end();
    peer.nextResponse(480);
    await peer.clock.run(100_000);
    await peer.expectNothingLeft();
  });

  it('gets its 180 and 183 unreliably when the peer has no 100rel, with the early dialog', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { 'Record-Route': '<sip:p@192.0.2.5;lr>' } });
    peer.nextResponse(100);
    peer.session.provisional(180);
    const ringing = peer.nextResponse(180);
    expect(ringing.to.tag).toBe(peer.session.localTag);
    expect(ringing.contacts).toHaveLength(1);
    expect(ringing.headers.get('Record-Route')).toBe('<sip:p@192.0.2.5;lr>');
    expect(ringing.require).toEqual([]);
    peer.session.provisional(183, { sdp: 'v=ours', reason: 'Early Media' });
    const early = peer.nextResponse(183);
    expect(Buffer.from(early.body).toString()).toBe('v=ours');
    expect(early.reason).toBe('Early Media');
    peer.session.accept('v=ours');
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=ours');
    peer.send('ACK', { toTag: peer.session.localTag });
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('repeats its provisional response each minute, so that no proxy gives up (§13.3.1.1)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.provisional(180);
    peer.drain();
    await peer.clock.run(59_999);
    expect(peer.drain()).toEqual([]);
    await peer.clock.run(60_001);
    expect(peer.drain()).toEqual(['180 INVITE', '180 INVITE']);
    peer.session.reject(480);
    peer.nextResponse(480);
    await peer.expectNothingLeft();
  });

  it('is refused with 480 when nobody answers within the ring time-out', async () => {
    const peer = new ScriptedPeer({ ringTimeout: 30_000 });
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    await peer.clock.run(29_999);
    expect(peer.inbox).toHaveLength(0);
    await peer.clock.run(1);
    peer.nextResponse(480);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'timeout', status: 480 });
    await peer.expectNothingLeft();
  });

  it('is refused with 487 when the limit in its Expires has passed (§13.3.1)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Expires: '20' } });
    peer.nextResponse(100);
    await peer.clock.run(20_000);
    peer.nextResponse(487);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'timeout', status: 487 });
    await peer.expectNothingLeft();
  });

  it('ends with `transport` when its responses cannot be sent', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.transport.failure = new Error('no route');
    peer.session.provisional(180);
    await peer.clock.run(0);
    expect(peer.handler.end).toEqual({
      by: 'system',
      cause: 'transport',
      status: 503,
      reason: 'no route',
    });
    await peer.expectNothingLeft();
  });

  it('costs the call, not the process, when its owner throws', async () => {
    const peer = new ScriptedPeer();
    peer.onInvite = () => {
      throw new Error('a defect');
    };
    peer.send('INVITE', { body: 'v=offer' });
    expect(peer.drain()).toEqual(['100 INVITE', '480 INVITE']);
    await peer.expectNothingLeft();
  });

  it('throws a defect at an owner who accepts twice or rejects what is accepted', async () => {
    const peer = new ScriptedPeer();
    const tag = peer.call();
    expect(() => peer.session.accept('v=ours')).toThrow('accepted twice');
    expect(() => peer.session.reject(486)).toThrow('does not reject');
    expect(() => peer.session.provisional(180)).toThrow('no provisional response');
    peer.send('BYE', { toTag: tag, cseq: 2 });
    peer.session.accept('v=ours');
    peer.session.provisional(180);
    peer.session.reject(486);
    peer.session.end();
    expect(peer.drain()).toEqual(['200 BYE']);
    await peer.expectNothingLeft();
  });
});

describe('the 200 to an INVITE (RFC 3261 §13.3.1.4)', () => {
  it.each(['UDP', 'TCP'] as const)(
    'is sent again from T1 doubling to T2 until the ACK comes, over %s too',
    async (protocol) => {
      const peer = new ScriptedPeer({}, protocol);
      peer.send('INVITE', { body: 'v=offer' });
      peer.session.accept('v=ours');
      peer.drain();
      for (const wait of [500, 1_000, 2_000, 4_000, 4_000]) {
        await peer.clock.run(wait - 1);
        expect(peer.drain()).toEqual([]);
        await peer.clock.run(1);
        expect(peer.drain()).toEqual(['200 INVITE']);
      }
      peer.send('ACK', { toTag: peer.session.localTag });
      await peer.clock.run(10_000);
      expect(peer.drain()).toEqual([]);
      peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
      await peer.expectNothingLeft();
    },
  );

  it('is given up after 64*T1: BYE, and the session ends with `no-ack`', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    await peer.clock.run(31_999);
    expect(peer.handler.end).toBeUndefined();
    peer.drain();
    await peer.clock.run(1);
    const bye = peer.nextRequest('BYE');
    expect(bye.reasons[0]).toMatchObject({ cause: 408 });
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'no-ack', status: 408 });
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('is not sent again for an ACK that comes twice, or one of another dialog', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.session.accept('v=ours');
    peer.drain();
    peer.send('ACK', { toTag: peer.session.localTag, fromTag: 'somebody-else' });
    peer.send('ACK', { toTag: 'not-ours' });
    expect(peer.session.state).toBe('accepted');
    peer.send('ACK', { toTag: peer.session.localTag });
    peer.send('ACK', { toTag: peer.session.localTag });
    expect(peer.handler.log).toEqual(['established']);
    peer.send('BYE', { toTag: peer.session.localTag, cseq: 2 });
    await peer.expectNothingLeft();
  });
});
