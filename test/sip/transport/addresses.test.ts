import type { networkInterfaces } from 'node:os';
import { VirtualClock } from '../../../runtime/core/virtual-clock';
import {
  isWildcard,
  SystemAddresses,
  withoutZone,
} from '../../../runtime/sip/transport/local-addresses';
import { loopbacks, outgoing, TestLayer, UdpPeer, wire, ok, fail } from './harness';

const interfaces = (): ReturnType<typeof networkInterfaces> => ({
  lo: [entry('127.0.0.1', 8, true), entry('::1', 128, true)],
  eth0: [entry('192.0.2.10', 24), entry('2001:db8::10', 64)],
  eth1: [entry('10.1.0.5', 16)],
});

function entry(address: string, prefix: number, internal = false) {
  const shared = { address, netmask: '', mac: '', internal, cidr: `${address}/${prefix}` };
  return address.includes(':')
    ? ({ ...shared, family: 'IPv6', scopeid: 0 } as const)
    : ({ ...shared, family: 'IPv4' } as const);
}

function addressesWith(routes: Readonly<Record<string, string>>, clock = new VirtualClock()) {
  const asked: string[] = [];
  const addresses = new SystemAddresses(clock, interfaces, (peer) => {
    asked.push(peer);
    return routes[peer];
  });
  return { addresses, asked, clock };
}

describe('the address of ours that a peer can reach', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.9.9.9', '127.0.0.1'],
    ['::1', '::1'],
  ])('for %s is %s', (peer, expected) => {
    const { addresses } = addressesWith({});
    expect(addresses.towards(peer)).toBe(expected);
    expect(addresses.isNear(peer)).toBe(true);
  });

  test('is the one that the system would send from', () => {
    const { addresses } = addressesWith({ '203.0.113.1': '10.1.0.5' });
    expect(addresses.towards('203.0.113.1')).toBe('10.1.0.5');
    expect(addresses.isNear('203.0.113.1')).toBe(false);
  });

  test('is that of the attached network when the system does not say', () => {
    const { addresses } = addressesWith({});
    expect(addresses.towards('10.1.77.7')).toBe('10.1.0.5');
    expect(addresses.isNear('10.1.77.7')).toBe(true);
    expect(addresses.towards('2001:db8::77')).toBe('2001:db8::10');
  });

  test('is the first of the family when nothing else is known', () => {
    const { addresses } = addressesWith({});
    expect(addresses.towards('203.0.113.1')).toBe('192.0.2.10');
    expect(addresses.towards('2001:db8:ffff::1')).toBe('2001:db8::10');
  });

  test('is looked for once a minute for each network', () => {
    const { addresses, asked, clock } = addressesWith({});
    addresses.towards('203.0.113.1');
    addresses.towards('203.0.113.200');
    addresses.isNear('203.0.113.3');
    expect(asked).toEqual(['203.0.113.1']);
    addresses.towards('198.51.100.1');
    expect(asked).toEqual(['203.0.113.1', '198.51.100.1']);
    clock.advance(60_000);
    addresses.towards('203.0.113.1');
    expect(asked).toHaveLength(3);
  });

  test('has no zone for others', () => {
    expect(withoutZone('fe80::1%eth0')).toBe('fe80::1');
    expect(isWildcard('::')).toBe(true);
  });

  test('is asked of the system itself without sending anything', () => {
    const addresses = new SystemAddresses(new VirtualClock());
    for (const host of loopbacks) expect(addresses.towards(host)).toBe(host);
  });
});

describe('a listener on all addresses', () => {
  const clock = new VirtualClock();

  test.each(loopbacks)('names %s to a peer there, in Via and Contact', async (host) => {
    const wildcard = host.includes(':') ? '::' : '0.0.0.0';
    const ours = await TestLayer.start(clock, [{ protocol: 'UDP', host: wildcard, port: 0 }]);
    const peer = await UdpPeer.start(host);
    const { port } = ours.address('UDP');
    const channel = ours.send({ protocol: 'UDP', host, port: peer.port }, outgoing());
    expect((await peer.messages.next()).topVia).toMatchObject({ host, port });
    expect(ours.layer.contactAddress(channel)).toEqual({ protocol: 'UDP', host, port });
    expect(channel.local).toEqual({ host, port });
    peer.send(wire({ via: 'SIP/2.0/UDP x:9;rport;branch=z9hG4bKa' }), { host, port });
    const request = await ours.requests.next();
    expect(request.channel.local).toEqual({ host, port });
    request.channel.send(ok(request.message), fail);
    expect(await peer.messages.next()).toMatchObject({ status: 200 });
    peer.close();
    await ours.layer.close();
  });

  test.each(loopbacks)('can stand beside one of the other family (%s)', async () => {
    const ours = await TestLayer.start(clock, [{ protocol: 'UDP', host: '0.0.0.0', port: 0 }]);
    const { port } = ours.address('UDP');
    if (loopbacks.length > 1) {
      const other = await TestLayer.start(clock, [{ protocol: 'UDP', host: '::', port }]);
      await other.layer.close();
    }
    await ours.layer.close();
  });
});

