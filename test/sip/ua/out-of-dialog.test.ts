import type { SipRequest } from '../../../runtime/sip/message/message';
import type { Target } from '../../../runtime/sip/transport/port';
import type { OutOfDialogOptions, RequestOutcome, Session } from '../../../runtime/sip/ua/port';
import { ScriptedPeer } from '../../support/sip-pair';

const challenge = (nonce: string): string => `Digest realm="pbx", nonce="${nonce}", qop="auth"`;

/** Sends, and notes the outcome when it is there. */
function ask(
  peer: ScriptedPeer,
  more: Partial<OutOfDialogOptions> = {},
): { readonly outcome: () => RequestOutcome | undefined } {
  let outcome: RequestOutcome | undefined;
  void peer.agent
    .request({
      method: 'OPTIONS',
      requestUri: 'sip:bob@192.0.2.9:5062;transport=udp',
      from: 'sip:alice@example.com',
      ...more,
    })
    .then((each) => (outcome = each));
  return { outcome: () => outcome };
}

describe('a request of ours outside any dialog', () => {
  it('is whole: RFC 3261 §8.1.1', async () => {
    const peer = new ScriptedPeer({ product: 'Test/1' });
    const { outcome } = ask(peer, {
      method: 'MESSAGE',
      displayName: 'Alice',
      headers: [['X-Test', 'a']],
      body: { type: 'text/plain', content: 'Grüße' },
    });
    const message = peer.nextRequest('MESSAGE');
    expect(message.requestUri).toBe('sip:bob@192.0.2.9:5062;transport=udp');
    expect(message.to).toMatchObject({ uriText: 'sip:bob@192.0.2.9', tag: undefined });
    expect(message.from).toMatchObject({ uriText: 'sip:alice@example.com', displayName: 'Alice' });
    expect(message.from.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(message.cseq).toEqual({ sequence: 1, method: 'MESSAGE' });
    expect(message.maxForwards).toBe(70);
    expect(message.headers.get('User-Agent')).toBe('Test/1');
    expect(message.headers.get('X-Test')).toBe('a');
    expect(message.headers.has('Contact')).toBe(false);
    expect(message.contentType?.value).toBe('text/plain');
    expect(Buffer.from(message.body).toString()).toBe('Grüße');
    peer.respond(message, 200);
    await peer.clock.run(0);
    expect(outcome()).toMatchObject({ type: 'response', response: { status: 200 } });
    await peer.expectNothingLeft();
  });

  it('goes by its routes, to another To, and shows each way before it is sent', async () => {
    const peer = new ScriptedPeer();
    const ways: string[] = [];
    ask(peer, {
      to: 'sip:sales@example.com',
      routes: ['<sip:192.0.2.20;lr>'],
      onChannel: (channel, request) => {
        ways.push(channel.remote.host);
        request.headers.set('Contact', '<sip:me@192.0.2.1>');
      },
    });
    const options = peer.nextRequest('OPTIONS');
    expect(options.to.uriText).toBe('sip:sales@example.com');
    expect(options.headers.getAll('Route')).toEqual(['<sip:192.0.2.20;lr>']);
    expect(options.contacts[0]?.uriText).toBe('sip:me@192.0.2.1');
    expect(ways).toEqual(['192.0.2.20']);
    peer.respond(options, 200);
    await peer.expectNothingLeft();
  });

  it('answers a challenge, in the same Call-ID with the next CSeq', async () => {
    const peer = new ScriptedPeer();
    const { outcome } = ask(peer, { credentials: [{ username: 'alice', password: 'secret' }] });
    const first = peer.nextRequest('OPTIONS');
    peer.respond(first, 401, { headers: { 'WWW-Authenticate': challenge('n1') } });
    const second = peer.nextRequest('OPTIONS');
    expect([second.callId, second.from.tag]).toEqual([first.callId, first.from.tag]);
    expect(second.cseq.sequence).toBe(2);
    expect(second.headers.get('Authorization')).toContain('username="alice"');
    peer.respond(second, 401, { headers: { 'WWW-Authenticate': challenge('n2') } });
    await peer.clock.run(0);
    expect(peer.inbox).toEqual([]);
    expect(outcome()).toMatchObject({ type: 'response', response: { status: 401 } });
    await peer.expectNothingLeft();
  });

  it('goes to the next target (RFC 3263 §4.3), and times out when all are silent', async () => {
    const targets: Target[] = ['192.0.2.31', '192.0.2.32'].map((host) => ({
      protocol: 'TCP',
      host,
      port: 5060,
    }));
    const peer = new ScriptedPeer({}, 'UDP', undefined, {
      resolver: { resolve: () => targets, close: () => undefined },
    });
    const { outcome } = ask(peer, { requestUri: 'sip:example.com' });
    await peer.clock.run(32_000);
    expect(peer.transport.opened.map((each) => each.host)).toEqual(['192.0.2.31', '192.0.2.32']);
    await peer.clock.run(32_000);
    expect(outcome()).toEqual({ type: 'timeout' });
    await peer.expectNothingLeft();
  });

  it.each([
    ['a URI that is none', { requestUri: 'not a uri' }],
    ['a From that is none', { from: 'nobody' }],
    ['a header that would break out of its line', { headers: [['X', 'a\r\nY: b']] as const }],
    ['a method that needs more than a transaction', { method: 'INVITE' }],
    ['a method that has no answer', { method: 'ACK' }],
    ['a route that is none', { routes: ['<nonsense'] }],
  ])('never rejects: %s is a transport error', async (_, more) => {
    const peer = new ScriptedPeer();
    const { outcome } = ask(peer, more);
    await peer.clock.run(0);
    expect(outcome()).toMatchObject({ type: 'transport-error' });
    expect(peer.inbox).toEqual([]);
    await peer.expectNothingLeft();
  });

  it('is given up when the user agent closes', async () => {
    const peer = new ScriptedPeer();
    const { outcome } = ask(peer);
    await peer.agent.close();
    await peer.clock.run(0);
    expect(outcome()).toEqual({ type: 'ended' });
    const late = ask(peer);
    await peer.clock.run(0);
    expect(late.outcome()).toMatchObject({ type: 'transport-error' });
    expect(peer.clock.pending).toBe(0);
  });
});

describe('MESSAGE to us (RFC 3428)', () => {
  const text = { body: 'Hello', bodyType: 'text/plain', contact: null };

  function taking(status: number): {
    peer: ScriptedPeer;
    taken: (readonly [string, Session | undefined])[];
  } {
    const taken: (readonly [string, Session | undefined])[] = [];
    const peer: ScriptedPeer = new ScriptedPeer({}, 'UDP', undefined, {
      handler: {
        onInvite: (session) => {
          peer.sessions.push(session);
          session.handler = peer.handler;
        },
        onMessage: (request: SipRequest, session) => {
          taken.push([Buffer.from(request.body).toString(), session]);
          return status;
        },
      },
    });
    return { peer, taken };
  }

  it('gets 405 where nobody takes it, inside and outside a dialog', async () => {
    const peer = new ScriptedPeer();
    peer.send('MESSAGE', text);
    expect(peer.nextResponse(405).allow).not.toContain('MESSAGE');
    const toTag = peer.call({ callId: 'two' });
    peer.send('MESSAGE', { ...text, callId: 'two', toTag, cseq: 2 });
    peer.nextResponse(405);
    peer.send('BYE', { callId: 'two', toTag, cseq: 3 });
    await peer.expectNothingLeft();
  });

  it('is taken outside a dialog, and gets the status that its taker says', async () => {
    const { peer, taken } = taking(202);
    peer.send('MESSAGE', text);
    const response = peer.nextResponse(202);
    expect(response.to.tag).toBeDefined();
    expect(response.headers.has('Contact')).toBe(false);
    expect(taken).toEqual([['Hello', undefined]]);
    peer.send('OPTIONS', { callId: 'two' });
    expect(peer.nextResponse(200).allow).toContain('MESSAGE');
    await peer.expectNothingLeft();
  });

  it('is taken inside a dialog, whose session its taker is told', async () => {
    const { peer, taken } = taking(200);
    const toTag = peer.call();
    peer.send('MESSAGE', { ...text, toTag, cseq: 2 });
    expect(peer.nextResponse(200).to.tag).toBe(toTag);
    expect(taken).toEqual([['Hello', peer.session]]);
    peer.send('MESSAGE', { ...text, toTag: 'nobody', cseq: 2, callId: 'other' });
    peer.nextResponse(481);
    peer.send('MESSAGE', { ...text, toTag, cseq: 3, headers: { Require: 'foo' } });
    peer.nextResponse(420);
    expect(taken).toHaveLength(1);
    peer.send('BYE', { toTag, cseq: 4 });
    await peer.expectNothingLeft();
  });
});
