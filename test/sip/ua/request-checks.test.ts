import { ScriptedPeer } from '../../support/sip-pair';

const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY';

describe('a request outside any dialog (RFC 3261 §8.2)', () => {
  it.each(['REGISTER', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH'])(
    '%s is known and not taken: 405 with Allow',
    async (method) => {
      const peer = new ScriptedPeer();
      peer.send(method);
      const response = peer.nextResponse(405);
      expect(response.headers.get('Allow')).toBe(allow);
      expect(response.to.tag).toBeDefined();
      await peer.expectNothingLeft();
    },
  );

  it.each(['FROBNICATE', 'invite', 'Options'])(
    '%s is not known: 501 with Allow (methods have a case)',
    async (method) => {
      const peer = new ScriptedPeer();
      peer.send(method);
      expect(peer.nextResponse(501).headers.get('Allow')).toBe(allow);
      await peer.expectNothingLeft();
    },
  );

  it.each(['BYE', 'INFO', 'UPDATE', 'PRACK', 'NOTIFY'])(
    '%s belongs into a dialog: 481 without a To tag, and with one of nobody',
    async (method) => {
      const peer = new ScriptedPeer();
      peer.send(method);
      peer.nextResponse(481);
      peer.send(method, { toTag: 'nobody', cseq: 2 });
      peer.nextResponse(481);
      await peer.expectNothingLeft();
    },
  );

  it.each([
    ['another Call-ID', { callId: 'other' }],
    ['another From tag', { fromTag: 'other' }],
    ['another To tag', { toTag: 'other' }],
  ])('a BYE with %s than the dialog gets 481, and the call goes on', async (_case, parts) => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.send('BYE', { toTag, cseq: 2, ...parts });
    peer.nextResponse(481);
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag, cseq: 3 });
    peer.nextResponse(200);
    await peer.expectNothingLeft();
  });

  it('an INVITE with the To tag of no dialog gets 481 (§12.2.2)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { toTag: 'from-before-the-restart', body: 'v=offer' });
    peer.nextResponse(481);
    expect(peer.sessions).toHaveLength(0);
    await peer.expectNothingLeft();
  });

  it('the same INVITE by another way gets 482 (§8.2.2.2)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(100);
    peer.send('INVITE', { body: 'v=offer' });
    peer.nextResponse(482);
    expect(peer.sessions).toHaveLength(1);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it.each([
    ['mailto:a@example.com', 416],
    ['sips:reception@192.0.2.1', 416],
  ])('to %s gets %i (§8.2.2.1)', async (uri, status) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { uri, body: 'v=offer' });
    peer.nextResponse(status);
    await peer.expectNothingLeft();
  });

  it('to a tel URI is a call like another', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { uri: 'tel:+4912345', body: 'v=offer' });
    peer.nextResponse(100);
    peer.session.reject(404);
    await peer.expectNothingLeft();
  });

  it('that requires what we do not have gets 420 with Unsupported', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Require: '100rel, replaces, fancy' } });
    expect(peer.nextResponse(420).unsupported).toEqual(['fancy']);
    peer.send('OPTIONS', { callId: 'call-2', headers: { Require: 'fancy' } });
    expect(peer.nextResponse(420).unsupported).toEqual(['fancy']);
    await peer.expectNothingLeft();
  });

  it('with a Proxy-Require is not our business', async () => {
    const peer = new ScriptedPeer();
    peer.send('OPTIONS', { headers: { 'Proxy-Require': 'fancy' } });
    peer.nextResponse(200);
    await peer.expectNothingLeft();
  });

  it('from a caller without an extension that we insist on gets 421 with Require', async () => {
    const peer = new ScriptedPeer({ requiredExtensions: ['timer', '100rel'] });
    peer.send('INVITE', { body: 'v=offer', headers: { Supported: 'timer' } });
    expect(peer.nextResponse(421).require).toEqual(['100rel']);
    peer.send('INVITE', {
      callId: 'call-2',
      body: 'v=offer',
      headers: { Supported: 'timer', Require: '100rel' },
    });
    peer.nextResponse(100);
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it.each([
    ['another type', { bodyType: 'text/plain' }, 'Accept', 'application/sdp'],
    [
      'another encoding',
      { headers: { 'Content-Encoding': 'gzip' } },
      'Accept-Encoding',
      'identity',
    ],
    [
      'another disposition',
      { headers: { 'Content-Disposition': 'early-session' } },
      'Accept',
      'application/sdp',
    ],
    [
      'no SDP among its parts',
      {
        bodyType: 'multipart/mixed;boundary=x',
        body: '--x\r\nContent-Type: a/b\r\n\r\n1\r\n--x--',
      },
      'Accept',
      'application/sdp',
    ],
  ])('an INVITE with a body of %s gets 415 (§8.2.3)', async (_case, parts, name, value) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', ...parts });
    expect(peer.nextResponse(415).headers.get(name)).toBe(value);
    await peer.expectNothingLeft();
  });

  it('an INVITE with a strange body that may be ignored is one without an offer (§20.11)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', {
      body: '<xml/>',
      bodyType: 'application/xml',
      headers: { 'Content-Disposition': 'render; handling=optional' },
    });
    peer.nextResponse(100);
    expect(peer.session.offer).toBeUndefined();
    peer.session.reject(486);
    await peer.expectNothingLeft();
  });

  it.each([
    ['text/plain', 406],
    ['', 406],
    ['text/plain, application/*;q=0.1', 100],
    ['*/*', 100],
    ['application/sdp;level=1', 100],
  ])('an INVITE that accepts %j gets %i (§8.2.1, §21.4.7)', async (accept, status) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { Accept: accept } });
    peer.nextResponse(status);
    peer.sessions[0]?.reject(486);
    await peer.expectNothingLeft();
  });

  it.each([
    ['none', null],
    ['two', '<sip:a@192.0.2.9>, <sip:b@192.0.2.9>'],
    ['a tel URI', '<tel:+49123>'],
    ['a star', '*'],
    ['an unknown scheme', '<mailto:a@example.com>'],
  ])('an INVITE whose Contact is %s gets 400 (§8.1.1.8)', async (_case, contact) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', contact });
    peer.nextResponse(400);
    expect(peer.sessions).toHaveLength(0);
    await peer.expectNothingLeft();
  });

  it.each([
    ['Session-Expires', 'soon'],
    ['Min-SE', '-1'],
    ['Content-Type', 'sdp'],
  ])('an INVITE with a malformed %s gets 400', async (name, value) => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', { body: 'v=offer', headers: { [name]: value } });
    peer.nextResponse(400);
    expect(peer.sessions).toHaveLength(0);
    await peer.expectNothingLeft();
  });

  it('with Max-Forwards 0 is processed: we are its end (RFC 4475 §3.3.11)', async () => {
    const peer = new ScriptedPeer();
    peer.send('OPTIONS', { headers: { 'Max-Forwards': '0', Route: '<sip:192.0.2.1:5060;lr>' } });
    peer.nextResponse(200);
    await peer.expectNothingLeft();
  });

  it('with Max-Forwards 0 and a Route that leads on gets 483 (§16.3)', async () => {
    const peer = new ScriptedPeer();
    peer.send('INVITE', {
      body: 'v=offer',
      headers: { 'Max-Forwards': '0', Route: '<sip:192.0.2.1:5060;lr>,<sip:next.example.com;lr>' },
    });
    peer.nextResponse(483);
    await peer.expectNothingLeft();
  });

  it('REFER gets 603', async () => {
    const peer = new ScriptedPeer();
    peer.send('REFER', { headers: { 'Refer-To': '<sip:a@example.com>' } });
    peer.nextResponse(603);
    await peer.expectNothingLeft();
  });
});

