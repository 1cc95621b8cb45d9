import { AgentPair, RecordingHandler, ScriptedPeer } from '../../support/sip-pair';
import type { InviteOptions } from '../../../runtime/sip/ua/port';
import type { SipRequest } from '../../../runtime/sip/message/message';

const to = 'sip:bob@192.0.2.9:5062;transport=udp';
const noTimer = { sessionExpires: 0 };

function options(peer: ScriptedPeer, more: Partial<InviteOptions> = {}): InviteOptions {
  return {
    to,
    from: 'sip:alice@example.com',
    displayName: 'Alice "A"',
    sdp: 'v=offer',
    handler: peer.handler,
    ...more,
  };
}

/** INVITE, 200, ACK: a call of ours that stands. */
function call(peer: ScriptedPeer): ReturnType<ScriptedPeer['agent']['invite']> {
  const session = peer.agent.invite(options(peer));
  peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=answer' });
  peer.nextRequest('ACK');
  return session;
}

function bye(
  peer: ScriptedPeer,
  session: { readonly localTag: string; readonly callId: string },
): void {
  peer.send('BYE', { toTag: session.localTag, callId: session.callId, cseq: 1 });
  peer.nextResponse(200);
}

describe('an INVITE of ours (RFC 3261 §13.2)', () => {
  it('says who calls whom, what we can do, and carries the offer', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer, { headers: [['X-Trunk', 'a']] }));
    expect(session.state).toBe('proceeding');
    const invite = peer.nextRequest('INVITE');
    expect(invite.requestUri).toBe('sip:bob@192.0.2.9:5062;transport=udp');
    expect(invite.from).toMatchObject({
      displayName: 'Alice "A"',
      uriText: 'sip:alice@example.com',
      tag: session.localTag,
    });
    expect(invite.to.uriText).toBe('sip:bob@192.0.2.9');
    expect(invite.to.tag).toBeUndefined();
    expect(invite.callId).toBe(session.callId);
    expect(invite.cseq).toEqual({ sequence: 1, method: 'INVITE' });
    expect(invite.maxForwards).toBe(70);
    expect(invite.contacts[0]?.uriText).toBe('sip:alice@192.0.2.1:5060');
    expect(invite.supported).toEqual(expect.arrayContaining(['100rel', 'timer']));
    expect(invite.allow).toContain('UPDATE');
    expect(invite.headers.get('X-Trunk')).toBe('a');
    expect(invite.headers.get('Session-Expires')).toBeUndefined();
    expect(Buffer.from(invite.body).toString()).toBe('v=offer');
    expect(session.channel.remote).toEqual({ host: '192.0.2.9', port: 5062 });
    peer.respond(invite, 486, { reason: 'Busy Here' });
    peer.nextRequest('ACK');
    expect(peer.handler.end).toMatchObject({
      by: 'remote',
      cause: 'rejected',
      status: 486,
      reason: 'Busy Here',
    });
    await peer.expectNothingLeft();
  });

  it('is established by its 200, which is acknowledged each time it comes', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 100);
    peer.respond(invite, 180);
    peer.respond(invite, 183, { body: 'v=early' });
    peer.respond(invite, 200, { body: 'v=answer' });
    const ack = peer.nextRequest('ACK');
    expect(ack.cseq).toEqual({ sequence: 1, method: 'ACK' });
    expect(ack.to.tag).toBe('peer-tag');
    expect(ack.requestUri).toBe('sip:peer@192.0.2.9:5062');
    expect(ack.topVia.branch).not.toBe(invite.topVia.branch);
    expect(session.state).toBe('confirmed');
    expect(session.remoteTag).toBe('peer-tag');
    expect(peer.handler.log).toEqual([
      'progress 180',
      'progress 183 v=early',
      'answer',
      'established',
    ]);
    expect(peer.handler.answers).toEqual(['v=answer']);
    peer.respond(invite, 200, { body: 'v=answer' });
    expect(peer.nextRequest('ACK').topVia.branch).toBe(ack.topVia.branch);
    expect(peer.handler.log).toHaveLength(4);
    bye(peer, session);
    await peer.expectNothingLeft();
  });

  it('is ended by BYE from us, with the next CSeq', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = call(peer);
    session.end();
    const request = peer.nextRequest('BYE');
    expect(request.cseq.sequence).toBe(2);
    expect(request.from.tag).toBe(session.localTag);
    peer.respond(request, 200);
    expect(peer.handler.end).toMatchObject({ by: 'local', cause: 'bye' });
    await peer.expectNothingLeft();
  });

  it.each([
    [302, 'Moved'],
    [404, 'Not Found'],
    [503, 'Down'],
    [603, 'Decline'],
  ])('ends with the %i that it got', async (status, reason) => {
    const peer = new ScriptedPeer(noTimer);
    peer.agent.invite(options(peer));
    peer.respond(peer.nextRequest('INVITE'), status, { reason });
    expect(peer.handler.end).toMatchObject({ by: 'remote', cause: 'rejected', status, reason });
    expect(peer.handler.end?.response?.status).toBe(status);
    await peer.expectNothingLeft();
  });

  it('is given up after 64*T1 without any response', async () => {
    const peer = new ScriptedPeer(noTimer);
    peer.agent.invite(options(peer));
    await peer.clock.run(32_000);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'timeout', status: 408 });
    await peer.expectNothingLeft();
  });

  it('that cannot be sent ends with `transport`', async () => {
    const peer = new ScriptedPeer(noTimer);
    peer.transport.failure = new Error('no route');
    peer.agent.invite(options(peer));
    await peer.clock.run(0);
    expect(peer.handler.end).toMatchObject({
      by: 'system',
      cause: 'transport',
      reason: 'no route',
    });
    await peer.expectNothingLeft();
  });

  it.each(['not a uri', 'tel:+49123', 'sip:bob@192.0.2.9;transport=sctp'])(
    'to %s never throws: it ends with `transport`, later',
    async (uri) => {
      const peer = new ScriptedPeer(noTimer);
      const session = peer.agent.invite(options(peer, { to: uri }));
      expect(peer.handler.log).toEqual([]);
      await peer.clock.run(0);
      expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'transport' });
      expect(session.state).toBe('ended');
      await peer.expectNothingLeft();
    },
  );

  it('to a host name goes to the address that was looked up', async () => {
    const peer = new ScriptedPeer(noTimer, 'UDP', (host) =>
      Promise.resolve(host === 'pbx.example.com' ? ['192.0.2.9', '192.0.2.10'] : []),
    );
    const session = peer.agent.invite(options(peer, { to: 'sip:bob@pbx.example.com' }));
    await peer.clock.run(0);
    const invite = peer.nextRequest('INVITE');
    expect(invite.requestUri).toBe('sip:bob@pbx.example.com');
    expect(session.channel.remote).toEqual({ host: '192.0.2.9', port: 5060 });
    peer.respond(invite, 486);
    await peer.expectNothingLeft();
  });

  it('to a host name goes to the next address when no listener has the family of the first', async () => {
    const peer = new ScriptedPeer(noTimer, 'UDP', () =>
      Promise.resolve(['2001:db8::1', '192.0.2.9']),
    );
    const open = peer.transport.open.bind(peer.transport);
    peer.transport.open = (target, request) => {
      if (target.host.includes(':')) throw new Error('no IPv6 here');
      return open(target, request);
    };
    const session = peer.agent.invite(options(peer, { to: 'sip:bob@pbx.example.com' }));
    await peer.clock.run(0);
    expect(session.channel.remote.host).toBe('192.0.2.9');
    peer.respond(peer.nextRequest('INVITE'), 486);
    await peer.expectNothingLeft();
  });

  it('to a host name that is not found ends with `transport`; cancelled meanwhile, nothing is sent', async () => {
    const peer = new ScriptedPeer(noTimer, 'UDP', () => Promise.reject(new Error('ENOTFOUND')));
    peer.agent.invite(options(peer, { to: 'sip:bob@nowhere.example.com' }));
    await peer.clock.run(0);
    expect(peer.handler.end).toMatchObject({ cause: 'transport', reason: 'ENOTFOUND' });
    await peer.expectNothingLeft();

    const slow = new ScriptedPeer(noTimer, 'UDP', () => Promise.resolve(['192.0.2.9']));
    slow.agent.invite(options(slow, { to: 'sip:bob@pbx.example.com' })).end();
    expect(slow.handler.end).toMatchObject({ cause: 'cancel' });
    await slow.expectNothingLeft();
    expect(slow.drain()).toEqual([]);
  });

  it('whose answer cannot be used is acknowledged and ended by BYE', async () => {
    const peer = new ScriptedPeer(noTimer);
    peer.handler.takesAnswer = false;
    peer.agent.invite(options(peer));
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=answer' });
    peer.nextRequest('ACK');
    const request = peer.nextRequest('BYE');
    expect(request.headers.get('Warning')).toContain('399');
    expect(peer.handler.log).toEqual(['answer', 'ended local rejected 488']);
    peer.respond(request, 200);
    await peer.expectNothingLeft();
  });

  it('goes by the Record-Route of its 200, turned round (§12.1.2)', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    peer.respond(peer.nextRequest('INVITE'), 200, {
      body: 'v=answer',
      headers: { 'Record-Route': '<sip:192.0.2.21;lr>, <sip:192.0.2.20:5080;lr>' },
    });
    const ack = peer.nextRequest('ACK');
    expect(ack.headers.getAll('Route')).toEqual([
      '<sip:192.0.2.20:5080;lr>',
      '<sip:192.0.2.21;lr>',
    ]);
    expect(ack.requestUri).toBe('sip:peer@192.0.2.9:5062');
    expect(peer.transport.opened.at(-1)).toMatchObject({ host: '192.0.2.20', port: 5080 });
    bye(peer, session);
    await peer.expectNothingLeft();
  });
});

