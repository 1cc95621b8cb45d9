import { createHash } from 'node:crypto';
import { parseAuth } from '../../../runtime/sip/message/auth-params';
import type { SipRequest } from '../../../runtime/sip/message/message';
import type { Target } from '../../../runtime/sip/transport/port';
import type { InviteOptions, OutgoingSession } from '../../../runtime/sip/ua/port';
import { ScriptedPeer } from '../../support/sip-pair';

const to = 'sip:bob@192.0.2.9:5062';
const credentials = [{ username: 'alice', password: 'secret' }];
const challenge = (nonce: string, more = ''): string =>
  `Digest realm="pbx", nonce="${nonce}", qop="auth"${more}`;

function invite(peer: ScriptedPeer, more: Partial<InviteOptions> = {}): OutgoingSession {
  return peer.agent.invite({
    to,
    from: 'sip:alice@example.com',
    sdp: 'v=offer',
    handler: peer.handler,
    ...more,
  });
}

/** Refuses the INVITE that waits, takes the ACK, and returns the next INVITE. */
function refuse(
  peer: ScriptedPeer,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): SipRequest {
  peer.respond(peer.nextRequest('INVITE'), status, { headers });
  peer.nextRequest('ACK');
  const next = peer.inbox[0];
  if (next?.kind !== 'request' || next.method !== 'INVITE') throw new Error('no further INVITE');
  return next;
}

function endByPeer(peer: ScriptedPeer, session: OutgoingSession, cseq = 1): void {
  peer.send('BYE', { toTag: session.localTag, callId: session.callId, cseq });
  peer.nextResponse(200);
}

