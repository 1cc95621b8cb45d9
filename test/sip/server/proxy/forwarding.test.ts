import { parseMessage } from '../../../../runtime/sip/message/parse';
import { serialize } from '../../../../runtime/sip/message/serialize';
import { Bench } from './harness';

/** The header fields of a message, but for those that a proxy must change. */
function untouched(message: Parameters<typeof serialize>[0]): readonly string[] {
  const changed = ['Via', 'Max-Forwards', 'Max-Breadth', 'Record-Route', 'Content-Length'];
  return [...message.headers.entries()]
    .filter(([name]) => !changed.includes(name))
    .map(([name, value]) => `${name}: ${value}`);
}

describe('RFC 3261 §16.6: a proxy that forwards to one target', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('answers 100 at once, forwards the INVITE, its responses, and the ACK of a refusal hop by hop', () => {
    const { alice, bob, listener } = bench;
    const invite = alice.send(listener, 'INVITE', { body: 'v=0' });
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 100);
    bob.respond(forwarded, 180);
    alice.nextResponse(180);
    bob.respond(forwarded, 486, { reason: 'Busy Here' });
    bob.nextRequest('ACK');
    const refusal = alice.nextResponse(486);
    expect(refusal.reason).toBe('Busy Here');
    expect(refusal.via).toHaveLength(1);
    expect(refusal.to.tag).toBe('bob-tag');
    alice.ackRefusal(invite, refusal, listener);
    expect(bob.drain()).toEqual([]);
  });

  it('forwards a call: INVITE, 200, ACK and BYE along the Record-Route', () => {
    const { alice, bob, listener } = bench;
    const invite = alice.send(listener, 'INVITE', { body: 'v=0' });
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 200, { body: 'v=answer' });
    const success = alice.nextResponse(200);
    expect(Buffer.from(success.body).toString()).toBe('v=answer');
    alice.inDialog(invite, success, 'ACK', listener);
    const ack = bob.nextRequest('ACK');
    expect(ack.routes).toEqual([]);
    expect(ack.requestUri).toBe(bob.uri);
    expect(ack.via).toHaveLength(2);
    alice.inDialog(invite, success, 'BYE', listener);
    const bye = bob.nextRequest('BYE');
    bob.respond(bye, 200, { contact: null });
    alice.nextResponse(200);
  });

  it('puts the target into the request URI and its own Via before those that are there', () => {
    const { alice, bob, listener } = bench;
    const sent = alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    expect(forwarded.requestUri).toBe(bob.uri);
    expect(forwarded.via).toHaveLength(2);
    expect(forwarded.topVia.host).toBe('192.0.2.1');
    expect(forwarded.topVia.branch).toMatch(/^z9hG4bK/);
    expect(forwarded.via[1]?.branch).toBe(sent.topVia.branch);
    // RFC 3261 §16.7 step 9: what it added to the Via below comes back to the sender.
    expect(forwarded.via[1]?.received).toBe('192.0.2.10');
    bob.respond(forwarded, 404);
    alice.nextResponse(100);
    const refusal = alice.nextResponse(404);
    expect(refusal.topVia.received).toBe('192.0.2.10');
    expect(refusal.topVia.rport).toBe('5062');
  });

  it('leaves order and text of all other header fields, unknown names as they are spelled, and the body', () => {
    const { alice, bob, listener } = bench;
    const body = Buffer.from([0, 1, 0xff, 0xfe, 13, 10, 0x80]);
    const text = [
      'NEWMETHOD sip:bob@example.com SIP/2.0',
      'X-First:   1 ,2,  3',
      'v: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKodd;rport',
      'Unknown-Thing: kept  as  it, is',
      'f: "A; lice" <sip:alice@example.com>;tag=1;other=x',
      't: bob <sip:bob@example.com>',
      'Max-Forwards: 12',
      'i: odd-call',
      'CSeq: 0009 NEWMETHOD',
      'Date: no date at all',
      'x-first: again',
      'Contact: <sip:alice@192.0.2.10:5062>;q=0.7;+sip.foo="<bar>"',
      'Require: something',
      'Authorization: Digest username="alice", realm="r", nonce="n", uri="u", response="x"',
      'c: application/octet-stream',
      `l: ${body.length}`,
      '',
      '',
    ].join('\r\n');
    const received = parseMessage(Buffer.concat([Buffer.from(text), body]));
    alice.give(listener, received);
    const forwarded = bob.nextRequest('NEWMETHOD');
    expect(untouched(forwarded)).toEqual(untouched(received));
    expect(Buffer.from(forwarded.body).equals(body)).toBe(true);
    expect(forwarded.maxForwards).toBe(11);
    bob.respond(forwarded, 200, { headers: { 'X-Answer': 'a,  b', Unsupported: 'x' } });
    const response = alice.nextResponse(200);
    expect(response.headers.get('X-Answer')).toBe('a,  b');
    expect(response.headers.get('CSeq')).toBe('0009 NEWMETHOD');
  });

  it('keeps octets that are no UTF-8', () => {
    const { alice, bob, listener } = bench;
    const text = serialize(
      alice.request('MESSAGE', { headers: { Subject: 'caf\xe9' }, contact: null }),
    );
    const latin1 = Buffer.from(text.toString('utf8'), 'latin1');
    alice.give(listener, parseMessage(latin1));
    const forwarded = bob.nextRequest('MESSAGE');
    expect(serialize(forwarded).includes(Buffer.from('caf\xe9', 'latin1'))).toBe(true);
    bob.respond(forwarded, 200, { contact: null });
    alice.nextResponse(200);
  });

  it('adds Max-Forwards 70 where there is none (step 3)', () => {
    const { alice, bob, listener } = bench;
    alice.send(listener, 'MESSAGE', { headers: { 'Max-Forwards': '' } });
    const forwarded = bob.nextRequest('MESSAGE');
    expect(forwarded.maxForwards).toBe(70);
    bob.respond(forwarded, 200);
    alice.nextResponse(200);
  });

  it('takes from the target what may not stand in a request URI (step 2)', () => {
    const { alice, bob, listener, node } = bench;
    node.forkTo('sip:bob@192.0.2.20:5064;method=MESSAGE;x=1?Subject=hello');
    alice.send(listener, 'MESSAGE');
    const forwarded = bob.nextRequest('MESSAGE');
    expect(forwarded.requestUri).toBe('sip:bob@192.0.2.20:5064;x=1');
    bob.respond(forwarded, 200);
    alice.nextResponse(200);
  });

  it('sends by the hops that the target asks for, before those that the request has (step 6)', () => {
    const { alice, listener, node } = bench;
    const edge = bench.phone('edge', '192.0.2.30');
    node.plan = {
      targets: [
        {
          uri: 'sip:bob@192.0.2.20:5064',
          routes: ['<sip:192.0.2.30;lr>', '<sip:192.0.2.31;lr>'],
          q: 1,
        },
      ],
    };
    alice.send(listener, 'MESSAGE', {
      headers: { Route: '<sip:192.0.2.1;lr>, <sip:192.0.2.40;lr>' },
    });
    const forwarded = edge.nextRequest('MESSAGE');
    expect(forwarded.routes.map(({ uriText }) => uriText)).toEqual([
      'sip:192.0.2.30;lr',
      'sip:192.0.2.31;lr',
      'sip:192.0.2.40;lr',
    ]);
    expect(forwarded.requestUri).toBe('sip:bob@192.0.2.20:5064');
    edge.respond(forwarded, 200);
    alice.nextResponse(200);
  });

  it('lets each copy be changed before it is sent (step 5)', () => {
    const { alice, bob, listener, node } = bench;
    node.plan = {
      ...node.plan,
      edit: (request, { uri }) => request.headers.append('X-Target', uri),
    };
    alice.send(listener, 'MESSAGE');
    const forwarded = bob.nextRequest('MESSAGE');
    expect(forwarded.headers.get('X-Target')).toBe(bob.uri);
    bob.respond(forwarded, 200);
    alice.nextResponse(200);
  });

  it('absorbs retransmissions of the request', async () => {
    const { alice, bob, clock, listener } = bench;
    const invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 100);
    alice.give(listener, invite);
    alice.nextResponse(100);
    await clock.run(3_000);
    expect(bob.drain()).toEqual([]);
    bob.respond(forwarded, 480);
    alice.ackRefusal(invite, alice.nextResponse(480), listener);
  });

  it('passes PRACK and UPDATE of an early dialog through', () => {
    const { alice, bob, listener } = bench;
    const invite = alice.send(listener, 'INVITE', { headers: { Supported: '100rel' } });
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 183, { headers: { Require: '100rel', RSeq: '1' }, body: 'v=early' });
    const early = alice.nextResponse(183);
    expect(early.rseq).toBe(1);
    alice.inDialog(invite, early, 'PRACK', listener, { headers: { RAck: '1 1 INVITE' } });
    const prack = bob.nextRequest('PRACK');
    expect(prack.rack).toEqual({ rseq: 1, sequence: 1, method: 'INVITE' });
    expect(prack.recordRoutes).toEqual([]);
    bob.respond(prack, 200, { contact: null });
    alice.nextResponse(200);
    alice.inDialog(invite, early, 'UPDATE', listener, { cseq: 3, body: 'v=again' });
    bob.respond(bob.nextRequest('UPDATE'), 200);
    alice.nextResponse(200);
    bob.respond(forwarded, 200);
    alice.inDialog(invite, alice.nextResponse(200), 'ACK', listener);
    bob.nextRequest('ACK');
  });

  it('drops a response that has no Via but its own', () => {
    const { alice, bob, listener } = bench;
    alice.send(listener, 'MESSAGE');
    const forwarded = bob.nextRequest('MESSAGE');
    const [own = ''] = forwarded.headers.getAll('Via');
    forwarded.headers.set('Via', own);
    bob.respond(forwarded, 200);
    alice.nextResponse(502);
    expect(bench.wire.drops.map(({ reason }) => reason)).toContain('bad-response');
  });

  it('answers 503 with Retry-After beyond the requests that it forwards at once', async () => {
    await bench.expectNothingLeft();
    bench = new Bench({ maxContexts: 1, retryAfter: 7 });
    const { alice, bob, listener, node } = bench;
    alice.send(listener, 'MESSAGE', { callId: 'one' });
    alice.send(listener, 'MESSAGE', { callId: 'two' });
    const refusal = alice.nextResponse(503);
    expect(refusal.callId).toBe('two');
    expect(refusal.retryAfter).toBe(7);
    expect(node.proxy.open).toBe(1);
    bob.respond(bob.nextRequest('MESSAGE'), 200);
    alice.nextResponse(200);
    expect(node.proxy.open).toBe(0);
  });

  it('answers 480 when there is no target (§16.5)', () => {
    bench.node.forkTo();
    bench.alice.send(bench.listener, 'MESSAGE');
    bench.alice.nextResponse(480);
    bench.node.forkTo('not a uri');
    bench.alice.send(bench.listener, 'MESSAGE', { callId: 'two' });
    bench.alice.nextResponse(480);
  });

  it('tells who asked what the caller got in the end', () => {
    const { alice, bob, listener, node } = bench;
    const told: (number | undefined)[] = [];
    node.plan = { ...node.plan, onFinal: (response) => told.push(response?.status) };
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    bob.respond(forwarded, 200);
    bob.respond(forwarded, 200);
    expect(told).toEqual([200]);
    expect(alice.drain()).toEqual(['100 INVITE', '180 INVITE', '200 INVITE', '200 INVITE']);
  });

  it('tells who asked also of what it does not forward', () => {
    const { alice, listener, node } = bench;
    let told = 0;
    node.plan = { ...node.plan, targets: [], onFinal: () => (told += 1) };
    alice.send(listener, 'MESSAGE');
    alice.nextResponse(480);
    expect(told).toBe(1);
  });

  it('forgets all that is under way when it is closed', () => {
    const { alice, bob, listener, node } = bench;
    alice.send(listener, 'INVITE');
    bob.respond(bob.nextRequest('INVITE'), 180);
    expect(node.proxy.open).toBe(1);
    node.proxy.close();
    expect(node.proxy.open).toBe(0);
    return node.agent.close();
  });
});