describe('CANCEL of ours (RFC 3261 §9.1)', () => {
  it('has the Via, Call-ID, From, To and CSeq number of the INVITE', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 180);
    session.end();
    expect(peer.handler.end).toMatchObject({ by: 'local', cause: 'cancel', status: 487 });
    const cancel = peer.nextRequest('CANCEL');
    for (const name of ['Via', 'Call-ID', 'From', 'To']) {
      expect(cancel.headers.getAll(name)).toEqual(invite.headers.getAll(name));
    }
    expect(cancel.requestUri).toBe(invite.requestUri);
    expect(cancel.cseq).toEqual({ sequence: 1, method: 'CANCEL' });
    peer.respond(cancel, 200);
    peer.respond(invite, 487);
    peer.nextRequest('ACK');
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('waits for a provisional response', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    session.end();
    expect(peer.drain()).toEqual([]);
    peer.respond(invite, 100);
    peer.respond(peer.nextRequest('CANCEL'), 200);
    peer.respond(invite, 180);
    peer.respond(invite, 487);
    expect(peer.drain()).toEqual(['ACK']);
    await peer.expectNothingLeft();
  });

  it('is not sent when the INVITE is never answered at all', async () => {
    const peer = new ScriptedPeer(noTimer);
    peer.agent.invite(options(peer)).end();
    await peer.expectNothingLeft();
    expect(new Set(peer.drain())).toEqual(new Set(['INVITE']));
  });

  it('that a 200 crosses is followed by ACK and BYE', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 180);
    session.end();
    peer.respond(peer.nextRequest('CANCEL'), 200);
    peer.respond(invite, 200, { body: 'v=answer' });
    peer.nextRequest('ACK');
    const request = peer.nextRequest('BYE');
    expect(request.to.tag).toBe('peer-tag');
    expect(peer.agent.openSessions).toBe(1);
    peer.respond(request, 200);
    expect(peer.agent.openSessions).toBe(0);
    expect(peer.handler.log).toEqual(['progress 180', 'ended local cancel 487']);
    await peer.expectNothingLeft();
  });

  it('ends the INVITE after 64*T1 even if its final response never comes', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    peer.respond(peer.nextRequest('INVITE'), 180);
    session.end();
    peer.respond(peer.nextRequest('CANCEL'), 200);
    await peer.clock.run(31_999);
    expect(peer.agent.openSessions).toBe(1);
    await peer.clock.run(1);
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('is sent when nobody answers within the ring time-out', async () => {
    const peer = new ScriptedPeer({ ...noTimer, ringTimeout: 60_000 });
    peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 180);
    await peer.clock.run(60_000);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'timeout', status: 408 });
    peer.respond(peer.nextRequest('CANCEL'), 200);
    peer.respond(invite, 487);
    await peer.expectNothingLeft();
  });
});

