import { ScriptedPeer } from '../../support/sip-pair';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { IncomingRefer, OfferAnswer, ReferProgress } from '../../../runtime/sip/ua/port';

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
    const seen: string[] = [];
    peer.handler.onRefer = (refer) => {
      seen.push(refer.target);
      refer.reject(403);
    };
    peer.send('REFER', { toTag, cseq: 3, headers });
    peer.nextResponse(403);
    expect(seen).toEqual(['sip:a@example.com']);
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

describe('a REFER from the peer that is taken', () => {
  /** A call with a REFER that was accepted, its 202 and first NOTIFY seen. */
  function referred(headers: Readonly<Record<string, string>> = {}) {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    let progress: ReferProgress | undefined;
    const refers: IncomingRefer[] = [];
    peer.handler.onRefer = (refer) => {
      refers.push(refer);
      progress = refer.accept();
    };
    peer.send('REFER', {
      toTag,
      cseq: 7,
      headers: { 'Refer-To': '<sip:carol@example.com>', ...headers },
    });
    const taken = peer.nextResponse(202);
    if (progress === undefined || refers[0] === undefined) throw new Error('it was not told');
    return { peer, toTag, progress, taken, refer: refers[0] };
  }

  const stateOf = (notify: SipRequest): string => notify.headers.get('Subscription-State') ?? '';
  const bodyOf = (notify: SipRequest): string => Buffer.from(notify.body).toString();

  it('is told at once that it is tried, then how the call fares, and that it is over', async () => {
    const { peer, toTag, progress, taken } = referred();
    expect(taken.contacts).toHaveLength(1);
    const first = peer.nextRequest('NOTIFY');
    expect(bodyOf(first)).toBe('SIP/2.0 100 Trying\r\n');
    expect(first.headers.get('Event')).toBe('refer;id=7');
    expect(first.headers.get('Content-Type')).toBe('message/sipfrag;version=2.0');
    expect(stateOf(first)).toMatch(/^active;expires=\d+$/);
    expect(first.contacts).toHaveLength(1);
    peer.respond(first, 200);
    progress.progress(180);
    const second = peer.nextRequest('NOTIFY');
    expect(bodyOf(second)).toBe('SIP/2.0 180 Ringing\r\n');
    peer.respond(second, 200);
    progress.progress(180);
    expect(peer.inbox).toEqual([]);
    let told = false;
    const done = progress.done(200).then(() => {
      told = true;
    });
    const last = peer.nextRequest('NOTIFY');
    expect(bodyOf(last)).toBe('SIP/2.0 200 OK\r\n');
    expect(stateOf(last)).toBe('terminated;reason=noresource');
    await peer.clock.run(10);
    expect(told).toBe(false);
    peer.respond(last, 200);
    await done;
    progress.progress(181);
    await progress.done(500);
    expect(peer.inbox).toEqual([]);
    peer.send('BYE', { toTag, cseq: 8 });
    await peer.expectNothingLeft();
  });

  it('hears one thing at a time, the latest of what happened meanwhile', async () => {
    const { peer, toTag, progress } = referred();
    const first = peer.nextRequest('NOTIFY');
    progress.progress(180);
    progress.progress(183);
    void progress.done(486, 'Busy\r\nX-Evil: yes');
    progress.progress(199);
    expect(peer.inbox).toEqual([]);
    peer.respond(first, 200);
    const last = peer.nextRequest('NOTIFY');
    expect(bodyOf(last)).toBe('SIP/2.0 486 Busy X-Evil: yes\r\n');
    peer.respond(last, 200);
    peer.send('BYE', { toTag, cseq: 8 });
    await peer.expectNothingLeft();
  });

  it('hears nothing more once it has refused a NOTIFY, and the call goes on (RFC 6665 §4.2.2)', async () => {
    const { peer, toTag, progress } = referred();
    peer.respond(peer.nextRequest('NOTIFY'), 481);
    progress.progress(180);
    await progress.done(200);
    expect(peer.inbox).toEqual([]);
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag, cseq: 8 });
    await peer.expectNothingLeft();
  });

  it('hears nothing more after its BYE', async () => {
    const { peer, toTag, progress } = referred();
    peer.respond(peer.nextRequest('NOTIFY'), 200);
    peer.send('BYE', { toTag, cseq: 8 });
    peer.nextResponse(200);
    progress.progress(180);
    await progress.done(200);
    expect(peer.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('is told that the time is over when nothing comes of it', async () => {
    const { peer, toTag } = referred();
    peer.respond(peer.nextRequest('NOTIFY'), 200);
    await peer.clock.run(200_000);
    const last = peer.nextRequest('NOTIFY');
    expect(stateOf(last)).toBe('terminated;reason=timeout');
    expect(bodyOf(last)).toBe('SIP/2.0 100 Trying\r\n');
    peer.respond(last, 200);
    peer.send('BYE', { toTag, cseq: 8 });
    await peer.expectNothingLeft();
  });

  it('gets no NOTIFY when it wants none (RFC 4488 §4)', async () => {
    const { peer, toTag, progress, taken } = referred({
      'Refer-Sub': 'false',
      Require: 'norefersub',
    });
    expect(taken.headers.get('Refer-Sub')).toBe('false');
    progress.progress(180);
    await progress.done(200);
    expect(peer.inbox).toEqual([]);
    peer.send('BYE', { toTag, cseq: 8 });
    await peer.expectNothingLeft();
  });

  it('names the dialog to replace, and who refers (RFC 3891 §4, RFC 3892 §3)', async () => {
    const { peer, toTag, refer } = referred({
      'Refer-To':
        '<sip:carol@example.com;method=INVITE?Replaces=abc%40host%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=x>',
      'Referred-By': '<sip:bob@example.com>',
    });
    expect(refer.target).toBe('sip:carol@example.com');
    expect(refer.replaces).toMatchObject({
      ...{ callId: 'abc@host', toTag: '1', fromTag: '2', earlyOnly: false },
    });
    expect(refer.referredBy).toBe('<sip:bob@example.com>');
    peer.respond(peer.nextRequest('NOTIFY'), 200);
    peer.send('BYE', { toTag, cseq: 8 });
    await peer.expectNothingLeft();
  });

  it('goes with a hold that was sent just before it, whose answer is still thought about', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    let answer: (answer: OfferAnswer) => void = () => undefined;
    peer.handler.answer = new Promise((resolve) => {
      answer = resolve;
    });
    let progress: ReferProgress | undefined;
    peer.handler.onRefer = (refer) => {
      progress = refer.accept();
    };
    peer.send('INVITE', { toTag, cseq: 2, body: 'v=hold' });
    peer.send('REFER', { toTag, cseq: 3, headers: { 'Refer-To': '<sip:carol@example.com>' } });
    peer.nextResponse(202);
    peer.respond(peer.nextRequest('NOTIFY'), 200);
    answer({ type: 'answer', sdp: 'v=held' });
    await peer.clock.run(1);
    expect(peer.nextResponse(200).cseq).toEqual({ sequence: 2, method: 'INVITE' });
    peer.send('ACK', { toTag, cseq: 2, contact: null });
    void progress?.done(200);
    peer.respond(peer.nextRequest('NOTIFY'), 200);
    peer.session.end();
    peer.respond(peer.nextRequest('BYE'), 200);
    await peer.expectNothingLeft();
  });

  it('gets 500 when four of its referrals are under way in the session', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.handler.onRefer = (refer) => refer.accept();
    for (let cseq = 2; cseq <= 6; cseq += 1) {
      peer.send('REFER', { toTag, cseq, headers: { 'Refer-To': '<sip:carol@example.com>' } });
      peer.nextResponse(cseq < 6 ? 202 : 500);
      if (cseq < 6) peer.respond(peer.nextRequest('NOTIFY'), 200);
    }
    peer.send('BYE', { toTag, cseq: 7 });
    await peer.expectNothingLeft();
  });

  it.each([
    ['<http://example.com/>', 416],
    ['<sip:carol@example.com?Replaces=nonsense>', 400],
    ['<sip:carol@example.com?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b>', 400],
    ['<sip:carol@example.com;method=SUBSCRIBE>', 603],
  ])('to %s gets %i', async (referTo, status) => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.handler.onRefer = (refer) => refer.accept();
    peer.send('REFER', { toTag, cseq: 2, headers: { 'Refer-To': referTo } });
    peer.nextResponse(status);
    expect(peer.inbox).toEqual([]);
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });
});

test('a REFER of ours can name the dialog that is to be replaced (RFC 5589 §7)', async () => {
  const peer = new ScriptedPeer();
  const toTag = peer.call();
  const done = peer.session.refer({
    ...options,
    replaces: { callId: 'a@b', toTag: 'x', fromTag: 'y', earlyOnly: false },
  });
  const refer = peer.nextRequest('REFER');
  expect(refer.headers.get('Refer-To')).toBe(
    '<sip:operator@example.com?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy>',
  );
  peer.respond(refer, 603);
  expect(await done).toMatchObject({ type: 'refused', status: 603 });
  peer.send('BYE', { toTag, cseq: 2 });
  await peer.expectNothingLeft();
});
