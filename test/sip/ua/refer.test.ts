import { ScriptedPeer } from '../../support/sip-pair';
import type { SipRequest } from '../../../runtime/sip/message/message';

const options = { to: 'sip:operator@example.com', timeout: 60_000 };

function notify(
  peer: ScriptedPeer,
  cseq: number,
  fragment: string,
  parts: { readonly event?: string; readonly state?: string } = {},
): void {
  peer.send('NOTIFY', {
    toTag: peer.session.localTag,
    cseq,
    headers: {
      Event: parts.event ?? 'refer',
      'Subscription-State': parts.state ?? 'active;expires=60',
    },
    body: fragment,
    bodyType: 'message/sipfrag;version=2.0',
  });
}

describe('a REFER of ours (RFC 3515)', () => {
  it('names the target, and tells what the NOTIFYs say', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const progress: number[] = [];
    const done = peer.session.refer(
      { ...options, headers: [['Referred-By', '<sip:us@example.com>']] },
      (status) => progress.push(status),
    );
    const refer = peer.nextRequest('REFER');
    expect(refer.referTo?.uriText).toBe('sip:operator@example.com');
    expect(refer.contacts).toHaveLength(1);
    expect(refer.headers.get('Referred-By')).toBe('<sip:us@example.com>');
    peer.respond(refer, 202);
    const event = `refer;id=${refer.cseq.sequence}`;
    notify(peer, 2, 'SIP/2.0 100 Trying\r\n', { event });
    peer.nextResponse(200);
    notify(peer, 3, 'SIP/2.0 180 Ringing\r\n', { event });
    notify(peer, 4, 'SIP/2.0 200 OK\r\n', { event, state: 'terminated;reason=noresource' });
    expect(await done).toEqual({ type: 'accepted', status: 200 });
    expect(progress).toEqual([100, 180]);
    peer.drain();
    // The subscription is over: RFC 6665 §4.1.3.
    notify(peer, 5, 'SIP/2.0 200 OK\r\n', { event });
    peer.nextResponse(481);
    peer.send('BYE', { toTag, cseq: 6 });
    await peer.expectNothingLeft();
  });

  it('is over with a final sipfrag even if the peer ends the subscription later', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), 200);
    notify(peer, 2, 'SIP/2.0 200 OK\r\nTo: x\r\n');
    expect(await done).toEqual({ type: 'accepted', status: 200 });
    notify(peer, 3, '', { state: 'terminated;reason=noresource' });
    expect(peer.drain()).toEqual(['200 NOTIFY', '200 NOTIFY']);
    peer.send('BYE', { toTag, cseq: 4 });
    await peer.expectNothingLeft();
  });

  it('that the target refuses has failed, with its status and reason', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    // A NOTIFY may overtake the response (§2.4.4).
    const refer = peer.nextRequest('REFER');
    notify(peer, 2, 'SIP/2.0 486 Busy Here\r\n', { state: 'terminated;reason=noresource' });
    peer.nextResponse(200);
    peer.respond(refer, 202);
    expect(await done).toEqual({ type: 'failed', status: 486, reason: 'Busy Here' });
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it.each([603, 405, 501])('that the peer does not take (%i) is refused', async (status) => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), status, { reason: 'No' });
    expect(await done).toEqual({ type: 'refused', status, reason: 'No' });
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('without a final NOTIFY in time is `noNotify`, and later ones get 481', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), 202);
    notify(peer, 2, 'SIP/2.0 100 Trying\r\n');
    peer.nextResponse(200);
    await peer.clock.run(60_000);
    expect(await done).toEqual({ type: 'noNotify' });
    notify(peer, 3, 'SIP/2.0 200 OK\r\n');
    peer.nextResponse(481);
    peer.send('BYE', { toTag, cseq: 4 });
    await peer.expectNothingLeft();
  });

  it('whose subscription ends without a final word is `noNotify`', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), 202);
    notify(peer, 2, 'SIP/2.0 100 Trying\r\n', { state: 'terminated;reason=timeout' });
    expect(await done).toEqual({ type: 'noNotify' });
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('whose 2xx says Refer-Sub: false brings no NOTIFY (RFC 4488 §4)', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), 202, { headers: { 'Refer-Sub': 'false' } });
    expect(await done).toEqual({ type: 'noNotify' });
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('is `ended` when the peer hangs up first', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), 202);
    peer.send('BYE', { toTag, cseq: 2 });
    expect(await done).toEqual({ type: 'ended' });
    expect(await peer.session.refer(options)).toEqual({ type: 'ended' });
    await peer.expectNothingLeft();
  });

  it('is refused with 408 when it is never answered, which ends the session', async () => {
    const peer = new ScriptedPeer();
    peer.call();
    const done = peer.session.refer(options);
    await peer.clock.run(32_000);
    expect(await done).toMatchObject({ type: 'refused', status: 408 });
    expect(peer.handler.end).toMatchObject({ cause: 'timeout' });
    await peer.expectNothingLeft();
  });

  it('of two at once each hears its own NOTIFYs', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const first = peer.session.refer(options);
    const second = peer.session.refer(options);
    const sequences = [peer.nextRequest('REFER'), peer.nextRequest('REFER')].map((refer) => {
      peer.respond(refer, 202);
      return refer.cseq.sequence;
    });
    notify(peer, 2, 'SIP/2.0 200 OK', { event: `refer;id=${sequences[1] ?? 0}` });
    expect(await second).toEqual({ type: 'accepted', status: 200 });
    notify(peer, 3, 'SIP/2.0 404 Not Found', { event: `refer;id=${sequences[0] ?? 0}` });
    expect(await first).toEqual({ type: 'failed', status: 404, reason: 'Not Found' });
    peer.send('BYE', { toTag, cseq: 4 });
    await peer.expectNothingLeft();
  });
});

