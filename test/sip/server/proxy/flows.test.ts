import type { SipRequest } from '../../../../runtime/sip/message/message';
import type { Listener } from '../../../../runtime/sip/transport/port';
import { Seal } from '../../../../runtime/sip/server/proxy/seal';
import { Bench, Phone, flowOf } from './harness';

const ws: Listener = { protocol: 'WS', host: '192.0.2.1', port: 8080 };

/** The topmost Record-Route first, its parts that only we can read shortened. */
function routesOf(message: SipRequest): readonly string[] {
  return message.recordRoutes.map(({ uriText }) =>
    uriText.replace(/;call=[0-9a-f]{16}/, '').replace(/sip:(flow(?:-only)?)~[^@]*@/, 'sip:$1@'),
  );
}

function backwards(
  phone: Phone,
  forwarded: SipRequest,
  method: string,
  to: Listener,
  routes = forwarded.recordRoutes.map(({ uriText }) => `<${uriText}>`),
): SipRequest {
  return phone.send(to, method, {
    callId: forwarded.callId,
    cseq: 50,
    uri: forwarded.contacts[0]?.uriText ?? '',
    contact: null,
    headers: {
      From: `${forwarded.headers.get('To') ?? ''};tag=${phone.name}-tag`,
      To: forwarded.headers.get('From') ?? '',
      Route: routes.join(', '),
    },
  });
}

describe('RFC 7118 §5, RFC 5626 §5.3: a browser as the caller', () => {
  let bench: Bench;
  let browser: Phone;
  let invite: SipRequest;
  let forwarded: SipRequest;

  beforeEach(() => {
    bench = new Bench({}, [ws]);
    browser = bench.phone('browser', '203.0.113.9', 50_123, 'WS');
    invite = browser.send(ws, 'INVITE', {
      contact: '<sip:x7@abc.invalid;transport=ws>',
      headers: { Via: 'SIP/2.0/WS abc.invalid;branch=z9hG4bKbrowser' },
    });
    browser.nextResponse(100);
    forwarded = bench.bob.nextRequest('INVITE');
  });

  afterEach(() => bench.expectNothingLeft());

  it('is reached along its connection, by a Record-Route that names it', () => {
    expect(routesOf(forwarded)).toEqual([
      'sip:192.0.2.1:5060;lr',
      'sip:flow-only@192.0.2.1:8080;transport=ws;lr',
    ]);
    bench.bob.respond(forwarded, 200);
    const success = browser.nextResponse(200);
    browser.inDialog(invite, success, 'ACK', ws);
    bench.bob.nextRequest('ACK');
    backwards(bench.bob, forwarded, 'BYE', bench.listener);
    const bye = browser.nextRequest('BYE');
    expect(bye.topVia.protocol).toBe('WS');
    expect(bye.requestUri).toBe('sip:x7@abc.invalid;transport=ws');
    browser.respond(bye, 200, { contact: null });
    bench.bob.nextResponse(200);
  });

  it('gets 430 for it when the connection has closed: there is no other way (RFC 5626 §5.3.1)', async () => {
    bench.bob.respond(forwarded, 200);
    browser.nextResponse(200);
    bench.node.transport.closedFlows.add(flowOf(ws, browser.address));
    backwards(bench.bob, forwarded, 'BYE', bench.listener);
    await bench.clock.run(1);
    bench.bob.nextResponse(430);
    expect(browser.drain()).toEqual([]);
  });

  it('answers 403 to a flow that was changed on its way', () => {
    bench.bob.respond(forwarded, 200);
    browser.nextResponse(200);
    const routes = forwarded.recordRoutes.map(({ uriText }) => `<${uriText}>`);
    const forged = routes.map((route) => route.replace(/~([^~]*)~/, '~ZXZpbA~'));
    backwards(bench.bob, forwarded, 'BYE', bench.listener, forged);
    bench.bob.nextResponse(403);
    backwards(bench.bob, forwarded, 'ACK', bench.listener, forged);
    expect(browser.drain()).toEqual([]);
    expect(bench.wire.drops.map(({ reason }) => reason)).toEqual(['unvouched-ack']);
  });
});

