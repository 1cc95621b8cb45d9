import type { SipRequest, SipResponse } from '../../../../runtime/sip/message/message';
import { Bench, Phone, ProxyNode, Wire } from './harness';
import type { Listener } from '../../../../runtime/sip/transport/port';

/** A call that stands: the INVITE as alice sent it, as bob got it, and the 200 on both sides. */
function call(bench: Bench, uri?: string) {
  const { alice, bob, listener } = bench;
  const invite = alice.send(listener, 'INVITE', uri === undefined ? {} : { uri });
  alice.nextResponse(100);
  const forwarded = bob.nextRequest('INVITE');
  bob.respond(forwarded, 200);
  const success = alice.nextResponse(200);
  alice.inDialog(invite, success, 'ACK', listener);
  bob.nextRequest('ACK');
  return { invite, forwarded, success };
}

/** What the callee sends in the dialog: along the Record-Route as it got it. */
function fromCallee(
  phone: Phone,
  forwarded: SipRequest,
  method: string,
  to: Listener,
  requestUri = forwarded.contacts[0]?.uriText ?? '',
  routes = forwarded.recordRoutes.map(({ uriText }) => `<${uriText}>`),
): SipRequest {
  return phone.send(to, method, {
    callId: forwarded.callId,
    cseq: 77,
    uri: requestUri,
    contact: null,
    headers: {
      From: `${forwarded.headers.get('To') ?? ''};tag=${phone.name}-tag`,
      To: forwarded.headers.get('From') ?? '',
      ...(routes.length === 0 ? {} : { Route: routes.join(', ') }),
    },
  });
}

function uris(message: SipRequest | SipResponse): readonly string[] {
  return message.recordRoutes.map(({ uriText }) => uriText);
}

/** Without what only we can read of it. */
function plain(message: SipRequest | SipResponse): readonly string[] {
  return uris(message).map((uri) => uri.replace(/;call=[0-9a-f]{16}/, ';call=…'));
}

describe('RFC 3261 §16.6 step 4: Record-Route', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('is one loose route where both sides reach the proxy by the same address', () => {
    const { forwarded, success } = call(bench);
    expect(plain(forwarded)).toEqual(['sip:192.0.2.1:5060;lr;call=…']);
    expect(uris(success)).toEqual(uris(forwarded));
  });

  it('goes before those that are there', () => {
    const { alice, bob, listener } = bench;
    alice.send(listener, 'INVITE', {
      headers: { 'Record-Route': '<sip:p1.example.com;lr>,<sip:p0.example.com>' },
    });
    const forwarded = bob.nextRequest('INVITE');
    expect(plain(forwarded)).toEqual([
      'sip:192.0.2.1:5060;lr;call=…',
      'sip:p1.example.com;lr',
      'sip:p0.example.com',
    ]);
    bob.respond(forwarded, 404);
    alice.nextResponse(100);
    alice.nextResponse(404);
  });

  it('is left out where the proxy is not to stay in the way, and where no dialog can begin', () => {
    const { alice, bob, listener, node } = bench;
    alice.send(listener, 'OPTIONS', { callId: 'options' });
    const options = bob.nextRequest('OPTIONS');
    expect(uris(options)).toEqual([]);
    bob.respond(options, 200);
    node.plan = { ...node.plan, recordRoute: false };
    alice.send(listener, 'SUBSCRIBE', { callId: 'subscribe' });
    const subscribe = bob.nextRequest('SUBSCRIBE');
    expect(uris(subscribe)).toEqual([]);
    bob.respond(subscribe, 200);
    expect(alice.drain()).toEqual(['200 OPTIONS', '200 SUBSCRIBE']);
  });

  it('is put into requests of a method that it does not know: they may begin a dialog', () => {
    const { alice, bob, listener } = bench;
    alice.send(listener, 'NEWMETHOD');
    const forwarded = bob.nextRequest('NEWMETHOD');
    expect(uris(forwarded)).toHaveLength(1);
    bob.respond(forwarded, 200);
    alice.nextResponse(200);
  });

  it('is put into the re-INVITE too, for an end that has lost its dialog', () => {
    const { invite, success } = call(bench);
    const { alice, bob, listener } = bench;
    alice.inDialog(invite, success, 'INVITE', listener, { contact: alice.contact });
    alice.nextResponse(100);
    const again = bob.nextRequest('INVITE');
    expect(plain(again)).toEqual(['sip:192.0.2.1:5060;lr;call=…']);
    bob.respond(again, 488);
    bob.nextRequest('ACK');
    alice.nextResponse(488);
  });
});