const authorization = (request: SipRequest, name = 'Authorization'): ReadonlyMap<string, string> =>
  parseAuth(request.headers.get(name) ?? '').params;

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('the way of an INVITE of ours', () => {
  it('is by the preloaded routes (RFC 3261 §8.1.1.1, RFC 3608)', async () => {
    const peer = new ScriptedPeer();
    const routes = ['<sip:192.0.2.20:5080;lr>', '<sip:192.0.2.21;lr>'];
    invite(peer, { to: 'sip:bob@example.com', routes });
    const request = peer.nextRequest('INVITE');
    expect(request.requestUri).toBe('sip:bob@example.com');
    expect(request.headers.getAll('Route')).toEqual(routes);
    expect(peer.transport.opened).toMatchObject([{ host: '192.0.2.20', port: 5080 }]);
    peer.respond(request, 486);
    expect(peer.nextRequest('ACK').headers.getAll('Route')).toEqual(routes);
    await peer.expectNothingLeft();
  });

  it('is mended for a first route that is a strict router (RFC 3261 §12.2.1.1)', async () => {
    const peer = new ScriptedPeer();
    invite(peer, { to: 'sip:bob@example.com', routes: ['<sip:192.0.2.20>'] });
    const request = peer.nextRequest('INVITE');
    expect(request.requestUri).toBe('sip:192.0.2.20');
    expect(request.headers.getAll('Route')).toEqual(['<sip:bob@example.com>']);
    peer.respond(request, 486);
    await peer.expectNothingLeft();
  });

  it('is along its flow, and so are the requests of the dialog', async () => {
    const peer = new ScriptedPeer();
    const flows: string[] = [];
    peer.transport.openFlow = (flow, request) => {
      flows.push(`${flow} ${request.method}`);
      return peer.transport.open({ protocol: 'TCP', host: '192.0.2.99', port: 40_000 }, request);
    };
    const session = invite(peer, { to: 'sip:bob@phone.invalid', flow: 'flow-7' });
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=answer' });
    peer.nextRequest('ACK');
    session.end();
    peer.respond(peer.nextRequest('BYE'), 200);
    expect(flows).toEqual(['flow-7 INVITE', 'flow-7 ACK', 'flow-7 BYE']);
    await peer.expectNothingLeft();
  });

  it('has a sips Contact when its URI is sips (RFC 3261 §8.1.1.8)', async () => {
    const peer = new ScriptedPeer();
    invite(peer, { to: 'sips:bob@192.0.2.9' });
    const request = peer.nextRequest('INVITE');
    expect(request.contacts[0]?.uriText).toBe('sips:alice@192.0.2.1:5060');
    peer.respond(request, 486);
    await peer.expectNothingLeft();
  });

  it('leads to the next target when one is silent, with the offer made for each', async () => {
    const targets: Target[] = [
      { protocol: 'UDP', host: '192.0.2.31', port: 5060 },
      { protocol: 'TCP', host: '192.0.2.32', port: 5060 },
    ];
    const peer = new ScriptedPeer({}, 'UDP', undefined, {
      resolver: { resolve: () => targets, close: () => undefined },
    });
    const session = invite(peer, {
      to: 'sip:bob@example.com',
      sdp: (channel) => `v=to ${channel.remote.host}`,
    });
    const first = peer.nextRequest('INVITE');
    expect(Buffer.from(first.body).toString()).toBe('v=to 192.0.2.31');
    await peer.clock.run(32_000);
    const second = peer.inbox.at(-1) as SipRequest;
    peer.inbox.length = 0;
    expect(Buffer.from(second.body).toString()).toBe('v=to 192.0.2.32');
    expect(second.cseq).toEqual(first.cseq);
    expect(second.callId).toBe(first.callId);
    expect(second.contacts[0]?.uriText).toBe('sip:alice@192.0.2.1:5060;transport=tcp');
    expect(session.channel.remote.host).toBe('192.0.2.32');
    peer.respond(second, 200, { body: 'v=answer' });
    peer.nextRequest('ACK');
    expect(session.state).toBe('confirmed');

    // RFC 3261 §13.2.2.4: the first had heard it after all.
    peer.respond(first, 200, { body: 'v=late', toTag: 'late' });
    expect(peer.nextRequest('ACK').to.tag).toBe('late');
    const bye = peer.nextRequest('BYE');
    expect(bye.to.tag).toBe('late');
    peer.respond(bye, 200);
    expect(session.state).toBe('confirmed');
    expect(peer.handler.answers).toEqual(['v=answer']);
    endByPeer(peer, session);
    await peer.expectNothingLeft();
  });

  it('waits for an offer that is made later; cancelled meanwhile, nothing is sent', async () => {
    const peer = new ScriptedPeer();
    let make: (sdp: string) => void = () => undefined;
    const sdp = (): Promise<string> => new Promise((resolve) => (make = resolve));
    invite(peer, { sdp });
    expect(peer.inbox).toEqual([]);
    make('v=made');
    await peer.clock.run(0);
    const request = peer.nextRequest('INVITE');
    expect(Buffer.from(request.body).toString()).toBe('v=made');
    peer.respond(request, 486);
    peer.nextRequest('ACK');

    const cancelled = new ScriptedPeer();
    invite(cancelled, { sdp }).end();
    make('v=made');
    await cancelled.expectNothingLeft();
    expect(cancelled.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('ends when the offer cannot be made', async () => {
    const peer = new ScriptedPeer();
    invite(peer, { sdp: () => Promise.reject(new Error('no ports')) });
    await peer.clock.run(0);
    expect(peer.handler.end).toMatchObject({ cause: 'transport', reason: 'no ports' });
    expect(peer.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('ends when its own time is over, whatever the agent allows', async () => {
    const peer = new ScriptedPeer({ ringTimeout: 180_000 });
    invite(peer, { timeout: 20_000 });
    const request = peer.nextRequest('INVITE');
    peer.respond(request, 180);
    await peer.clock.run(19_999);
    expect(peer.handler.end).toBeUndefined();
    await peer.clock.run(1);
    expect(peer.handler.end).toMatchObject({ by: 'system', cause: 'timeout', status: 408 });
    peer.respond(peer.nextRequest('CANCEL'), 200);
    peer.respond(request, 487);
    await peer.expectNothingLeft();
  });

  it('carries the Reason of an end to the CANCEL (RFC 3326)', async () => {
    const peer = new ScriptedPeer();
    const session = invite(peer);
    const request = peer.nextRequest('INVITE');
    peer.respond(request, 180);
    session.end({ headers: [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']] });
    const cancel = peer.nextRequest('CANCEL');
    expect(cancel.headers.get('Reason')).toContain('cause=200');
    peer.respond(cancel, 200);
    peer.respond(request, 487);
    await peer.expectNothingLeft();
  });
});

describe('an INVITE that is challenged (RFC 3261 §22.2, §22.3)', () => {
  it('is sent again with credentials: same Call-ID and From, next CSeq, new branch', async () => {
    const peer = new ScriptedPeer();
    const session = invite(peer, { credentials });
    const first = peer.inbox[0] as SipRequest;
    const second = refuse(peer, 407, { 'Proxy-Authenticate': challenge('n1') });
    expect(second.callId).toBe(first.callId);
    expect(second.from.tag).toBe(first.from.tag);
    expect(second.to.tag).toBeUndefined();
    expect(second.cseq.sequence).toBe(2);
    expect(second.topVia.branch).not.toBe(first.topVia.branch);
    expect(Buffer.from(second.body).toString()).toBe('v=offer');
    const params = authorization(second, 'Proxy-Authorization');
    expect(params.get('username')).toBe('alice');
    expect(params.get('uri')).toBe(to);
    const ha1 = md5('alice:pbx:secret');
    const ha2 = md5(`INVITE:${to}`);
    expect(params.get('response')).toBe(
      md5(`${ha1}:n1:00000001:${params.get('cnonce') ?? ''}:auth:${ha2}`),
    );
    expect(peer.handler.log).toEqual([]);
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=answer' });
    const ack = peer.nextRequest('ACK');
    expect(ack.cseq.sequence).toBe(2);
    // §22.1: the ACK repeats the credentials, for it cannot be challenged.
    expect(ack.headers.get('Proxy-Authorization')).toBe(second.headers.get('Proxy-Authorization'));
    expect(session.state).toBe('confirmed');
    endByPeer(peer, session);
    await peer.expectNothingLeft();
  });

  it('answers a proxy and the callee both, and a nonce that has become stale', async () => {
    const peer = new ScriptedPeer();
    invite(peer, { credentials });
    refuse(peer, 407, { 'Proxy-Authenticate': challenge('p1') });
    refuse(peer, 401, { 'WWW-Authenticate': challenge('w1') });
    const last = refuse(peer, 401, { 'WWW-Authenticate': challenge('w2', ', stale=true') });
    expect(authorization(last, 'Proxy-Authorization').get('nonce')).toBe('p1');
    expect(authorization(last, 'Proxy-Authorization').get('nc')).toBe('00000003');
    expect(authorization(last).get('nonce')).toBe('w2');
    expect(last.cseq.sequence).toBe(4);
    peer.respond(peer.nextRequest('INVITE'), 486);
    await peer.expectNothingLeft();
  });

  it('covers the body with auth-int, as it is made for this way', async () => {
    const peer = new ScriptedPeer();
    let count = 0;
    const sdp = (): string => {
      count += 1;
      return `v=offer ${count}`;
    };
    invite(peer, { credentials, sdp });
    const second = refuse(peer, 401, {
      'WWW-Authenticate': 'Digest realm="pbx", nonce="n1", qop="auth-int"',
    });
    expect(Buffer.from(second.body).toString()).toBe('v=offer 2');
    const params = authorization(second);
    const ha2 = md5(`INVITE:${to}:${md5('v=offer 2')}`);
    const cnonce = params.get('cnonce') ?? '';
    expect(params.get('response')).toBe(
      md5(`${md5('alice:pbx:secret')}:n1:00000001:${cnonce}:auth-int:${ha2}`),
    );
    peer.respond(peer.nextRequest('INVITE'), 486);
    await peer.expectNothingLeft();
  });

  it('ends when the password is wrong, and without credentials at once', async () => {
    const peer = new ScriptedPeer();
    invite(peer, { credentials });
    refuse(peer, 401, { 'WWW-Authenticate': challenge('n1') });
    peer.respond(peer.nextRequest('INVITE'), 401, {
      headers: { 'WWW-Authenticate': challenge('n2') },
    });
    peer.nextRequest('ACK');
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 401 });
    await peer.expectNothingLeft();

    const stranger = new ScriptedPeer();
    invite(stranger);
    stranger.respond(stranger.nextRequest('INVITE'), 401, {
      headers: { 'WWW-Authenticate': challenge('n1') },
    });
    expect(stranger.handler.end).toMatchObject({ cause: 'rejected', status: 401 });
    await stranger.expectNothingLeft();
  });

  it('is not sent again when it was cancelled meanwhile', async () => {
    const peer = new ScriptedPeer();
    const session = invite(peer, { credentials });
    const request = peer.nextRequest('INVITE');
    session.end();
    peer.respond(request, 401, { headers: { 'WWW-Authenticate': challenge('n1') } });
    expect(peer.drain()).toEqual(['ACK']);
    expect(peer.agent.openSessions).toBe(0);
    await peer.expectNothingLeft();
  });

  it('hears nothing of the challenged transaction any more', async () => {
    const peer = new ScriptedPeer();
    const session = invite(peer, { credentials });
    refuse(peer, 401, { 'WWW-Authenticate': challenge('n1') });
    const second = peer.nextRequest('INVITE');
    peer.respond(second, 180);
    // The wait state of the first ends (timer D): the second can be cancelled all the same.
    await peer.clock.run(40_000);
    session.end();
    const cancel = peer.nextRequest('CANCEL');
    expect(cancel.cseq.sequence).toBe(2);
    peer.respond(cancel, 200);
    peer.respond(second, 487);
    await peer.expectNothingLeft();
  });
});

describe('a redirection (RFC 3261 §8.1.3.4)', () => {
  const follow = { followRedirect: (): boolean => true };

  it('is handed up when nothing says that it is followed', async () => {
    const peer = new ScriptedPeer();
    invite(peer);
    peer.respond(peer.nextRequest('INVITE'), 302, {
      headers: { Contact: '<sip:carol@192.0.2.60>' },
    });
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 302 });
    expect(peer.handler.end?.response?.contacts[0]?.uriText).toBe('sip:carol@192.0.2.60');
    await peer.expectNothingLeft();
  });

  it('is followed to the contacts by q, one after the other, in the same call', async () => {
    const peer = new ScriptedPeer();
    const session = invite(peer, follow);
    const first = peer.inbox[0] as SipRequest;
    const second = refuse(peer, 302, {
      Contact:
        '<sip:low@192.0.2.61>;q=0.1, <sip:best@192.0.2.62>, <sip:mid@192.0.2.63?Subject=x>;q=0.5',
    });
    expect(second.requestUri).toBe('sip:best@192.0.2.62');
    expect(second.to.uriText).toBe(first.to.uriText);
    expect([second.callId, second.from.tag]).toEqual([first.callId, first.from.tag]);
    expect(second.cseq.sequence).toBe(2);
    const third = refuse(peer, 404);
    expect(third.requestUri).toBe('sip:mid@192.0.2.63');
    expect(third.headers.has('Subject')).toBe(false);
    expect(refuse(peer, 486).requestUri).toBe('sip:low@192.0.2.61');
    peer.respond(peer.nextRequest('INVITE'), 200, { body: 'v=answer' });
    peer.nextRequest('ACK');
    expect(session.state).toBe('confirmed');
    expect(peer.transport.opened.map((each) => each.host)).toEqual([
      '192.0.2.9',
      '192.0.2.62',
      '192.0.2.63',
      '192.0.2.61',
      '192.0.2.9',
    ]);
    endByPeer(peer, session);
    await peer.expectNothingLeft();
  });

  it('ends with the last refusal when no contact is left', async () => {
    const peer = new ScriptedPeer();
    invite(peer, follow);
    refuse(peer, 301, { Contact: '<sip:carol@192.0.2.60>' });
    peer.respond(peer.nextRequest('INVITE'), 486);
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 486 });
    await peer.expectNothingLeft();
  });

  it('that leads in a circle ends there', async () => {
    const peer = new ScriptedPeer();
    invite(peer, follow);
    refuse(peer, 302, { Contact: '<sip:carol@192.0.2.60>' });
    peer.respond(peer.nextRequest('INVITE'), 302, { headers: { Contact: `<${to}>` } });
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 302 });
    await peer.expectNothingLeft();
  });

  it('is followed five times in all', async () => {
    const peer = new ScriptedPeer();
    invite(peer, follow);
    for (let i = 1; i <= 5; i += 1) {
      refuse(peer, 302, { Contact: `<sip:a${i}@192.0.2.60>, <sip:b${i}@192.0.2.60>;q=0.1` });
    }
    peer.respond(peer.nextRequest('INVITE'), 302, { headers: { Contact: '<sip:z@192.0.2.60>' } });
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 302 });
    await peer.expectNothingLeft();
  });

  it('is followed only where the policy says so, and never from sips to sip', async () => {
    const peer = new ScriptedPeer();
    const asked: string[] = [];
    invite(peer, {
      to: 'sips:bob@192.0.2.9',
      followRedirect: (contact) => {
        asked.push(contact);
        return contact.includes('good');
      },
    });
    const next = refuse(peer, 302, {
      Contact:
        '<sip:good@192.0.2.60>, <sips:bad@192.0.2.60>, <sips:good@192.0.2.60>, <tel:+4912345>',
    });
    expect(next.requestUri).toBe('sips:good@192.0.2.60');
    expect(asked).toEqual(['sips:bad@192.0.2.60', 'sips:good@192.0.2.60']);
    peer.respond(peer.nextRequest('INVITE'), 603);
    await peer.expectNothingLeft();
  });

  it('is over with a 6xx, which speaks for all', async () => {
    const peer = new ScriptedPeer();
    invite(peer, follow);
    refuse(peer, 302, { Contact: '<sip:a@192.0.2.60>, <sip:b@192.0.2.60>' });
    peer.respond(peer.nextRequest('INVITE'), 603);
    expect(peer.handler.end).toMatchObject({ status: 603 });
    await peer.expectNothingLeft();
  });

  it.each([305, 380])('by %i is handed up: it asks for more than another URI', async (status) => {
    const peer = new ScriptedPeer();
    invite(peer, follow);
    peer.respond(peer.nextRequest('INVITE'), status, {
      headers: { Contact: '<sip:proxy.example.com>' },
    });
    expect(peer.handler.end).toMatchObject({ status });
    await peer.expectNothingLeft();
  });
});