describe('RFC 5626 §5.3: phones behind a NAT', () => {
  it('both are reached along their flows, though the proxy has one address for both', async () => {
    const bench = new Bench();
    const { wire, listener, node, clock } = bench;
    const inside = { host: '10.0.0.7', port: 5060 };
    const caller = new Phone(wire, 'caller', { host: '203.0.113.7', port: 31_001 }, 'UDP', inside);
    const callee = new Phone(wire, 'callee', { host: '198.51.100.8', port: 32_002 }, 'UDP', inside);
    const flow = flowOf(listener, callee.address);
    node.plan = { targets: [{ uri: 'sip:callee@10.0.0.7:5060', routes: [], q: 1, flow }] };
    const invite = caller.send(listener, 'INVITE');
    caller.nextResponse(100);
    const forwarded = callee.nextRequest('INVITE');
    expect(routesOf(forwarded)).toEqual([
      'sip:flow-only@192.0.2.1:5060;lr',
      'sip:flow-only@192.0.2.1:5060;lr',
    ]);
    callee.respond(forwarded, 200);
    const success = caller.nextResponse(200);
    caller.inDialog(invite, success, 'ACK', listener);
    expect(callee.nextRequest('ACK').requestUri).toBe('sip:callee@10.0.0.7:5060');
    backwards(callee, forwarded, 'BYE', listener);
    const bye = caller.nextRequest('BYE');
    caller.respond(bye, 200, { contact: null });
    callee.nextResponse(200);
    await clock.run(0);
    await bench.expectNothingLeft();
  });

  it('only the caller is: a request of his own does not go back along his flow', async () => {
    const bench = new Bench();
    const { bob, wire, listener } = bench;
    const inside = { host: '10.0.0.7', port: 5060 };
    const caller = new Phone(wire, 'caller', { host: '203.0.113.7', port: 31_001 }, 'UDP', inside);
    const invite = caller.send(listener, 'INVITE');
    caller.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    expect(routesOf(forwarded)).toEqual([
      'sip:192.0.2.1:5060;lr',
      'sip:flow-only@192.0.2.1:5060;lr',
    ]);
    bob.respond(forwarded, 200);
    const success = caller.nextResponse(200);
    caller.inDialog(invite, success, 'ACK', listener);
    bob.nextRequest('ACK');
    backwards(bob, forwarded, 'BYE', listener);
    caller.respond(caller.nextRequest('BYE'), 200, { contact: null });
    bob.nextResponse(200);
    await bench.expectNothingLeft();
  });

  it('only the callee is: the way back to the caller is that of his Contact', async () => {
    const bench = new Bench();
    const { alice, wire, listener, node } = bench;
    const inside = { host: '10.0.0.7', port: 5060 };
    const callee = new Phone(wire, 'callee', { host: '198.51.100.8', port: 32_002 }, 'UDP', inside);
    const flow = flowOf(listener, callee.address);
    node.plan = { targets: [{ uri: 'sip:callee@10.0.0.7:5060', routes: [], q: 1, flow }] };
    const invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = callee.nextRequest('INVITE');
    expect(routesOf(forwarded)).toEqual([
      'sip:flow-only@192.0.2.1:5060;lr',
      'sip:192.0.2.1:5060;lr',
    ]);
    callee.respond(forwarded, 200);
    const success = alice.nextResponse(200);
    alice.inDialog(invite, success, 'ACK', listener);
    callee.nextRequest('ACK');
    backwards(callee, forwarded, 'BYE', listener);
    alice.respond(alice.nextRequest('BYE'), 200, { contact: null });
    callee.nextResponse(200);
    await bench.expectNothingLeft();
  });

  it('a phone that can be reached by its Contact gets a plain Record-Route, whatever its flow', async () => {
    const bench = new Bench();
    const { alice, bob, listener, node } = bench;
    const flow = flowOf(listener, bob.address);
    node.plan = { targets: [{ uri: bob.uri, routes: [], q: 1, flow }] };
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    expect(routesOf(forwarded)).toEqual(['sip:192.0.2.1:5060;lr']);
    bob.respond(forwarded, 404);
    alice.drain();
    await bench.expectNothingLeft();
  });

  it('a phone with TLS is reached along its connection first, then as its Contact says', async () => {
    const tls: Listener = { protocol: 'TLS', host: '192.0.2.1', port: 5061 };
    const bench = new Bench({}, [tls]);
    const { bob, listener, node, wire } = bench;
    const phone = new Phone(wire, 'phone', { host: '192.0.2.60', port: 40_001 }, 'TLS');
    const second = new Phone(wire, 'second', { host: '192.0.2.60', port: 5061 }, 'TLS');
    phone.send(tls, 'INVITE', { contact: '<sip:phone@192.0.2.60;transport=tls>' });
    phone.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    expect(routesOf(forwarded)[1]).toBe('sip:flow@192.0.2.1:5061;transport=tls;lr');
    bob.respond(forwarded, 200);
    phone.nextResponse(200);
    backwards(bob, forwarded, 'INFO', listener);
    phone.respond(phone.nextRequest('INFO'), 200, { contact: null });
    bob.nextResponse(200);
    node.transport.closedFlows.add(flowOf(tls, phone.address));
    backwards(bob, forwarded, 'BYE', listener);
    second.respond(second.nextRequest('BYE'), 200, { contact: null });
    bob.nextResponse(200);
    await bench.expectNothingLeft();
  });

  it('with a proxy between us and the phone, the way back is that of the Route', async () => {
    const bench = new Bench({}, [ws]);
    const { bob, wire } = bench;
    const edge = new Phone(wire, 'edge', { host: '203.0.113.9', port: 50_123 }, 'WS');
    edge.send(ws, 'INVITE', {
      contact: '<sip:alice@10.0.0.1>',
      headers: {
        Via: 'SIP/2.0/WS edge.example.com;branch=z9hG4bKedge\nSIP/2.0/UDP 10.0.0.1;branch=z9hG4bKin',
        'Record-Route': '<sip:edge.example.com;lr>',
      },
    });
    const forwarded = bob.nextRequest('INVITE');
    expect(routesOf(forwarded)).toEqual([
      'sip:192.0.2.1:5060;lr',
      'sip:192.0.2.1:8080;transport=ws;lr',
      'sip:edge.example.com;lr',
    ]);
    bob.respond(forwarded, 404);
    edge.drain();
    await bench.expectNothingLeft();
  });
});