describe('RFC 3261 §16.4, §16.12: requests inside a dialog', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('go both ways by the Route, with the request URI untouched', () => {
    const { alice, bob, listener } = bench;
    const { invite, forwarded, success } = call(bench);
    alice.inDialog(invite, success, 'INFO', listener);
    const info = bob.nextRequest('INFO');
    expect(info.requestUri).toBe(bob.uri);
    expect(info.routes).toEqual([]);
    bob.respond(info, 200, { contact: null });
    alice.nextResponse(200);
    fromCallee(bob, forwarded, 'BYE', listener);
    const bye = alice.nextRequest('BYE');
    expect(bye.requestUri).toBe(alice.uri);
    alice.respond(bye, 200, { contact: null });
    bob.nextResponse(200);
  });

  it('go on to the next proxy of the Route', () => {
    const { alice, bob, listener } = bench;
    const { forwarded } = call(bench);
    const upstream = bench.phone('upstream', '192.0.2.50');
    const [own = ''] = uris(forwarded);
    fromCallee(bob, forwarded, 'BYE', listener, alice.uri, [`<${own}>`, '<sip:192.0.2.50;lr>']);
    const bye = upstream.nextRequest('BYE');
    expect(bye.routes.map(({ uriText }) => uriText)).toEqual(['sip:192.0.2.50;lr']);
    expect(bye.requestUri).toBe(alice.uri);
    upstream.respond(bye, 200, { contact: null });
    bob.nextResponse(200);
  });

  it('are given back their request URI where a strict router has put us there (RFC 2543)', () => {
    const { alice, bob, listener } = bench;
    const { forwarded } = call(bench);
    const [own = ''] = uris(forwarded);
    fromCallee(bob, forwarded, 'BYE', listener, own, [`<${alice.uri}>`]);
    const bye = alice.nextRequest('BYE');
    expect(bye.requestUri).toBe(alice.uri);
    expect(bye.routes).toEqual([]);
    alice.respond(bye, 200, { contact: null });
    bob.nextResponse(200);
  });

  it('keep the rest of the Route when a strict router was before us (§16.12.1.2)', () => {
    const { bob, alice, listener } = bench;
    const { forwarded } = call(bench);
    const upstream = bench.phone('upstream', '192.0.2.50');
    const [own = ''] = uris(forwarded);
    fromCallee(bob, forwarded, 'BYE', listener, own, ['<sip:192.0.2.50;lr>', `<${alice.uri}>`]);
    const bye = upstream.nextRequest('BYE');
    expect(bye.requestUri).toBe(alice.uri);
    expect(bye.routes.map(({ uriText }) => uriText)).toEqual(['sip:192.0.2.50;lr']);
    upstream.respond(bye, 200, { contact: null });
    bob.nextResponse(200);
  });

  it('are written as a strict router behind us expects them (§16.6 step 6)', () => {
    const { alice, bob, listener } = bench;
    const { forwarded } = call(bench);
    const strict = bench.phone('strict', '192.0.2.50');
    const [own = ''] = uris(forwarded);
    fromCallee(bob, forwarded, 'BYE', listener, alice.uri, [
      `<${own}>`,
      '<sip:192.0.2.50;old=1>',
      '<sip:192.0.2.51;lr>',
    ]);
    const bye = strict.nextRequest('BYE');
    expect(bye.requestUri).toBe('sip:192.0.2.50;old=1');
    expect(bye.routes.map(({ uriText }) => uriText)).toEqual(['sip:192.0.2.51;lr', alice.uri]);
    strict.respond(bye, 200, { contact: null });
    bob.nextResponse(200);
  });

  it('get 403 without a Record-Route of ours for this call: a To tag makes no open relay', () => {
    const { alice, bob, listener } = bench;
    const { forwarded } = call(bench);
    fromCallee(bob, forwarded, 'INVITE', listener, alice.uri, ['<sip:192.0.2.1:5060;lr>']);
    bob.nextResponse(403);
    const [own = ''] = uris(forwarded);
    bob.send(listener, 'MESSAGE', {
      callId: 'another-call',
      toTag: 'x',
      uri: alice.uri,
      headers: { Route: `<${own}>` },
    });
    bob.nextResponse(403);
    expect(alice.drain()).toEqual([]);
  });

  it('pass without one from a sender who may send anywhere', () => {
    const { alice, bob, listener, node } = bench;
    node.trusted = true;
    bob.send(listener, 'MESSAGE', {
      toTag: 'x',
      uri: alice.uri,
      headers: { Route: '<sip:192.0.2.1:5060;lr>' },
    });
    alice.respond(alice.nextRequest('MESSAGE'), 200);
    bob.nextResponse(200);
  });

  it('get 481 when they have come to the end of their way, and there is no such dialog', () => {
    const { bob, listener } = bench;
    const { forwarded } = call(bench);
    fromCallee(bob, forwarded, 'BYE', listener, 'sip:192.0.2.1:5060');
    bob.nextResponse(481);
  });

  it('never loop through a Route that names us again and again', () => {
    const { alice, bob, listener } = bench;
    const { forwarded } = call(bench);
    const [own = ''] = uris(forwarded);
    const many = Array.from({ length: 60 }, () => `<${own}>`);
    fromCallee(bob, forwarded, 'BYE', listener, alice.uri, many);
    const bye = alice.nextRequest('BYE');
    expect(bye.maxForwards).toBe(69);
    alice.respond(bye, 200, { contact: null });
    bob.nextResponse(200);
  });

  it('an ACK without our Record-Route is dropped, and one without our Route is not ours', () => {
    const { alice, bob, listener, wire } = bench;
    const { forwarded } = call(bench);
    fromCallee(bob, forwarded, 'ACK', listener, alice.uri, ['<sip:192.0.2.1:5060;lr>']);
    fromCallee(bob, forwarded, 'ACK', listener, alice.uri, []);
    expect(alice.drain()).toEqual([]);
    expect(wire.drops.map(({ reason }) => reason)).toEqual(['unvouched-ack', 'stray-ack']);
  });

  it('an ACK is forwarded each time it comes, by the same branch (§16.11)', () => {
    const { alice, bob, listener } = bench;
    const { invite, success } = call(bench);
    const ack = alice.inDialog(invite, success, 'ACK', listener);
    alice.give(listener, ack);
    const first = bob.nextRequest('ACK');
    const second = bob.nextRequest('ACK');
    expect(first.maxForwards).toBe(69);
    expect(second.topVia.branch).toBe(first.topVia.branch);
    alice.inDialog(invite, success, 'ACK', listener, { headers: { 'Max-Forwards': '0' } });
    expect(bob.drain()).toEqual([]);
    expect(bench.wire.drops.map(({ reason }) => reason)).toEqual(['too-many-hops']);
  });
});

