import type { SipRequest } from '../../../../runtime/sip/message/message';
import { Bench, flowOf, type Phone } from './harness';

/** Three phones of one user, and a proxy that asks them all. */
class ForkBench extends Bench {
  readonly desk = this.phone('desk', '192.0.2.21');
  readonly mobile = this.phone('mobile', '192.0.2.22');
  readonly home = this.phone('home', '192.0.2.23');
  readonly phones: readonly Phone[] = [this.desk, this.mobile, this.home];

  forkAll(): void {
    this.node.forkTo(...this.phones.map(({ uri }) => uri));
  }

  invite(): SipRequest {
    const invite = this.alice.send(this.listener, 'INVITE');
    this.alice.nextResponse(100);
    return invite;
  }

  /** The INVITE at each phone, which rings. */
  ring(): readonly SipRequest[] {
    return this.phones.map((phone) => {
      const invite = phone.nextRequest('INVITE');
      phone.respond(invite, 180);
      this.alice.nextResponse(180);
      return invite;
    });
  }

  /** Each answers; the INVITEs in the order of {@link phones}. */
  refuse(invites: readonly SipRequest[], statuses: readonly number[]): void {
    statuses.forEach((status, i) => {
      const invite = invites[i];
      if (invite === undefined) throw new Error(`no INVITE ${i}`);
      this.phones[i]?.respond(invite, status);
      this.phones[i]?.nextRequest('ACK');
    });
  }
}