describe('RFC 5626 §7: the flows of one instance', () => {
  it('are tried one after the other when one fails with 430 or has no answer', async () => {
    const bench = new Bench({}, [ws]);
    const { alice, listener, node, clock } = bench;
    const tabs = [1, 2, 3].map((n) => bench.phone(`tab${n}`, '203.0.113.9', 50_000 + n, 'WS'));
    const [one, two, three] = tabs.map((tab) => ({
      uri: 'sip:x@tab.invalid;transport=ws',
      routes: [],
      q: 1,
      flow: flowOf(ws, tab.address),
    }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('no tabs');
    node.plan = { targets: [{ ...one, alternatives: [two, three] }] };
    node.transport.closedFlows.add(one.flow);
    alice.send(listener, 'INVITE');
    await clock.run(1);
    const second = tabs[1]?.nextRequest('INVITE') as SipRequest;
    tabs[1]?.respond(second, 430);
    const third = tabs[2]?.nextRequest('INVITE') as SipRequest;
    expect(routesOf(third)[0]).toBe('sip:flow-only@192.0.2.1:8080;transport=ws;lr');
    tabs[2]?.respond(third, 486);
    expect(alice.drain()).toEqual(['100 INVITE', '486 INVITE']);
    await bench.expectNothingLeft();
  });

  it('430 goes back when none is left', async () => {
    const bench = new Bench({}, [ws]);
    const { alice, listener, node, clock } = bench;
    const flow = flowOf(ws, { host: '203.0.113.9', port: 50_001 });
    node.transport.closedFlows.add(flow);
    node.plan = { targets: [{ uri: 'sip:x@tab.invalid;transport=ws', routes: [], q: 1, flow }] };
    alice.send(listener, 'MESSAGE');
    await clock.run(1);
    alice.nextResponse(430);
    await bench.expectNothingLeft();
  });
});

describe('RFC 3327: Path, for a REGISTER that goes to another registrar', () => {
  it('brings requests for its contacts back to the phone along its flow', async () => {
    const bench = new Bench({}, [ws]);
    const { bob: registrar, node, listener } = bench;
    const browser = bench.phone('browser', '203.0.113.9', 50_123, 'WS');
    node.plan = { ...node.plan, path: true };
    browser.send(ws, 'REGISTER', {
      uri: 'sip:example.com',
      contact: '<sip:x@abc.invalid;transport=ws>;reg-id=1;+sip.instance="<urn:uuid:1>"',
      headers: { Supported: 'path, outbound' },
    });
    const register = registrar.nextRequest('REGISTER');
    const path = register.headers.get('Path') ?? '';
    expect(path).toMatch(/^<sip:flow-only~[^@]+@192\.0\.2\.1:8080;transport=ws;lr;ob>$/);
    expect(register.recordRoutes).toEqual([]);
    registrar.respond(register, 200, { contact: null });
    browser.nextResponse(200);
    // A request for the contact comes back by that Path.
    node.plan = {};
    registrar.send(listener, 'INVITE', {
      uri: 'sip:x@abc.invalid;transport=ws',
      headers: { Route: path },
    });
    registrar.nextResponse(100);
    const invite = browser.nextRequest('INVITE');
    expect(invite.routes).toEqual([]);
    expect(routesOf(invite)[0]).toBe('sip:flow-only@192.0.2.1:8080;transport=ws;lr');
    browser.respond(invite, 486);
    browser.nextRequest('ACK');
    registrar.nextResponse(486);
    await bench.expectNothingLeft();
  });
});

describe('a signed flow', () => {
  const seal = new Seal(Buffer.alloc(32, 1));

  it.each([
    { flow: 'tcp:17', only: true },
    { flow: 'UDP [2001:db8::1]:5060 < 2001:db8::9|5060', only: false },
  ])('is read again: %j', (token) => {
    expect(seal.openFlow(seal.flow(token))).toEqual(token);
  });

  it('is not taken from anybody else, nor with another meaning', () => {
    const token = seal.flow({ flow: 'tcp:17', only: false });
    expect(new Seal(Buffer.alloc(32, 2)).openFlow(token)).toBe('forged');
    expect(seal.openFlow(token.replace('flow~', 'flow-only~'))).toBe('forged');
    expect(seal.openFlow(`${token}x`)).toBe('forged');
    expect(seal.openFlow(`${token}~x`)).toBe('forged');
    expect(seal.openFlow('flow~')).toBe('forged');
    expect(seal.openFlow(`flow~${'A'.repeat(2_000)}~x`)).toBe('forged');
  });

  it('is not seen in users that are none', () => {
    expect(seal.openFlow(undefined)).toBeUndefined();
    expect(seal.openFlow('flow')).toBeUndefined();
    expect(seal.openFlow('alice')).toBeUndefined();
  });

  it('vouches for one Call-ID and no other', () => {
    expect(seal.isDialog('call-1', seal.dialog('call-1'))).toBe(true);
    expect(seal.isDialog('call-2', seal.dialog('call-1'))).toBe(false);
    expect(seal.isDialog('call-1', '\u1234'.repeat(16))).toBe(false);
  });
});
