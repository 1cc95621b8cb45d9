import { parseAuth } from '../../../runtime/sip/message/auth-params';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { OutgoingSession } from '../../../runtime/sip/ua/port';
import { ScriptedPeer } from '../../support/sip-pair';

const credentials = [{ username: 'alice', password: 'secret' }];
const challenge = (nonce: string): Readonly<Record<string, string>> => ({
  'Proxy-Authenticate': `Digest realm="pbx", nonce="${nonce}", qop="auth"`,
});

const nonceCount = (request: SipRequest): string => {
  const { params } = parseAuth(request.headers.get('Proxy-Authorization') ?? '');
  return `${params.get('nonce') ?? ''} ${params.get('nc') ?? ''}`;
};

/** A call of ours through a proxy that challenged its INVITE. */
function call(peer: ScriptedPeer): OutgoingSession {
  const session = peer.agent.invite({
    to: 'sip:bob@192.0.2.9:5062',
    from: 'sip:alice@example.com',
    sdp: 'v=offer',
    credentials,
    handler: peer.handler,
  });
  peer.respond(peer.nextRequest('INVITE'), 407, { headers: challenge('n1') });
  peer.nextRequest('ACK');
  peer.respond(peer.nextRequest('INVITE'), 200, {
    body: 'v=answer',
    headers: { Allow: 'INVITE, UPDATE, REFER' },
  });
  peer.nextRequest('ACK');
  return session;
}

function end(peer: ScriptedPeer, session: OutgoingSession): void {
  peer.send('BYE', { toTag: session.localTag, callId: session.callId, cseq: 1 });
  peer.nextResponse(200);
}

describe('requests inside a dialog whose INVITE was challenged (RFC 3261 §22.3)', () => {
  it('carry credentials at once, and the nonce counts on', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    void session.info('application/dtmf-relay', 'Signal=1');
    const info = peer.nextRequest('INFO');
    expect(nonceCount(info)).toBe('n1 00000002');
    peer.respond(info, 200);
    session.end();
    const bye = peer.nextRequest('BYE');
    expect(nonceCount(bye)).toBe('n1 00000003');
    peer.respond(bye, 200);
    await peer.expectNothingLeft();
  });

  it('are sent again when they are challenged anew: BYE', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    session.end();
    const bye = peer.nextRequest('BYE');
    peer.respond(bye, 407, { headers: challenge('n2') });
    const again = peer.nextRequest('BYE');
    expect(again.cseq.sequence).toBe(bye.cseq.sequence + 1);
    expect(nonceCount(again)).toBe('n2 00000001');
    expect(peer.agent.openSessions).toBe(1);
    peer.respond(again, 200);
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('are sent again when they are challenged anew: re-INVITE, acknowledged with its credentials', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    const done = session.reoffer('v=hold');
    const first = peer.nextRequest('INVITE');
    peer.respond(first, 407, { headers: challenge('n2') });
    peer.nextRequest('ACK');
    const again = peer.nextRequest('INVITE');
    expect(again.cseq.sequence).toBe(first.cseq.sequence + 1);
    expect(Buffer.from(again.body).toString()).toBe('v=hold');
    // The wait state of the challenged one ends (timer D): nobody takes that for the outcome.
    peer.respond(again, 100);
    await peer.clock.run(40_000);
    peer.respond(again, 200, { body: 'v=held' });
    const ack = peer.nextRequest('ACK');
    expect(ack.cseq.sequence).toBe(again.cseq.sequence);
    expect(nonceCount(ack)).toBe('n2 00000001');
    peer.respond(again, 200, { body: 'v=held' });
    expect(peer.nextRequest('ACK').topVia.branch).toBe(ack.topVia.branch);
    expect(await done).toMatchObject({ type: 'response', response: { status: 200 } });
    expect(peer.handler.answers).toEqual(['v=answer', 'v=held']);
    end(peer, session);
    await peer.expectNothingLeft();
  });

  it('are sent again when they are challenged anew: REFER, whose NOTIFYs then have its new number', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    const done = session.refer({ to: 'sip:carol@example.com', timeout: 30_000 });
    peer.respond(peer.nextRequest('REFER'), 407, { headers: challenge('n2') });
    const again = peer.nextRequest('REFER');
    peer.respond(again, 202);
    peer.send('NOTIFY', {
      toTag: session.localTag,
      callId: session.callId,
      cseq: 1,
      headers: {
        Event: `refer;id=${again.cseq.sequence}`,
        'Subscription-State': 'terminated;reason=noresource',
      },
      body: 'SIP/2.0 200 OK\r\n',
      bodyType: 'message/sipfrag',
    });
    peer.nextResponse(200);
    expect(await done).toEqual({ type: 'accepted', status: 200 });
    peer.send('BYE', { toTag: session.localTag, callId: session.callId, cseq: 2 });
    peer.nextResponse(200);
    await peer.expectNothingLeft();
  });

  it('are refused with the challenge when the password is wrong; the call goes on', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    const done = session.info('text/plain', 'x');
    peer.respond(peer.nextRequest('INFO'), 407, { headers: challenge('n2') });
    peer.respond(peer.nextRequest('INFO'), 407, { headers: challenge('n3') });
    expect(await done).toMatchObject({ type: 'response', response: { status: 407 } });
    expect(peer.inbox).toEqual([]);
    expect(session.state).toBe('confirmed');
    end(peer, session);
    await peer.expectNothingLeft();
  });

  it('are not sent again when the call has ended meanwhile', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    const done = session.info('text/plain', 'x');
    const info = peer.nextRequest('INFO');
    end(peer, session);
    peer.respond(info, 407, { headers: challenge('n2') });
    expect((await done).type).toBe('response');
    expect(peer.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('PRACK and UPDATE in the early dialog carry them too', async () => {
    const peer = new ScriptedPeer();
    const session = peer.agent.invite({
      to: 'sip:bob@192.0.2.9:5062',
      from: 'sip:alice@example.com',
      sdp: 'v=offer',
      credentials,
      handler: peer.handler,
    });
    peer.respond(peer.nextRequest('INVITE'), 407, { headers: challenge('n1') });
    peer.nextRequest('ACK');
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 183, {
      body: 'v=early',
      headers: { Require: '100rel', RSeq: '1', Allow: 'UPDATE' },
    });
    const prack = peer.nextRequest('PRACK');
    expect(nonceCount(prack)).toBe('n1 00000002');
    expect(prack.rack).toEqual({ rseq: 1, sequence: invite.cseq.sequence, method: 'INVITE' });
    peer.respond(prack, 200);
    const updated = session.reoffer('v=update', 'UPDATE');
    const update = peer.nextRequest('UPDATE');
    expect(nonceCount(update)).toBe('n1 00000003');
    peer.respond(update, 200, { body: 'v=updated' });
    expect(await updated).toMatchObject({ type: 'response' });
    peer.respond(invite, 200);
    peer.nextRequest('ACK');
    end(peer, session);
    await peer.expectNothingLeft();
  });
});

