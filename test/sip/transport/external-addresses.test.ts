import { ExternalAddresses } from '../../../runtime/sip/transport/external-addresses';
import type { LocalAddresses } from '../../../runtime/sip/transport/local-addresses';

/** 192.168.1.0/24 is attached. */
const addresses: LocalAddresses = {
  towards: () => '192.168.1.10',
  isNear: (peer) => peer.startsWith('192.168.1.') || peer.startsWith('127.'),
  isOwn: () => false,
};

describe('the external address for each network', () => {
  const each = new ExternalAddresses(
    [
      { network: '203.0.113.0/24', address: '198.51.100.1' },
      { network: '192.168.1.77', address: '192.168.1.200' },
      { network: '2001:db8:1::/48', address: '2001:db8::1' },
      { network: '*', address: '198.51.100.2' },
    ],
    ['10.0.0.0/8', 'fd00::/8'],
    addresses,
  );

  test.each([
    ['of the first network that holds the peer', '203.0.113.9', '198.51.100.1'],
    ['of a single address, attached or not', '192.168.1.77', '192.168.1.200'],
    ['of all the rest', '192.0.2.1', '198.51.100.2'],
    ['none: an attached network', '192.168.1.5', undefined],
    ['none: this machine', '127.0.0.1', undefined],
    ['none: a network said to be local', '10.99.0.1', undefined],
  ])('%s', (_what, peer, expected) => {
    expect(each.towards(peer, '192.168.1.10')).toBe(expected);
  });

  test.each([
    ['of its own family', '2001:db8:1::5', '2001:db8::1'],
    ['none: a local network', 'fd00::5', undefined],
    ['none: no entry of that family', '2001:db8:9::5', undefined],
  ])('over IPv6, %s', (_what, peer, expected) => {
    expect(each.towards(peer, '2001:db8:9::10')).toBe(expected);
  });

  test('is never a private one of ours, when there is any other', () => {
    const one = new ExternalAddresses(
      [{ network: '203.0.113.0/24', address: '198.51.100.1' }],
      undefined,
      addresses,
    );
    expect(one.towards('192.0.2.1', '192.168.1.10')).toBe('198.51.100.1');
    expect(one.towards('192.0.2.1', '198.51.100.77')).toBeUndefined();
    expect(one.towards('10.1.1.1', '192.168.1.10')).toBeUndefined();
    expect(one.towards('192.168.1.9', '192.168.1.10')).toBeUndefined();
  });

  test('need not be there', () => {
    const none = new ExternalAddresses(undefined, undefined, addresses);
    expect(none.towards('192.0.2.1', '192.168.1.10')).toBeUndefined();
  });

  test('knows what peers are told to send to', () => {
    expect(each.includes('198.51.100.2', false)).toBe(true);
    expect(each.includes('198.51.100.2', true)).toBe(false);
    expect(each.includes('198.51.100.3', false)).toBe(false);
  });

  test.each(['somewhere', '192.0.2.0/33', '192.0.2.0/x', '192.0.2.0/', '2001:db8::/129', '/8'])(
    'is not for %j, which is no network',
    (network) => {
      const entry = { network, address: '192.0.2.1' };
      expect(() => new ExternalAddresses([entry], undefined, addresses)).toThrow(/no network/);
      expect(() => new ExternalAddresses(undefined, [network], addresses)).toThrow(/no network/);
    },
  );
});
