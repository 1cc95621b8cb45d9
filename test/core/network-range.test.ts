import { NetworkList, parseNetworkRange } from '../../runtime/core/network-range';

describe('a network', () => {
  it.each([
    ['203.0.113.0/24', 24],
    ['203.0.113.7', 32],
    ['2001:db8::/32', 32],
    ['::1', 128],
  ])('%s has a prefix of %d', (text, prefix) => {
    expect(parseNetworkRange(text)?.prefix).toBe(prefix);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'example.com',
    '::1/129',
    '1.2.3/8',
    'fe80::1%eth0',
  ])('%j is none', (text) => {
    expect(parseNetworkRange(text)).toBeUndefined();
  });
});

describe('a list of networks', () => {
  const list = new NetworkList(['203.0.113.0/24', '192.0.2.1', '2001:db8::/32']);

  it.each([
    ['203.0.113.99', true],
    ['203.0.114.1', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['2001:db8::7', true],
    ['2001:db8::7%eth0', true],
    ['2001:db9::7', false],
    ['::ffff:203.0.113.99', true],
    ['nonsense', false],
  ])('has %s: %s', (address, expected) => {
    expect(list.has(address)).toBe(expected);
  });

  it('has nothing when it is empty', () => {
    expect(new NetworkList([]).has('127.0.0.1')).toBe(false);
  });
});
