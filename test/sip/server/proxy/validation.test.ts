import { parseMessage } from '../../../../runtime/sip/message/parse';
import { createResponse } from '../../../../runtime/sip/message/create';
import { Bench } from './harness';

describe('RFC 3261 §16.3: what a proxy refuses to forward', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench({
      answerOptions: (transaction) => {
        if (transaction.request.headers.has('X-Ask-Bob')) return false;
        transaction.respond(createResponse(transaction.request, 200, { toTag: 'proxy' }));
        return true;
      },
    });
  });

  afterEach(async () => {
    expect(bench.bob.drain()).toEqual([]);
    await bench.expectNothingLeft();
  });

  it('answers 416 for a request URI of a scheme that it does not know', () => {
    bench.alice.send(bench.listener, 'MESSAGE', { uri: 'soap.beep://192.0.2.103:3002' });
    bench.alice.nextResponse(416);
  });

  it('answers 483 when Max-Forwards is 0', () => {
    bench.alice.send(bench.listener, 'MESSAGE', { headers: { 'Max-Forwards': '0' } });
    const refusal = bench.alice.nextResponse(483);
    expect(refusal.to.tag).toBeDefined();
    expect(refusal.headers.get('Server')).toMatch(/^Callchart/);
  });

  it('answers OPTIONS whose last hop it is, if it may, and else 483', () => {
    bench.alice.send(bench.listener, 'OPTIONS', { headers: { 'Max-Forwards': '0' } });
    bench.alice.nextResponse(200);
    bench.alice.send(bench.listener, 'OPTIONS', {
      callId: 'two',
      headers: { 'Max-Forwards': '0', 'X-Ask-Bob': 'yes' },
    });
    bench.alice.nextResponse(483);
  });

  it('answers 400 when it cannot read what it has to', () => {
    bench.alice.send(bench.listener, 'MESSAGE', { headers: { 'Max-Breadth': 'wide' } });
    bench.alice.nextResponse(400);
  });

  it('answers 420 and lists the extensions that it would have to know', () => {
    bench.alice.send(bench.listener, 'INVITE', {
      headers: { 'Proxy-Require': 'privacy, foo', Require: 'bar' },
    });
    const refusal = bench.alice.nextResponse(420);
    expect(refusal.unsupported).toEqual(['privacy', 'foo']);
  });

  it('refuses inside a dialog what it refuses outside', () => {
    bench.node.trusted = true;
    bench.alice.send(bench.listener, 'BYE', {
      toTag: 'b',
      uri: 'sip:bob@192.0.2.20:5064',
      headers: { 'Max-Forwards': '0' },
    });
    bench.alice.nextResponse(483);
  });
});

describe('RFC 3261 §16.3 step 1: what a proxy has no business to judge', () => {
  it.each([
    ['a malformed Date', 'Date: yesterday'],
    ['a Require that it does not know', 'Require: nothing-that-exists'],
    ['a malformed Event', 'Event: ;;;'],
    ['a malformed P-Asserted-Identity', 'P-Asserted-Identity: <<<'],
    ['a malformed Session-Expires', 'Session-Expires: never'],
  ])('forwards a request with %s', async (_name, line) => {
    const bench = new Bench();
    const { alice, bob, listener } = bench;
    const text = [
      'SUBSCRIBE sip:bob@example.com SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKone',
      'From: <sip:alice@example.com>;tag=a',
      'To: <sip:bob@example.com>',
      'Call-ID: call-1',
      'CSeq: 1 SUBSCRIBE',
      'Contact: <sip:alice@192.0.2.10:5062>',
      line,
      '',
      '',
    ].join('\r\n');
    alice.give(listener, parseMessage(Buffer.from(text)));
    const forwarded = bob.nextRequest('SUBSCRIBE');
    const name = line.slice(0, line.indexOf(':'));
    expect(forwarded.headers.get(name)).toBe(line.slice(name.length + 2));
    bob.respond(forwarded, 489);
    alice.nextResponse(489);
    await bench.expectNothingLeft();
  });

  it('forwards one request that comes by two ways twice: its target resolves the merge', async () => {
    const bench = new Bench();
    const { alice, bob, listener } = bench;
    alice.send(listener, 'MESSAGE', { callId: 'merged' });
    alice.send(listener, 'MESSAGE', { callId: 'merged' });
    const first = bob.nextRequest('MESSAGE');
    const second = bob.nextRequest('MESSAGE');
    expect(second.topVia.branch).not.toBe(first.topVia.branch);
    bob.respond(first, 200);
    bob.respond(second, 482);
    alice.nextResponse(200);
    alice.nextResponse(482);
    await bench.expectNothingLeft();
  });
});