describe('OPTIONS (RFC 3261 §11.2)', () => {
  it('says what we can do, outside a dialog and inside', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    for (const parts of [{ callId: 'other' }, { toTag, cseq: 2 }]) {
      peer.send('OPTIONS', parts);
      const { headers } = peer.nextResponse(200);
      expect(headers.get('Allow')).toBe(allow);
      expect(headers.get('Accept')).toBe('application/sdp');
      expect(headers.get('Accept-Encoding')).toBe('identity');
      expect(headers.get('Accept-Language')).toBe('en');
      expect(headers.get('Supported')).toBe('100rel, timer, replaces, norefersub');
      expect(headers.get('Allow-Events')).toBe('refer');
    }
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it.each([404, 486])('is answered %i when an INVITE would be', async (status) => {
    const peer = new ScriptedPeer();
    peer.optionsStatus = status;
    peer.send('OPTIONS');
    peer.nextResponse(status);
    await peer.expectNothingLeft();
  });
});

describe('the limits of a user agent', () => {
  it('calls beyond maxCalls get 503 with Retry-After, and room is made by a BYE', async () => {
    const peer = new ScriptedPeer({ maxCalls: 1, retryAfter: 30 });
    const toTag = peer.call();
    peer.send('INVITE', { callId: 'call-2', body: 'v=offer' });
    expect(peer.nextResponse(503).retryAfter).toBe(30);
    peer.send('OPTIONS', { callId: 'call-3' });
    expect(peer.nextResponse(503).retryAfter).toBe(30);
    expect(peer.sessions).toHaveLength(1);
    peer.send('BYE', { toTag, cseq: 2 });
    peer.nextResponse(200);
    peer.send('INVITE', { callId: 'call-4', body: 'v=offer' });
    peer.nextResponse(100);
    peer.sessions[1]?.reject(486);
    await peer.expectNothingLeft();
  });

  it('while draining new calls get 503 with Retry-After, and those that stand go on', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.agent.drain();
    peer.send('INVITE', { callId: 'call-2', body: 'v=offer' });
    expect(peer.nextResponse(503).retryAfter).toBe(10);
    peer.send('INVITE', { toTag, cseq: 2, body: 'v=hold' });
    peer.nextResponse(200);
    peer.send('ACK', { toTag, cseq: 2 });
    peer.send('BYE', { toTag, cseq: 3 });
    peer.nextResponse(200);
    await peer.expectNothingLeft();
  });
});