describe('RFC 3261 §16.6, §16.7: forking', () => {
  let bench: ForkBench;

  beforeEach(() => {
    bench = new ForkBench();
    bench.forkAll();
  });

  afterEach(() => bench.expectNothingLeft());

  it('asks all targets of one q at once, with a branch for each', () => {
    bench.invite();
    const invites = bench.ring();
    const branches = new Set(invites.map(({ topVia }) => topVia.branch));
    expect(branches.size).toBe(3);
    expect(invites.map(({ requestUri }) => requestUri)).toEqual(bench.phones.map(({ uri }) => uri));
    bench.refuse(invites, [404, 404, 404]);
    bench.alice.nextResponse(404);
  });

  it('forwards the first 200 at once and cancels the others, with the reason why (RFC 3326)', () => {
    bench.invite();
    const [, second] = bench.ring();
    bench.mobile.respond(second as SipRequest, 200);
    bench.alice.nextResponse(200);
    for (const phone of [bench.desk, bench.home]) {
      const cancel = phone.nextRequest('CANCEL');
      expect(cancel.reasons[0]).toMatchObject({ protocol: 'SIP', cause: 200 });
      expect(cancel.headers.getAll('Via')).toHaveLength(1);
      phone.respond(cancel, 200, { contact: null });
    }
    expect(bench.mobile.drain()).toEqual([]);
    expect(bench.node.proxy.open).toBe(1);
  });

  it('forwards each 200 of an INVITE, of the same branch and of others, and no refusal after one', () => {
    bench.invite();
    const [first, second, third] = bench.ring() as [SipRequest, SipRequest, SipRequest];
    bench.desk.respond(first, 200);
    bench.mobile.respond(second, 200);
    bench.desk.respond(first, 200);
    bench.home.respond(third, 487);
    const tags = [200, 200, 200].map((status) => bench.alice.nextResponse(status).to.tag);
    expect(tags).toEqual(['desk-tag', 'mobile-tag', 'desk-tag']);
    expect(bench.alice.drain()).toEqual([]);
    expect(bench.node.proxy.open).toBe(0);
  });

  it('forwards a 200 that comes after a refusal of the same fork', () => {
    bench.invite();
    const invites = bench.ring();
    bench.refuse(invites, [486]);
    bench.mobile.respond(invites[1] as SipRequest, 200);
    bench.alice.nextResponse(200);
  });

  it('forwards every provisional response but 100, each with its own To tag', () => {
    bench.invite();
    const invites = bench.phones.map((phone) => phone.nextRequest('INVITE'));
    bench.phones.forEach((phone, i) => {
      phone.respond(invites[i] as SipRequest, 100);
      phone.respond(invites[i] as SipRequest, 183);
      phone.respond(invites[i] as SipRequest, 180);
    });
    const tags = bench.alice.inbox
      .splice(0)
      .map((response) => [response.kind === 'response' ? response.status : 0, response.to.tag]);
    expect(tags).toEqual(
      bench.phones.flatMap(({ name }) => [
        [183, `${name}-tag`],
        [180, `${name}-tag`],
      ]),
    );
    bench.refuse(invites, [480, 480, 480]);
    bench.alice.nextResponse(480);
  });

  it('asks the groups of q one after the other, the highest first, until one answers', () => {
    const { alice, node, desk, mobile, home } = bench;
    node.forkTo([home.uri, 0.1], [desk.uri, 0.9], [mobile.uri, 0.5]);
    bench.invite();
    const first = desk.nextRequest('INVITE');
    expect([mobile.inbox.length, home.inbox.length]).toEqual([0, 0]);
    desk.respond(first, 480);
    desk.nextRequest('ACK');
    const second = mobile.nextRequest('INVITE');
    expect(home.drain()).toEqual([]);
    mobile.respond(second, 200);
    alice.nextResponse(200);
    expect(home.drain()).toEqual([]);
  });

  it('goes on to the next group only when the whole group has answered', () => {
    const { alice, node, desk, mobile, home } = bench;
    node.forkTo(desk.uri, mobile.uri, [home.uri, 0.1]);
    bench.invite();
    const invites = [desk.nextRequest('INVITE'), mobile.nextRequest('INVITE')];
    bench.refuse(invites, [486]);
    expect(home.drain()).toEqual([]);
    mobile.respond(invites[1] as SipRequest, 480);
    const last = home.nextRequest('INVITE');
    home.respond(last, 404);
    // The best of all groups, not the last.
    const refusal = alice.nextResponse(486);
    expect(refusal.to.tag).toBe('desk-tag');
  });

  it('ends with a 6xx: the others are cancelled, no group follows, and it goes back when all have answered', () => {
    const { alice, node, desk, mobile, home } = bench;
    node.forkTo(desk.uri, mobile.uri, [home.uri, 0.1]);
    bench.invite();
    const first = desk.nextRequest('INVITE');
    const second = mobile.nextRequest('INVITE');
    mobile.respond(second, 180);
    alice.nextResponse(180);
    desk.respond(first, 603, { reason: 'Decline' });
    expect(alice.drain()).toEqual([]);
    const cancel = mobile.nextRequest('CANCEL');
    expect(cancel.reasons[0]).toMatchObject({ cause: 603, text: 'Decline' });
    mobile.respond(cancel, 200, { contact: null });
    mobile.respond(second, 487);
    expect(alice.nextResponse(603).to.tag).toBe('desk-tag');
    expect(home.drain()).toEqual([]);
  });

  it('forwards a 200 that comes between a 6xx and its going back', () => {
    const { alice, desk, mobile, home } = bench;
    bench.invite();
    const [first, second, third] = bench.ring() as [SipRequest, SipRequest, SipRequest];
    desk.respond(first, 600);
    mobile.respond(second, 200);
    alice.nextResponse(200);
    home.respond(third, 487);
    expect(alice.drain()).toEqual([]);
  });

  it('puts no target into the set twice (§16.5), but two phones of one URI behind two flows', () => {
    const { alice, node, desk } = bench;
    node.forkTo(desk.uri, 'sip:desk@192.0.2.21:5060', 'sip:desk@192.0.2.21:5060;x=1');
    bench.invite();
    expect(desk.drain()).toEqual(['INVITE']);
    const inner = 'sip:kid@10.0.0.5';
    const ports = [4001, 4002];
    const kids = ports.map((port) => bench.phone(`kid${port}`, '203.0.113.7', port));
    const flows = ports.map((port) => flowOf(bench.listener, { host: '203.0.113.7', port }));
    node.plan = { targets: flows.map((flow) => ({ uri: inner, routes: [], q: 1, flow })) };
    alice.send(bench.listener, 'MESSAGE', { callId: 'kids' });
    expect(kids.map((kid) => kid.drain())).toEqual([['MESSAGE'], ['MESSAGE']]);
    alice.send(bench.listener, 'CANCEL', { branch: 'z9hG4bK-alice-1', contact: null });
    alice.nextResponse(200);
  });

  it('tries sixteen targets of one request at the most', async () => {
    const { node, wire, alice, listener } = bench;
    node.forkTo(...Array.from({ length: 20 }, (_, i) => `sip:x@192.0.2.100:${6000 + i}`));
    alice.send(listener, 'MESSAGE');
    expect(wire.ladder.filter((line) => line.startsWith('MESSAGE 192.0.2.1:'))).toHaveLength(16);
    await bench.clock.run(40_000);
    // RFC 4320 §4.2: nobody answers, and so does the proxy.
    expect(alice.drain()).toEqual(['100 MESSAGE']);
  });

  it('forwards exactly one final response to anything but INVITE', () => {
    const { alice, listener, desk, mobile, home } = bench;
    alice.send(listener, 'MESSAGE');
    const requests = bench.phones.map((phone) => phone.nextRequest('MESSAGE'));
    desk.respond(requests[0] as SipRequest, 404);
    mobile.respond(requests[1] as SipRequest, 200);
    home.respond(requests[2] as SipRequest, 200);
    expect(alice.drain()).toEqual(['200 MESSAGE']);
    // RFC 3261 §9.1: there is nothing to cancel.
    expect(bench.phones.flatMap((phone) => phone.drain())).toEqual([]);
  });

  it('goes on where a target cannot be sent to (§16.9)', async () => {
    const { alice, node, desk, wire, clock } = bench;
    wire.unreachable.add('UDP 192.0.2.22:5060');
    node.forkTo([bench.mobile.uri, 1], ['tel:+493012345', 0.9], [desk.uri, 0.1]);
    bench.invite();
    await clock.run(1);
    const invite = desk.nextRequest('INVITE');
    desk.respond(invite, 486);
    alice.nextResponse(486);
  });

  it('answers 500 when nothing could be sent at all, and hides a 503 (§16.7 step 6)', async () => {
    const { alice, node, wire, clock, listener, desk } = bench;
    wire.unreachable.add('UDP 192.0.2.22:5060');
    node.forkTo(bench.mobile.uri);
    bench.invite();
    await clock.run(1);
    alice.nextResponse(500);
    node.forkTo(desk.uri);
    alice.send(listener, 'MESSAGE', { callId: 'two' });
    desk.respond(desk.nextRequest('MESSAGE'), 503, { headers: { 'Retry-After': '100' } });
    const response = alice.nextResponse(500);
    expect(response.retryAfter).toBeUndefined();
  });
});

