import type { ForwardTarget } from '../../../../runtime/sip/server/port';
import type { Listener } from '../../../../runtime/sip/transport/port';
import { Bench, Phone, ProxyNode, Wire } from './harness';

const p1: Listener = { protocol: 'UDP', host: '192.0.2.1', port: 5060 };
const p2: Listener = { protocol: 'UDP', host: '192.0.2.2', port: 5060 };

/** Proxies whose users' contacts are users of theirs, and what a request to one of them sets off. */
class Network {
  readonly wire = new Wire();
  readonly caller = new Phone(this.wire, 'caller', { host: '192.0.2.10', port: 5060 });
  readonly nodes: ProxyNode[] = [];

  /** `contacts` by the user of the request URI; the user's parameters do not count (RFC 3261 §10.3). */
  add(listener: Listener, contacts: Readonly<Record<string, readonly string[]>>): void {
    const node = new ProxyNode(this.wire, [listener], { seed: this.nodes.length + 1 });
    node.route = (transaction, channel) => {
      const { uri } = transaction.request;
      const user = uri.scheme === 'tel' ? '' : (uri.user ?? '');
      const targets = (contacts[user] ?? []).map((contact): ForwardTarget => ({
        uri: contact,
        routes: [],
        q: 1,
      }));
      node.proxy.forward(transaction, channel, { targets, recordRoute: false });
    };
    this.nodes.push(node);
  }

  /** How many requests the proxies have sent because of one. */
  forwarded(method: string): number {
    return this.wire.ladder.filter(
      (line) => line.startsWith(`${method} `) && !line.includes('192.0.2.10:5060 >'),
    ).length;
  }

  async expectNothingLeft(): Promise<void> {
    await this.wire.clock.run(400_000);
    for (const { agent, proxy } of this.nodes) {
      expect([proxy.open, agent.openTransactions]).toEqual([0, 0]);
    }
    expect(this.wire.clock.pending).toBe(0);
    this.wire.close();
  }
}

describe('RFC 5393 §3: amplification by loops', () => {
  it('two users of each of two proxies who fork to those of the other: 14 requests, not 2^71', async () => {
    const network = new Network();
    network.add(p1, {
      a: ['sip:a@192.0.2.2', 'sip:b@192.0.2.2'],
      b: ['sip:a@192.0.2.2', 'sip:b@192.0.2.2'],
    });
    network.add(p2, {
      a: ['sip:a@192.0.2.1', 'sip:b@192.0.2.1'],
      b: ['sip:a@192.0.2.1', 'sip:b@192.0.2.1'],
    });
    network.caller.send(p1, 'INVITE', { uri: 'sip:a@192.0.2.1' });
    expect(network.forwarded('INVITE')).toBe(14);
    expect(network.caller.drain()).toEqual(['100 INVITE', '482 INVITE']);
    await network.expectNothingLeft();
  });

  it('one user of one proxy with two contacts that differ in a parameter: 10 requests', async () => {
    const network = new Network();
    network.add(p1, {
      a: ['sip:a@192.0.2.1;unknown-param=whack', 'sip:a@192.0.2.1;unknown-param=thud'],
    });
    network.caller.send(p1, 'INVITE', { uri: 'sip:a@192.0.2.1' });
    expect(network.forwarded('INVITE')).toBe(10);
    expect(network.caller.drain()).toEqual(['100 INVITE', '482 INVITE']);
    await network.expectNothingLeft();
  });

  it.each([
    [1, 1],
    [2, 4],
    [3, 15],
    [4, 64],
    [5, 325],
  ])('%i users who all fork to all: %i requests (the table of §3)', async (users, requests) => {
    const network = new Network();
    const names = Array.from({ length: users }, (_, i) => `u${i}`);
    const all = names.map((name) => `sip:${name}@192.0.2.1`);
    network.add(p1, Object.fromEntries(names.map((name) => [name, all])));
    network.caller.send(p1, 'INVITE', { uri: 'sip:u0@192.0.2.1' });
    expect(network.forwarded('INVITE')).toBe(requests);
    expect(network.caller.drain()).toEqual(['100 INVITE', '482 INVITE']);
    await network.expectNothingLeft();
  });
});

describe('RFC 5393 §4.2: loops and spirals', () => {
  it('a request that comes back unchanged by way of another proxy gets 482', async () => {
    const network = new Network();
    network.add(p1, { a: ['sip:a@192.0.2.2'] });
    network.add(p2, { a: ['sip:a@192.0.2.1'] });
    network.caller.send(p1, 'MESSAGE', { uri: 'sip:a@192.0.2.1' });
    expect(network.forwarded('MESSAGE')).toBe(2);
    network.caller.nextResponse(482);
    await network.expectNothingLeft();
  });

  it('one that comes back for somebody else is a spiral, and goes on', async () => {
    const network = new Network();
    const callee = new Phone(network.wire, 'callee', { host: '192.0.2.20', port: 5060 });
    network.add(p1, { joe: ['sip:home@192.0.2.2'], joes: ['sip:callee@192.0.2.20'] });
    network.add(p2, { home: ['sip:joes@192.0.2.1'] });
    network.caller.send(p1, 'INVITE', { uri: 'sip:joe@192.0.2.1' });
    const invite = callee.nextRequest('INVITE');
    expect(invite.via.map(({ host }) => host)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.1',
      '192.0.2.10',
    ]);
    callee.respond(invite, 200);
    expect(network.caller.drain()).toEqual(['100 INVITE', '200 INVITE']);
    await network.expectNothingLeft();
  });

  it('what else the routing looks at tells a spiral from a loop', async () => {
    const bench = new Bench();
    const { alice, bob, listener, node } = bench;
    let visits = 0;
    node.route = (transaction, channel) => {
      visits += 1;
      const uri = visits === 1 ? 'sip:a@192.0.2.1' : bob.uri;
      const targets = [{ uri, routes: [], q: 1 }];
      node.proxy.forward(transaction, channel, { targets, decidedBy: `visit ${visits}` });
    };
    alice.send(listener, 'MESSAGE', { uri: 'sip:a@192.0.2.1' });
    bob.respond(bob.nextRequest('MESSAGE'), 200);
    alice.nextResponse(200);
    await bench.expectNothingLeft();
  });

  it('the branches of one fork, its CANCEL and its ACK have one second part, and each its own first', () => {
    const bench = new Bench();
    const { alice, bob, listener, node } = bench;
    const carol = bench.phone('carol', '192.0.2.30');
    node.forkTo(bob.uri, carol.uri);
    const invite = alice.send(listener, 'INVITE');
    const branches = [bob, carol].map((phone) => phone.nextRequest('INVITE').topVia.branch ?? '');
    const [first = '', second = ''] = branches;
    expect(first).not.toBe(second);
    expect(first.split('.')[1]).toMatch(/^[0-9a-f]{16}$/);
    expect(first.split('.')[1]).toBe(second.split('.')[1]);
    // §4.2.1: it does not vary with the method.
    alice.send(listener, 'MESSAGE', { callId: invite.callId, fromTag: invite.from.tag ?? '' });
    const other = bob.nextRequest('MESSAGE').topVia.branch ?? '';
    expect(other.split('.')[1]).toBe(first.split('.')[1]);
    bench.node.proxy.close();
    bench.wire.close();
    return bench.node.agent.close();
  });
});