describe('RFC 3261 §16.4: maddr', () => {
  const tcp: Listener = { protocol: 'TCP', host: '192.0.2.1', port: 5060 };

  it('is taken off where it names the listener that the request came by', async () => {
    const bench = new Bench({}, [tcp]);
    const { alice, bob, listener, node } = bench;
    const seen: string[] = [];
    node.route = (transaction, channel) => {
      node.proxy.prepare(transaction.request, channel);
      seen.push(transaction.request.requestUri);
      node.proxy.forward(transaction, channel, node.plan);
    };
    alice.send(listener, 'MESSAGE', { uri: 'sip:bob@example.com;maddr=192.0.2.1;x=y' });
    bob.respond(bob.nextRequest('MESSAGE'), 200);
    alice.nextResponse(200);
    // By another transport than it names: it has to go there (RFC 3261 §16.4).
    alice.send(listener, 'MESSAGE', {
      callId: 'two',
      uri: 'sip:bob@example.com;maddr=192.0.2.1;transport=tcp',
    });
    bob.respond(bob.nextRequest('MESSAGE'), 200);
    alice.nextResponse(200);
    expect(seen).toEqual([
      'sip:bob@example.com;x=y',
      'sip:bob@example.com;maddr=192.0.2.1;transport=tcp',
    ]);
    await bench.expectNothingLeft();
  });
});