describe('reliable provisional responses to us (RFC 3262 §4)', () => {
  const reliable = (rseq: number): Readonly<Record<string, string>> => ({
    Require: '100rel',
    RSeq: String(rseq),
  });

  it('get a PRACK in the early dialog, each once, and only in order', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 183, { body: 'v=early', headers: reliable(7) });
    const prack = peer.nextRequest('PRACK');
    expect(prack.rack).toEqual({ rseq: 7, sequence: 1, method: 'INVITE' });
    expect(prack.to.tag).toBe('peer-tag');
    expect(prack.cseq.sequence).toBe(2);
    peer.respond(prack, 200);
    peer.respond(invite, 183, { body: 'v=early', headers: reliable(7) });
    peer.respond(invite, 180, { headers: reliable(9) });
    expect(peer.drain()).toEqual([]);
    peer.respond(invite, 180, { headers: reliable(8) });
    expect(peer.nextRequest('PRACK').rack?.rseq).toBe(8);
    expect(peer.handler.log).toEqual(['progress 183 v=early', 'progress 180 v=early']);

    // The answer has come: the 200 has none, and need not.
    peer.respond(invite, 200);
    peer.nextRequest('ACK');
    expect(peer.handler.answers).toEqual(['v=early']);
    bye(peer, session);
    await peer.expectNothingLeft();
  });

  it('have an answer that counts, whatever the 200 says (RFC 3261 §13.2.1)', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 183, { body: 'v=early', headers: reliable(1) });
    peer.respond(peer.nextRequest('PRACK'), 200);
    peer.respond(invite, 200, { body: 'v=other' });
    peer.nextRequest('ACK');
    expect(peer.handler.answers).toEqual(['v=early']);
    bye(peer, session);
    await peer.expectNothingLeft();
  });

  it('complete the offer, so that an UPDATE may follow before the 200', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    const { localTag: toTag, callId } = session;
    peer.respond(invite, 183);
    peer.send('UPDATE', { toTag, callId, cseq: 1, body: 'v=update' });
    peer.nextResponse(491);
    peer.respond(invite, 183, { body: 'v=early', headers: reliable(1) });
    peer.respond(peer.nextRequest('PRACK'), 200);
    peer.send('UPDATE', { toTag, callId, cseq: 2, body: 'v=update' });
    expect(Buffer.from(peer.nextResponse(200).body).toString()).toBe('v=answer');
    peer.respond(invite, 200);
    peer.nextRequest('ACK');
    peer.send('BYE', { toTag, callId, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('100 is never one, whatever it says', async () => {
    const peer = new ScriptedPeer(noTimer);
    peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 100, { headers: reliable(1) });
    expect(peer.drain()).toEqual([]);
    peer.respond(invite, 486);
    await peer.expectNothingLeft();
  });
});