describe('a request inside a dialog (RFC 3261 §12.2.2)', () => {
  it.each(['INFO', 'UPDATE', 'INVITE', 'BYE'])(
    '%s with a lower CSeq than the last gets 500 with Retry-After',
    async (method) => {
      const peer = new ScriptedPeer();
      const toTag = peer.call({ cseq: 10 });
      peer.send(method, { toTag, cseq: 9 });
      expect(peer.nextResponse(500).retryAfter).toBeLessThanOrEqual(10);
      expect(peer.session.state).toBe('confirmed');
      peer.send('BYE', { toTag, cseq: 11 });
      peer.nextResponse(200);
      await peer.expectNothingLeft();
    },
  );

  it('may skip sequence numbers', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.send('OPTIONS', { toTag, cseq: 5_000 });
    peer.nextResponse(200);
    peer.send('BYE', { toTag, cseq: 5_001 });
    await peer.expectNothingLeft();
  });

  it('is checked like another: 405, 415, 420, 501', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.send('MESSAGE', { toTag, cseq: 2 });
    expect(peer.nextResponse(405).headers.get('Allow')).toBe(allow);
    peer.send('INVITE', { toTag, cseq: 3, body: 'x', bodyType: 'text/plain' });
    expect(peer.nextResponse(415).headers.get('Accept')).toBe('application/sdp');
    peer.send('UPDATE', { toTag, cseq: 4, headers: { Require: 'fancy' } });
    expect(peer.nextResponse(420).unsupported).toEqual(['fancy']);
    peer.send('FROBNICATE', { toTag, cseq: 5 });
    expect(peer.nextResponse(501).headers.get('Allow')).toBe(allow);
    peer.send('BYE', { toTag, cseq: 6 });
    await peer.expectNothingLeft();
  });

  it('INFO is answered as the owner says, with what a refusal has to name', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const info = (cseq: number, status: number): void => {
      peer.handler.infoStatus = status;
      peer.send('INFO', { toTag, cseq, body: 'Signal=5', bodyType: 'application/dtmf-relay' });
    };
    info(2, 200);
    peer.nextResponse(200);
    info(3, 415);
    expect(peer.nextResponse(415).headers.get('Accept')).toContain('application/dtmf-relay');
    info(4, 469);
    expect(peer.nextResponse(469).headers.get('Recv-Info')).toBe('');
    expect(peer.handler.log.filter((each) => each === 'info')).toHaveLength(3);
    peer.send('BYE', { toTag, cseq: 5 });
    await peer.expectNothingLeft();
  });

  it('INFO of ours carries its body and type', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    const done = peer.session.info('application/dtmf-relay', 'Signal=1\r\nDuration=160');
    const info = peer.nextRequest('INFO');
    expect(info.contentType?.value).toBe('application/dtmf-relay');
    expect(Buffer.from(info.body).toString()).toBe('Signal=1\r\nDuration=160');
    peer.respond(info, 200);
    expect(await done).toMatchObject({ type: 'response', response: { status: 200 } });
    peer.send('BYE', { toTag, cseq: 2 });
    await peer.expectNothingLeft();
  });

  it('a defect of the owner gets 500, and the call goes on', async () => {
    const peer = new ScriptedPeer();
    const toTag = peer.call();
    peer.handler.onInfo = () => {
      throw new Error('a defect');
    };
    peer.send('INFO', { toTag, cseq: 2 });
    peer.nextResponse(500);
    expect(peer.session.state).toBe('confirmed');
    peer.send('BYE', { toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });
});