describe('a refusal that says what to change (RFC 3261 §8.1.3.5)', () => {
  it('420: the INVITE goes without the extensions that it names', async () => {
    const peer = new ScriptedPeer();
    invite(peer, {
      headers: [
        ['Require', 'precondition, foo'],
        ['Proxy-Require', 'privacy'],
      ],
    });
    const next = refuse(peer, 420, { Unsupported: 'precondition, privacy, 100rel' });
    expect(next.require).toEqual(['foo']);
    expect(next.headers.has('Proxy-Require')).toBe(false);
    expect(next.supported).toContain('timer');
    expect(next.supported).not.toContain('100rel');
    expect(next.cseq.sequence).toBe(2);
    peer.respond(peer.nextRequest('INVITE'), 420, { headers: { Unsupported: '100rel' } });
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 420 });
    await peer.expectNothingLeft();
  });

  it('420 for the session timer: none is asked for', async () => {
    const peer = new ScriptedPeer({ sessionExpires: 1_800 });
    invite(peer);
    expect((peer.inbox[0] as SipRequest).sessionExpires?.interval).toBe(1_800);
    const next = refuse(peer, 420, { Unsupported: 'timer' });
    expect(next.headers.has('Session-Expires')).toBe(false);
    peer.respond(peer.nextRequest('INVITE'), 486);
    await peer.expectNothingLeft();
  });

  it('422 without end is no reason to go on without end (RFC 4028 §7.3)', async () => {
    const peer = new ScriptedPeer({ sessionExpires: 100 });
    invite(peer);
    let sent = 0;
    for (let least = 200; peer.inbox.length > 0; least += 100) {
      peer.respond(peer.nextRequest('INVITE'), 422, { headers: { 'Min-SE': String(least) } });
      peer.nextRequest('ACK');
      sent += 1;
    }
    expect(sent).toBe(5);
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status: 422 });
    await peer.expectNothingLeft();
  });

  it.each([413, 415, 416, 421, 484])('%i says nothing that we could do better', async (status) => {
    const peer = new ScriptedPeer();
    invite(peer);
    peer.respond(peer.nextRequest('INVITE'), status);
    expect(peer.handler.end).toMatchObject({ cause: 'rejected', status });
    expect(peer.handler.end?.response?.status).toBe(status);
    await peer.expectNothingLeft();
  });
});