describe('RFC 5658 §5: two Record-Routes where the sides reach us differently', () => {
  it('from UDP to TLS and back, each side by its own transport', async () => {
    const tls: Listener = { protocol: 'TLS', host: '192.0.2.1', port: 5061 };
    const bench = new Bench({}, [tls]);
    const { alice, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30', 5061, 'TLS');
    node.forkTo('sip:carol@192.0.2.30:5061;transport=tls');
    const invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = carol.nextRequest('INVITE');
    expect(plain(forwarded)).toEqual([
      'sip:192.0.2.1:5061;transport=tls;lr;call=…',
      'sip:192.0.2.1:5060;lr;call=…',
    ]);
    expect(forwarded.topVia.protocol).toBe('TLS');
    carol.respond(forwarded, 200);
    const success = alice.nextResponse(200);
    alice.inDialog(invite, success, 'ACK', listener);
    expect(carol.nextRequest('ACK').routes).toEqual([]);
    fromCallee(carol, forwarded, 'BYE', tls);
    const bye = alice.nextRequest('BYE');
    expect(bye.routes).toEqual([]);
    expect(bye.topVia.protocol).toBe('UDP');
    alice.respond(bye, 200, { contact: null });
    carol.nextResponse(200);
    await bench.expectNothingLeft();
  });

  it('from IPv4 to IPv6 (figure 3)', async () => {
    const six: Listener = { protocol: 'UDP', host: '2001:db8::1', port: 5060 };
    const bench = new Bench({}, [six]);
    const { alice, listener, node } = bench;
    const ua2 = bench.phone('ua2', '2001:db8::33');
    node.forkTo('sip:bob@[2001:db8::33]');
    const invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = ua2.nextRequest('INVITE');
    expect(plain(forwarded)).toEqual([
      'sip:[2001:db8::1]:5060;lr;call=…',
      'sip:192.0.2.1:5060;lr;call=…',
    ]);
    ua2.respond(forwarded, 200);
    const success = alice.nextResponse(200);
    // F5, F6: both are taken off at once.
    alice.inDialog(invite, success, 'ACK', listener);
    expect(ua2.nextRequest('ACK').routes).toEqual([]);
    // F7, F8.
    fromCallee(ua2, forwarded, 'BYE', six);
    const bye = alice.nextRequest('BYE');
    expect(bye.routes).toEqual([]);
    alice.respond(bye, 200, { contact: null });
    ua2.nextResponse(200);
    await bench.expectNothingLeft();
  });

  it('is a sips URI on each side that speaks TLS, for a request to a sips URI', async () => {
    const tls: Listener = { protocol: 'TLS', host: '192.0.2.1', port: 5061 };
    const bench = new Bench({}, [tls]);
    const { node } = bench;
    const dave = bench.phone('dave', '192.0.2.31', 41_000, 'TLS');
    const carol = bench.phone('carol', '192.0.2.30', 5061, 'TLS');
    node.plan = {
      targets: [
        { uri: 'sips:carol@192.0.2.30', routes: [], q: 1 },
        // RFC 3261 §16.7 step 4, §26.4.4: no less secure target for a secure request.
        { uri: bench.bob.uri, routes: [], q: 1 },
      ],
    };
    dave.send(tls, 'INVITE', { uri: 'sips:carol@example.com', contact: '<sips:dave@192.0.2.31>' });
    const forwarded = carol.nextRequest('INVITE');
    expect(forwarded.requestUri).toBe('sips:carol@192.0.2.30');
    expect(uris(forwarded).every((uri) => uri.startsWith('sips:'))).toBe(true);
    expect(bench.bob.drain()).toEqual([]);
    carol.respond(forwarded, 480);
    dave.nextResponse(100);
    dave.nextResponse(480);
    await bench.expectNothingLeft();
  });

  it('reaches a sips target by TLS whatever the next hop in the Route says (§16.6 step 7)', async () => {
    const tls: Listener = { protocol: 'TLS', host: '192.0.2.1', port: 5061 };
    const bench = new Bench({}, [tls]);
    const { alice, listener, node } = bench;
    const edge = bench.phone('edge', '192.0.2.30', 5061, 'TLS');
    node.plan = {
      targets: [{ uri: 'sips:carol@192.0.2.40', routes: ['<sip:192.0.2.30;lr>'], q: 1 }],
    };
    alice.send(listener, 'MESSAGE', { uri: 'sips:carol@example.com' });
    const forwarded = edge.nextRequest('MESSAGE');
    expect(forwarded.topVia.protocol).toBe('TLS');
    edge.respond(forwarded, 200);
    alice.nextResponse(200);
    await bench.expectNothingLeft();
  });
});

describe('a dialog over two proxies', () => {
  it('goes through both, in both directions (RFC 3261 §16.12.1.1)', async () => {
    const wire = new Wire();
    const l1: Listener = { protocol: 'UDP', host: '192.0.2.1', port: 5060 };
    const l2: Listener = { protocol: 'UDP', host: '192.0.2.2', port: 5060 };
    const p1 = new ProxyNode(wire, [l1], { seed: 1 });
    const p2 = new ProxyNode(wire, [l2], { seed: 2 });
    const caller = new Phone(wire, 'caller', { host: '192.0.2.10', port: 5060 });
    const callee = new Phone(wire, 'callee', { host: '192.0.2.20', port: 5060 });
    p1.forkTo('sip:callee@192.0.2.2');
    p2.forkTo('sip:callee@192.0.2.20');
    const invite = caller.send(l1, 'INVITE');
    caller.nextResponse(100);
    const forwarded = callee.nextRequest('INVITE');
    expect(forwarded.via).toHaveLength(3);
    expect(plain(forwarded)).toEqual([
      'sip:192.0.2.2:5060;lr;call=…',
      'sip:192.0.2.1:5060;lr;call=…',
    ]);
    callee.respond(forwarded, 200);
    const success = caller.nextResponse(200);
    caller.inDialog(invite, success, 'ACK', l1);
    expect(callee.nextRequest('ACK').via).toHaveLength(3);
    fromCallee(callee, forwarded, 'BYE', l2);
    const bye = caller.nextRequest('BYE');
    expect(bye.via).toHaveLength(3);
    caller.respond(bye, 200, { contact: null });
    callee.nextResponse(200);
    await wire.clock.run(100_000);
    for (const { agent, proxy } of [p1, p2]) {
      expect([proxy.open, agent.openTransactions]).toEqual([0, 0]);
    }
    expect(wire.clock.pending).toBe(0);
    wire.close();
  });
});