describe('the external address', () => {
  const clock = new VirtualClock();
  const { addresses } = addressesWith({});
  const network = {
    bind: (local: { readonly host: string; readonly port: number }) =>
      Promise.resolve({ local, send: () => undefined, close: () => Promise.resolve() }),
  };
  const listen = [
    { protocol: 'UDP', host: '0.0.0.0', port: 5062 },
    { protocol: 'UDP', host: '::', port: 5062 },
  ] as const;

  async function announcedTo(host: string, externalAddress: string): Promise<string> {
    const options = { addresses, network, externalAddress };
    const { layer } = await TestLayer.start(clock, listen, options);
    const request = outgoing();
    const channel = layer.open({ protocol: 'UDP', host, port: 5060 }, request);
    const contact = layer.contactAddress(channel);
    expect({ host: request.topVia.host, port: request.topVia.port }).toEqual({
      host: contact.host,
      port: contact.port,
    });
    await layer.close();
    return `${contact.host} ${contact.port}`;
  }

  test('stands in Via and Contact for peers beyond the NAT', async () => {
    expect(await announcedTo('203.0.113.1', '198.51.100.7')).toBe('198.51.100.7 5062');
  });

  test('may be a name', async () => {
    expect(await announcedTo('203.0.113.1', 'sip.example')).toBe('sip.example 5062');
    expect(await announcedTo('2001:db8:1::1', 'sip.example')).toBe('sip.example 5062');
  });

  test.each([
    ['on this machine', '127.0.0.1', '127.0.0.1 5062'],
    ['on an attached network', '10.1.3.4', '10.1.0.5 5062'],
    ['of the other family', '2001:db8:1::1', '2001:db8::10 5062'],
  ])('is not for peers %s', async (_what, peer, expected) => {
    expect(await announcedTo(peer, '198.51.100.7')).toBe(expected);
  });
});

describe('a request for a host and port comes to us', () => {
  const clock = new VirtualClock();
  const { addresses } = addressesWith({});
  const network = {
    bind: (local: { readonly host: string; readonly port: number }) =>
      Promise.resolve({ local, send: () => undefined, close: () => Promise.resolve() }),
  };

  test.each([
    ['the very address', '192.0.2.10', 5060, true],
    ['another port', '192.0.2.10', 5061, false],
    ['any address of this machine, where all are listened on', '10.1.0.5', 5062, true],
    ['this machine itself', '127.0.0.1', 5062, true],
    ['not that of another machine', '10.1.0.6', 5062, false],
    ['IPv6, however it is written', '2001:DB8:0:0:0:0:0:10', 5062, true],
    ['the external address', '198.51.100.7', 5062, true],
    ['a name that is not ours', 'sip.example', 5062, false],
  ])('%s', async (_what, host, port, expected) => {
    const listen = [
      { protocol: 'UDP', host: '192.0.2.10', port: 5060 },
      { protocol: 'UDP', host: '0.0.0.0', port: 5062 },
      { protocol: 'UDP', host: '::', port: 5062 },
    ] as const;
    const externalAddress = [{ network: '*', address: '198.51.100.7' }];
    const options = { addresses, network, externalAddress };
    const { layer } = await TestLayer.start(clock, listen, options);
    expect(layer.answersTo(host, port)).toBe(expected);
    await layer.close();
  });

  test('by the external name', async () => {
    const options = { addresses, network, externalAddress: 'sip.example' };
    const listen = [{ protocol: 'UDP', host: '0.0.0.0', port: 5062 }] as const;
    const { layer } = await TestLayer.start(clock, listen, options);
    expect(layer.answersTo('SIP.example.', 5062)).toBe(true);
    await layer.close();
  });

  test('over TCP, too', async () => {
    const ours = await TestLayer.start(clock, [{ protocol: 'TCP', host: '127.0.0.1', port: 0 }]);
    const { host, port } = ours.address('TCP');
    expect(ours.layer.answersTo(host, port)).toBe(true);
    await ours.layer.close();
  });

  test('with interfaces that are looked at once a minute', () => {
    let looked = 0;
    const counted = new SystemAddresses(clock, () => {
      looked += 1;
      return interfaces();
    });
    expect(counted.isOwn('10.1.0.5')).toBe(true);
    expect(counted.isOwn('10.1.0.6')).toBe(false);
    expect(looked).toBe(1);
    clock.advance(60_000);
    expect(counted.isOwn('10.1.0.5')).toBe(true);
    expect(looked).toBe(2);
  });
});