describe('a NOTIFY', () => {
  it('without a REFER of ours gets 481', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    notify(peer, 2, 'SIP/2.0 200 OK');
    peer.nextResponse(481);
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('of another package gets 489 with Allow-Events, of another type 415 with Accept', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.refer(options);
    peer.respond(peer.nextRequest('REFER'), 202);
    notify(peer, 2, 'SIP/2.0 200 OK', { event: 'presence' });
    expect(peer.nextResponse(489).headers.get('Allow-Events')).toBe('refer');
    peer.send('NOTIFY', {
      toTag,
      cseq: 3,
      headers: { Event: 'refer', 'Subscription-State': 'active' },
      body: 'done',
      bodyType: 'text/plain',
    });
    expect(peer.nextResponse(415).headers.get('Accept')).toBe('message/sipfrag');
    notify(peer, 4, 'no status line at all');
    peer.nextResponse(200);
    peer.send('BYE', { toTag, cseq: 5 });
    expect(await done).toEqual({ type: 'ended' });
    await peer.expectNothingLeft();
  });
});

describe('a REFER from the peer', () => {
  it('gets 603 when the owner takes no transfers, and else what it says', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const headers = { 'Refer-To': '<sip:a@example.com>' };
    peer.send('REFER', { toTag, cseq: 2, headers });
    peer.nextResponse(603);
    const seen: SipRequest[] = [];
    peer.handler.onRefer = (request) => {
      seen.push(request);
      return 403;
    };
    peer.send('REFER', { toTag, cseq: 3, headers });
    peer.nextResponse(403);
    expect(seen[0]?.referTo?.uriText).toBe('sip:a@example.com');
    peer.send('BYE', { toTag, cseq: 4 });
    await peer.expectNothingLeft();
  });

  it.each([[[]], [['<sip:a@example.com>', '<sip:b@example.com>']]])(
    'whose Refer-To are %j gets 400 (RFC 3515 §2.4.1)',
    async (values: readonly string[]) => {
      const peer = new ScriptedPeer();
      const toTag = peer.call();
      const request = peer.request('REFER', { toTag, cseq: 2 });
      for (const value of values) request.headers.append('Refer-To', value);
      peer.give(request);
      peer.nextResponse(400);
      peer.send('BYE', { toTag, cseq: 3 });
      await peer.expectNothingLeft();
    },
  );
});
