import type { SipRequest } from '../../../../runtime/sip/message/message';
import { Bench } from './harness';

describe('RFC 3261 §16.10: CANCEL', () => {
  let bench: Bench;
  let invite: SipRequest;

  /** alice's CANCEL of her INVITE. */
  function cancel(headers: Readonly<Record<string, string>> = {}): void {
    bench.alice.send(bench.listener, 'CANCEL', {
      branch: invite.topVia.branch ?? '',
      contact: null,
      headers,
    });
  }

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('is answered 200 at once and goes to all branches, with its Reason', () => {
    const { alice, bob, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30');
    node.forkTo(bob.uri, carol.uri);
    invite = alice.send(listener, 'INVITE');
    const toBob = bob.nextRequest('INVITE');
    const toCarol = carol.nextRequest('INVITE');
    bob.respond(toBob, 180);
    carol.respond(toCarol, 180);
    expect(alice.drain()).toEqual(['100 INVITE', '180 INVITE', '180 INVITE']);
    cancel({ Reason: 'Q.850;cause=16;text="Normal"' });
    expect(alice.drain()).toEqual(['200 CANCEL']);
    for (const [phone, forwarded] of [
      [bob, toBob],
      [carol, toCarol],
    ] as const) {
      const received = phone.nextRequest('CANCEL');
      expect(received.headers.get('Reason')).toBe('Q.850;cause=16;text="Normal"');
      expect(received.requestUri).toBe(forwarded.requestUri);
      expect(received.topVia.branch).toBe(forwarded.topVia.branch);
      phone.respond(received, 200, { contact: null });
      phone.respond(forwarded, 487);
      phone.nextRequest('ACK');
    }
    expect(alice.drain()).toEqual(['487 INVITE']);
  });

  it('waits for a provisional response of the branch (§9.1)', () => {
    const { alice, bob, listener } = bench;
    invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    cancel();
    alice.nextResponse(200);
    expect(bob.drain()).toEqual([]);
    bob.respond(forwarded, 100);
    bob.respond(bob.nextRequest('CANCEL'), 200, { contact: null });
    bob.respond(forwarded, 487);
    alice.nextResponse(487);
  });

  it('loses the race against a 200, which goes back', () => {
    const { alice, bob, listener } = bench;
    invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    alice.nextResponse(180);
    cancel();
    alice.nextResponse(200);
    const late = bob.nextRequest('CANCEL');
    bob.respond(forwarded, 200);
    const success = alice.nextResponse(200);
    expect(success.cseq.method).toBe('INVITE');
    bob.respond(late, 481, { contact: null });
    alice.inDialog(invite, success, 'ACK', listener);
    bob.nextRequest('ACK');
    alice.inDialog(invite, success, 'BYE', listener);
    bob.respond(bob.nextRequest('BYE'), 200, { contact: null });
    alice.nextResponse(200);
  });

  it('that comes after the final response has no effect', () => {
    const { alice, bob, listener } = bench;
    invite = alice.send(listener, 'INVITE');
    bob.respond(bob.nextRequest('INVITE'), 486);
    bob.nextRequest('ACK');
    alice.drain();
    cancel();
    expect(alice.drain()).toEqual(['200 CANCEL']);
    expect(bob.drain()).toEqual([]);
  });

  it('starts no further group', () => {
    const { alice, bob, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30');
    node.forkTo([bob.uri, 1], [carol.uri, 0.5]);
    invite = alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    cancel();
    bob.respond(forwarded, 487);
    expect(carol.drain()).toEqual([]);
    expect(alice.drain()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL', '487 INVITE']);
  });

  it('says 487 and not what an earlier branch said', () => {
    const { alice, bob, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30');
    node.forkTo(bob.uri, carol.uri);
    invite = alice.send(listener, 'INVITE');
    bob.respond(bob.nextRequest('INVITE'), 486);
    const toCarol = carol.nextRequest('INVITE');
    carol.respond(toCarol, 180);
    cancel();
    carol.respond(toCarol, 487);
    expect(alice.drain()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL', '487 INVITE']);
  });

  it('ends a branch whose target never answers, 64*T1 after it (§9.1)', async () => {
    const { alice, bob, clock, listener } = bench;
    invite = alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    cancel();
    expect(alice.drain()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL']);
    await clock.run(31_000);
    expect(alice.drain()).toEqual([]);
    await clock.run(2_000);
    expect(alice.drain()).toContain('487 INVITE');
  });

  it('ends a branch at once that has no address yet', async () => {
    await bench.expectNothingLeft();
    const found: ((addresses: readonly string[]) => void)[] = [];
    bench = new Bench({}, [], () => new Promise((resolve) => found.push(resolve)));
    const { alice, clock, listener, node } = bench;
    node.forkTo('sip:bob@slow.example.net');
    invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    cancel();
    expect(alice.drain()).toEqual(['200 CANCEL', '487 INVITE']);
    found.forEach((resolve) => resolve(['192.0.2.20']));
    await clock.run(1);
    expect(bench.wire.ladder.filter((line) => line.includes('192.0.2.20'))).toEqual([]);
  });

  it('of another request than an INVITE has no effect (§9.1)', () => {
    const { alice, bob, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30');
    node.forkTo([bob.uri, 1], [carol.uri, 0.5]);
    invite = alice.send(listener, 'MESSAGE');
    cancel();
    expect(alice.drain()).toEqual(['200 CANCEL']);
    bob.respond(bob.nextRequest('MESSAGE'), 404);
    carol.respond(carol.nextRequest('MESSAGE'), 200);
    expect(alice.drain()).toEqual(['200 MESSAGE']);
  });

  it('for an INVITE that is not ours is not taken', () => {
    const { alice, listener, node } = bench;
    let taken: boolean | undefined;
    node.route = (transaction, channel) => {
      taken = node.proxy.cancel(transaction, transaction);
      node.proxy.forward(transaction, channel, node.plan);
    };
    alice.send(listener, 'MESSAGE');
    expect(taken).toBe(false);
    bench.bob.respond(bench.bob.nextRequest('MESSAGE'), 200);
    alice.nextResponse(200);
  });

  it('ends a re-INVITE that we forward', () => {
    const { alice, bob, listener } = bench;
    const first = alice.send(listener, 'INVITE');
    bob.respond(bob.nextRequest('INVITE'), 200);
    alice.nextResponse(100);
    const success = alice.nextResponse(200);
    alice.inDialog(first, success, 'ACK', listener);
    bob.nextRequest('ACK');
    invite = alice.inDialog(first, success, 'INVITE', listener, { contact: alice.contact });
    const again = bob.nextRequest('INVITE');
    bob.respond(again, 180);
    const to = invite.headers.get('To') ?? '';
    alice.send(listener, 'CANCEL', {
      branch: invite.topVia.branch ?? '',
      cseq: 2,
      contact: null,
      headers: { To: to },
    });
    bob.respond(bob.nextRequest('CANCEL'), 200, { contact: null });
    bob.respond(again, 487);
    expect(alice.drain()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL', '487 INVITE']);
  });
});