describe('RFC 3261 §16.7 step 7: challenges of several branches', () => {
  it('go back together in one response', async () => {
    const bench = new ForkBench();
    bench.forkAll();
    bench.invite();
    const [first, second, third] = bench.ring() as [SipRequest, SipRequest, SipRequest];
    bench.desk.respond(first, 407, {
      headers: { 'Proxy-Authenticate': 'Digest realm="p", nonce="1"' },
    });
    bench.mobile.respond(second, 401, {
      headers: {
        'WWW-Authenticate':
          'Digest realm="m", nonce="2"\nDigest realm="m", algorithm=SHA-256, nonce="3"',
      },
    });
    bench.home.respond(third, 486);
    const challenge = bench.alice.nextResponse(401);
    expect(challenge.headers.getAll('WWW-Authenticate')).toEqual([
      'Digest realm="m", nonce="2"',
      'Digest realm="m", algorithm=SHA-256, nonce="3"',
    ]);
    expect(challenge.headers.getAll('Proxy-Authenticate')).toEqual(['Digest realm="p", nonce="1"']);
    await bench.expectNothingLeft();
  });
});

describe('RFC 3261 §16.7 step 4: redirections', () => {
  let bench: ForkBench;

  beforeEach(() => {
    bench = new ForkBench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('go back to the caller unless they are to be followed', () => {
    const { alice, desk, node } = bench;
    node.forkTo(desk.uri);
    bench.invite();
    desk.respond(desk.nextRequest('INVITE'), 302, { contact: bench.mobile.contact });
    const response = alice.nextResponse(302);
    expect(response.contacts[0]?.uriText).toBe(bench.mobile.uri);
  });

  it('are followed by q, before the targets that were left, and never twice to one', () => {
    const { alice, desk, mobile, home, node, bob } = bench;
    node.forkTo([desk.uri, 1], [bob.uri, 0.5]);
    node.plan = { ...node.plan, followRedirect: () => true };
    bench.invite();
    desk.respond(desk.nextRequest('INVITE'), 302, {
      contact: null,
      headers: { Contact: `<${home.uri}>;q=0.2, <${mobile.uri}>;q=0.8, <${desk.uri}>` },
    });
    desk.nextRequest('ACK');
    expect([desk, home, bob].flatMap((phone) => phone.drain())).toEqual([]);
    mobile.respond(mobile.nextRequest('INVITE'), 302, { contact: desk.contact });
    // Its only contact was tried before: the response stays as it is.
    home.respond(home.nextRequest('INVITE'), 404);
    expect(desk.drain()).toEqual([]);
    bob.respond(bob.nextRequest('INVITE'), 486);
    const best = alice.nextResponse(302);
    expect(best.contacts[0]?.uriText).toBe(desk.uri);
  });

  it('leave the caller the contacts that are not followed', () => {
    const { alice, desk, mobile, node } = bench;
    node.forkTo(desk.uri);
    node.plan = { ...node.plan, followRedirect: (contact) => contact === mobile.uri };
    bench.invite();
    desk.respond(desk.nextRequest('INVITE'), 300, {
      contact: null,
      headers: {
        Contact: `<${mobile.uri}>, "Fax" <sip:fax@192.0.2.99>;q=0.1, <mailto:bob@example.com>`,
      },
    });
    mobile.respond(mobile.nextRequest('INVITE'), 486);
    const response = alice.nextResponse(300);
    expect(response.headers.getAll('Contact')).toEqual([
      '"Fax" <sip:fax@192.0.2.99>;q=0.1, <mailto:bob@example.com>',
    ]);
  });

  it('to a sip URI are not followed for a request to a sips URI', async () => {
    const tls = { protocol: 'TLS', host: '192.0.2.1', port: 5061 } as const;
    await bench.expectNothingLeft();
    bench = Object.assign(new ForkBench({}, [tls]), {});
    const { alice, node, listener } = bench;
    const carol = bench.phone('carol', '192.0.2.30', 5061, 'TLS');
    node.plan = {
      targets: [{ uri: 'sips:carol@192.0.2.30', routes: [], q: 1 }],
      followRedirect: () => true,
    };
    alice.send(listener, 'MESSAGE', { uri: 'sips:carol@example.com' });
    carol.respond(carol.nextRequest('MESSAGE'), 302, { contact: bench.mobile.contact });
    expect(alice.nextResponse(302).contacts[0]?.uriText).toBe(bench.mobile.uri);
    expect(bench.mobile.drain()).toEqual([]);
  });
});