describe('an INVITE of ours that was forked (RFC 3261 §13.2.2.4)', () => {
  it('has an early dialog for each branch; further 2xx get ACK and BYE', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 183, {
      toTag: 'one',
      body: 'v=one',
      headers: { Require: '100rel', RSeq: '1' },
    });
    peer.respond(invite, 183, {
      toTag: 'two',
      body: 'v=two',
      headers: { Require: '100rel', RSeq: '50' },
    });
    const pracks = [peer.nextRequest('PRACK'), peer.nextRequest('PRACK')];
    expect(pracks.map((each) => each.to.tag)).toEqual(['one', 'two']);
    for (const prack of pracks) peer.respond(prack, 200);

    peer.respond(invite, 200, { toTag: 'two' });
    expect(peer.nextRequest('ACK').to.tag).toBe('two');
    expect(peer.handler.answers).toEqual(['v=two']);
    expect(session.remoteTag).toBe('two');

    peer.respond(invite, 200, { toTag: 'one' });
    expect(peer.nextRequest('ACK').to.tag).toBe('one');
    const dismissal = peer.nextRequest('BYE');
    expect(dismissal.to.tag).toBe('one');
    peer.respond(dismissal, 200);
    peer.respond(invite, 200, { toTag: 'three' });
    expect(peer.nextRequest('ACK').to.tag).toBe('three');
    expect(peer.nextRequest('BYE').to.tag).toBe('three');
    peer.respond(invite, 200, { toTag: 'one' });
    expect(peer.drain()).toEqual(['ACK']);
    expect(session.state).toBe('confirmed');

    peer.send('BYE', {
      toTag: session.localTag,
      callId: session.callId,
      fromTag: 'one',
      cseq: 1,
    });
    peer.nextResponse(481);
    peer.send('BYE', {
      toTag: session.localTag,
      callId: session.callId,
      fromTag: 'two',
      cseq: 1,
    });
    peer.nextResponse(200);
    await peer.expectNothingLeft();
  });
});

