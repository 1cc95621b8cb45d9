import { Bench } from './harness';

describe('RFC 3261 §16.6: a proxy that forwards an INVITE to one target', () => {
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
    bob.respond(forwarded, 180);
    alice.nextResponse(180);
    bob.respond(forwarded, 486, { reason: 'Busy Here' });
    bob.nextRequest('ACK');
    const refusal = alice.nextResponse(486);
    expect(refusal.reason).toBe('Busy Here');
    expect(refusal.via).toHaveLength(1);
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
    alice.inDialog(invite, success, 'ACK', listener);
    const ack = bob.nextRequest('ACK');
    expect(ack.routes).toEqual([]);
    expect(ack.requestUri).toBe(bob.uri);
    alice.inDialog(invite, success, 'BYE', listener);
    const bye = bob.nextRequest('BYE');
    bob.respond(bye, 200, { contact: null });
    alice.nextResponse(200);
  });

  it('answers a CANCEL itself and cancels the branch', () => {
    const { alice, bob, listener } = bench;
    const invite = alice.send(listener, 'INVITE');
    alice.nextResponse(100);
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    alice.nextResponse(180);
    alice.send(listener, 'CANCEL', { branch: invite.topVia.branch ?? '', contact: null });
    alice.nextResponse(200);
    const cancel = bob.nextRequest('CANCEL');
    expect(cancel.topVia.branch).toBe(forwarded.topVia.branch);
    bob.respond(cancel, 200, { contact: null });
    bob.respond(forwarded, 487);
    bob.nextRequest('ACK');
    const refusal = alice.nextResponse(487);
    alice.ackRefusal(invite, refusal, listener);
  });
});
