import { Bench } from './harness';

describe('RFC 3261 §16.6 step 11, §16.8: timer C', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('cancels an INVITE that rings for more than three minutes; the caller gets 408', async () => {
    const { alice, bob, clock, listener } = bench;
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    alice.drain();
    await clock.run(180_500);
    expect(bob.drain()).toEqual([]);
    await clock.run(1_000);
    const cancel = bob.nextRequest('CANCEL');
    expect(cancel.reasons[0]).toMatchObject({ cause: 408 });
    bob.respond(cancel, 200, { contact: null });
    bob.respond(forwarded, 487);
    expect(alice.drain()).toEqual(['408 INVITE']);
  });

  it('starts anew with each provisional response but 100', async () => {
    const { alice, bob, clock, listener } = bench;
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    await clock.run(120_000);
    bob.respond(forwarded, 180);
    await clock.run(120_000);
    bob.respond(forwarded, 100);
    expect(bob.drain()).toEqual([]);
    await clock.run(62_000);
    bob.respond(bob.nextRequest('CANCEL'), 200, { contact: null });
    bob.respond(forwarded, 487);
    expect(alice.drain().at(-1)).toBe('408 INVITE');
  });

  it('lets a 200 through that crosses its CANCEL', async () => {
    const { alice, bob, clock, listener } = bench;
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    await clock.run(181_500);
    bob.nextRequest('CANCEL');
    bob.respond(forwarded, 200);
    expect(alice.drain().at(-1)).toBe('200 INVITE');
  });

  it('never begins for other requests', async () => {
    const { alice, bob, clock, listener } = bench;
    alice.send(listener, 'MESSAGE');
    const forwarded = bob.nextRequest('MESSAGE');
    const before = clock.pending;
    bob.respond(forwarded, 200);
    alice.nextResponse(200);
    expect(before).toBe(2);
  });

  it('can be shorter for all of the ringing, whatever comes meanwhile; the next group follows', async () => {
    const { alice, bob, clock, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30');
    node.forkTo([bob.uri, 1], [carol.uri, 0.5]);
    node.plan = { ...node.plan, timeout: 20_000 };
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 180);
    await clock.run(15_000);
    bob.respond(forwarded, 180);
    await clock.run(6_000);
    bob.respond(bob.nextRequest('CANCEL'), 200, { contact: null });
    expect(carol.drain()).toEqual([]);
    bob.respond(forwarded, 487);
    const second = carol.nextRequest('INVITE');
    carol.respond(second, 180);
    await clock.run(19_000);
    carol.respond(second, 200);
    expect(alice.drain().at(-1)).toBe('200 INVITE');
  });

  it('ends a branch without any response as if it had answered 408', async () => {
    const { alice, bob, clock, listener, node } = bench;
    node.plan = { ...node.plan, timeout: 10_000 };
    alice.send(listener, 'INVITE');
    bob.nextRequest('INVITE');
    await clock.run(9_500);
    expect(alice.drain()).toEqual(['100 INVITE']);
    await clock.run(1_000);
    expect(alice.drain()).toContain('408 INVITE');
    expect(bob.drain().every((method) => method === 'INVITE')).toBe(true);
  });
});

describe('RFC 3261 §16.7 step 6, RFC 4320: requests that nobody answers', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.expectNothingLeft());

  it('an INVITE gets 408 when timer B has fired', async () => {
    const { alice, clock, listener } = bench;
    alice.send(listener, 'INVITE');
    await clock.run(31_900);
    expect(alice.drain()).toEqual(['100 INVITE']);
    await clock.run(300);
    expect(alice.drain()).toContain('408 INVITE');
  });

  it('any other gets 100 when it is late, and never 408', async () => {
    const { alice, bob, clock, listener } = bench;
    alice.send(listener, 'MESSAGE');
    await clock.run(3_400);
    expect(alice.drain()).toEqual([]);
    await clock.run(60_000);
    expect(alice.drain()).toEqual(['100 MESSAGE']);
    expect(bob.drain().length).toBeGreaterThan(5);
  });

  it('a 408 to another request than INVITE is not forwarded (RFC 4320 §4.2)', async () => {
    const { alice, bob, clock, listener, node } = bench;
    const told: unknown[] = [];
    node.plan = { ...node.plan, onFinal: (response) => told.push(response) };
    alice.send(listener, 'MESSAGE');
    bob.respond(bob.nextRequest('MESSAGE'), 408);
    await clock.run(60_000);
    expect(alice.drain()).toEqual(['100 MESSAGE']);
    expect(told).toEqual([undefined]);
  });

  it('a provisional response to another request than INVITE is not forwarded (RFC 4320 §4.1)', () => {
    const { alice, bob, listener } = bench;
    alice.send(listener, 'MESSAGE');
    const forwarded = bob.nextRequest('MESSAGE');
    bob.respond(forwarded, 100);
    bob.respond(forwarded, 183);
    expect(alice.drain()).toEqual([]);
    bob.respond(forwarded, 200);
    alice.nextResponse(200);
  });

  it('a final response that comes after the caller has given up is not forwarded (RFC 4320 §4.2)', async () => {
    const { alice, bob, clock, listener, wire } = bench;
    alice.send(listener, 'MESSAGE');
    const forwarded = bob.nextRequest('MESSAGE');
    await clock.run(40_000);
    alice.drain();
    bob.respond(forwarded, 200);
    expect(alice.drain()).toEqual([]);
    expect(wire.drops.map(({ reason }) => reason)).toContain('stray-response');
  });
});

describe('RFC 6026 §7: late and stray responses', () => {
  it('a 2xx that is sent again is forwarded again, for 64*T1; then it is dropped', async () => {
    const bench = new Bench();
    const { alice, bob, clock, listener, wire } = bench;
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 200);
    await clock.run(30_000);
    bob.respond(forwarded, 200);
    expect(alice.drain()).toEqual(['100 INVITE', '200 INVITE', '200 INVITE']);
    await clock.run(3_000);
    bob.respond(forwarded, 200);
    expect(alice.drain()).toEqual([]);
    expect(wire.drops.map(({ reason }) => reason)).toEqual(['stray-response']);
    await bench.expectNothingLeft();
  });

  it('a response by no branch of ours is dropped, not forwarded (§8.9)', async () => {
    const bench = new Bench();
    const { alice, bob, listener } = bench;
    alice.send(listener, 'INVITE');
    const forwarded = bob.nextRequest('INVITE');
    bob.respond(forwarded, 404);
    alice.drain();
    forwarded.headers.set(
      'Via',
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnone, SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKx',
    );
    bob.respond(forwarded, 200);
    bob.respond(forwarded, 404);
    expect(alice.drain()).toEqual([]);
    await bench.expectNothingLeft();
  });
});