describe('a call of ours that stands', () => {
  it('retries a re-INVITE that met 491 after 2.1 to 4 s, since the Call-ID is ours (§14.1)', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = call(peer);
    const done = session.reoffer('v=ours-2');
    peer.respond(peer.nextRequest('INVITE'), 491);
    peer.nextRequest('ACK');
    await peer.clock.run(2_099);
    expect(peer.drain()).toEqual([]);
    await peer.clock.runUntil(() => peer.inbox.length > 0, 1_901);
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=their-2' });
    peer.nextRequest('ACK');
    expect(await done).toMatchObject({ type: 'response' });
    bye(peer, session);
    await peer.expectNothingLeft();
  });

  it('takes re-INVITE, UPDATE, INFO and OPTIONS, and refuses PRACK and a REINVITE before the 200', async () => {
    const peer = new ScriptedPeer(noTimer);
    const session = peer.agent.invite(options(peer));
    const { localTag: toTag, callId } = session;
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 180);
    peer.send('INVITE', { toTag, callId, cseq: 1, body: 'v=hold' });
    peer.nextResponse(491);
    peer.respond(invite, 200, { body: 'v=answer' });
    peer.nextRequest('ACK');
    peer.send('INVITE', { toTag, callId, cseq: 2, body: 'v=hold' });
    peer.nextResponse(200);
    peer.send('ACK', { toTag, callId, cseq: 2 });
    peer.send('UPDATE', { toTag, callId, cseq: 3 });
    peer.send('INFO', { toTag, callId, cseq: 4 });
    peer.send('OPTIONS', { toTag, callId, cseq: 5 });
    peer.send('PRACK', { toTag, callId, cseq: 6, headers: { RAck: '1 1 INVITE' } });
    expect(peer.drain()).toEqual(['200 UPDATE', '200 INFO', '200 OPTIONS', '481 PRACK']);
    peer.send('BYE', { toTag, callId, cseq: 7 });
    await peer.expectNothingLeft();
  });

  it('asks for a session timer, and asks for more after a 422 (RFC 4028 §7.3)', async () => {
    const peer = new ScriptedPeer({ sessionExpires: 100 });
    const session = peer.agent.invite(options(peer));
    const first = peer.nextRequest('INVITE');
    expect(first.headers.get('Session-Expires')).toBe('100');
    peer.respond(first, 422, { headers: { 'Min-SE': '200' } });
    peer.nextRequest('ACK');
    const second = peer.nextRequest('INVITE');
    expect(second.cseq.sequence).toBe(2);
    expect(second.callId).toBe(first.callId);
    expect(second.from.tag).toBe(session.localTag);
    expect(second.topVia.branch).not.toBe(first.topVia.branch);
    expect([second.sessionExpires?.interval, second.minSe]).toEqual([200, 200]);
    peer.respond(second, 200, {
      body: 'v=answer',
      headers: { 'Session-Expires': '200;refresher=uac', Allow: 'UPDATE', Require: 'timer' },
    });
    peer.nextRequest('ACK');
    await peer.clock.run(100_000);
    expect(peer.nextRequest('UPDATE').sessionExpires).toEqual({ interval: 200, refresher: 'uac' });
    bye(peer, session);
    await peer.expectNothingLeft();
  });

  it('refreshes for itself when the peer does not know the session timer (RFC 4028 §7.2)', async () => {
    const peer = new ScriptedPeer({ sessionExpires: 100 });
    const session = call(peer);
    await peer.clock.run(50_000);
    expect(Buffer.from(peer.nextRequest('INVITE').body).toString()).toBe('v=wanted');
    bye(peer, session);
    await peer.expectNothingLeft();
  });
});