describe('requests inside a dialog that the peer began', () => {
  it('carry the credentials that the owner gives', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    peer.session.useCredentials(credentials);
    peer.session.end();
    peer.respond(peer.nextRequest('BYE'), 407, { headers: challenge('n1') });
    const again = peer.nextRequest('BYE');
    expect(nonceCount(again)).toBe('n1 00000001');
    peer.respond(again, 200);
    await peer.expectNothingLeft();
  });

  it('are not sent again without any', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    peer.session.end();
    peer.respond(peer.nextRequest('BYE'), 407, { headers: challenge('n1') });
    expect(peer.inbox).toEqual([]);
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });
});

describe('other requests inside a dialog', () => {
  it('are OPTIONS and MESSAGE, with what their sender says', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    const options = session.sendRequest({ method: 'OPTIONS', headers: [['Accept', '*/*']] });
    const request = peer.nextRequest('OPTIONS');
    expect(request.to.tag).toBe(session.remoteTag);
    expect(request.headers.get('Accept')).toBe('*/*');
    peer.respond(request, 200);
    expect(await options).toMatchObject({ response: { status: 200 } });
    const message = session.sendRequest({
      method: 'MESSAGE',
      body: { type: 'text/plain', content: 'Hello' },
    });
    const sent = peer.nextRequest('MESSAGE');
    expect(sent.contentType?.value).toBe('text/plain');
    expect(Buffer.from(sent.body).toString()).toBe('Hello');
    peer.respond(sent, 202);
    expect(await message).toMatchObject({ response: { status: 202 } });
    await expect(session.sendRequest({ method: 'INVITE' })).rejects.toThrow('not sent so');
    end(peer, session);
    expect(await session.sendRequest({ method: 'OPTIONS' })).toEqual({ type: 'ended' });
    await peer.expectNothingLeft();
  });

  it('a re-INVITE that is never answered after its 100 is cancelled in the end', async () => {
    const peer = new ScriptedPeer({ ringTimeout: 60_000 });
    const session = call(peer);
    const done = session.reoffer('v=hold');
    const invite = peer.nextRequest('INVITE');
    peer.respond(invite, 100);
    await peer.clock.run(60_000);
    peer.respond(peer.nextRequest('CANCEL'), 200);
    peer.respond(invite, 487);
    peer.nextRequest('ACK');
    expect(await done).toMatchObject({ response: { status: 487 } });
    expect(session.state).toBe('confirmed');
    end(peer, session);
    await peer.expectNothingLeft();
  });

  it('a re-INVITE that is under way at the close leaves no timer', async () => {
    const peer = new ScriptedPeer();
    const session = call(peer);
    void session.reoffer('v=hold');
    peer.respond(peer.nextRequest('INVITE'), 100);
    const closed = peer.agent.close();
    peer.respond(peer.nextRequest('BYE'), 200);
    await closed;
    expect(peer.clock.pending).toBe(0);
  });
});