describe('two user agents', () => {
  function handlers(pair: AgentPair): { caller: RecordingHandler; callee: RecordingHandler } {
    const caller = new RecordingHandler();
    const callee = new RecordingHandler();
    pair.onInvite = (session) => {
      session.handler = callee;
      session.provisional(183, { sdp: 'v=early' });
      pair.clock.setTimeout(() => session.accept('v=early'), 1_000);
    };
    return { caller, callee };
  }
  const target = { to: 'sip:menu@192.0.2.1', from: 'sip:alice@192.0.2.9', sdp: 'v=offer' };

  it('make a call with early media, hold it by both methods, and end it', async () => {
    const pair = new AgentPair();
    const { caller, callee } = handlers(pair);
    const session = pair.caller.invite({ ...target, handler: caller });
    await pair.clock.run(2_000);
    expect(pair.ladder).toEqual([
      '> INVITE',
      '< 100 INVITE',
      '< 183 INVITE',
      '> PRACK',
      '< 200 PRACK',
      '< 200 INVITE',
      '> ACK',
    ]);
    const outcomes = [session.reoffer('v=hold', 'UPDATE'), pair.sessions[0]!.reoffer('v=move')];
    await pair.clock.run(10_000);
    expect((await Promise.all(outcomes)).map((each) => each.type)).toEqual([
      'response',
      'response',
    ]);
    expect(callee.offers).toEqual(['v=hold']);
    expect(caller.offers).toEqual(['v=move']);
    pair.sessions[0]?.end();
    await pair.clock.run(100);
    expect(caller.end).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(callee.end).toMatchObject({ by: 'local', cause: 'bye' });
    await pair.expectNothingLeft();
  });

  it('come through the loss of every first copy of each message', async () => {
    const pair = new AgentPair();
    const { caller, callee } = handlers(pair);
    const seen = new Set<string>();
    pair.loses = (message, direction) => {
      const what = message.kind === 'request' ? message.method : String(message.status);
      const key = `${direction} ${what} ${message.cseq.method} ${message.topVia.branch ?? ''}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    };
    const session = pair.caller.invite({ ...target, handler: caller });
    await pair.clock.run(60_000);
    expect(session.state).toBe('confirmed');
    expect(callee.log).toEqual(['established']);
    session.end();
    await pair.clock.run(40_000);
    expect([caller.end?.cause, callee.end?.cause]).toEqual(['bye', 'bye']);
    await pair.expectNothingLeft();
  });

  it('both come out of a glare (RFC 3261 §14.1)', async () => {
    const pair = new AgentPair();
    const { caller, callee } = handlers(pair);
    const session = pair.caller.invite({ ...target, handler: caller });
    await pair.clock.run(2_000);
    const outcomes = [session.reoffer('v=a'), pair.sessions[0]!.reoffer('v=b')];
    await pair.clock.run(10_000);
    expect(pair.ladder.filter((each) => each.includes('491'))).toHaveLength(2);
    const statuses = (await Promise.all(outcomes)).map((each) =>
      each.type === 'response' ? each.response.status : each.type,
    );
    expect(statuses).toEqual([200, 200]);
    expect([callee.offers, caller.offers]).toEqual([['v=a'], ['v=b']]);
    session.end();
    await pair.expectNothingLeft();
  });

  it('a callee whose caller is gone ends the call by itself', async () => {
    const pair = new AgentPair();
    const { caller, callee } = handlers(pair);
    pair.loses = (message: { readonly kind: string; readonly method?: string }, direction) =>
      direction === '>' && (message as Partial<SipRequest>).method === 'ACK';
    pair.caller.invite({ ...target, handler: caller });
    await pair.clock.run(40_000);
    expect(callee.end).toMatchObject({ by: 'system', cause: 'no-ack' });
    expect(caller.end).toMatchObject({ by: 'remote', cause: 'bye', reason: 'No ACK was received' });
    await pair.expectNothingLeft();
  });
});
