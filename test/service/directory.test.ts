import { Directory } from '../../runtime/service/directory';
import { parseUri } from '../../runtime/sip/message/uri';
import { AddressBook } from '../../runtime/sip/server/address-of-record';

const names: Readonly<Record<string, string>> = { alice: 'alice', '100': 'alice' };

const directory = new Directory({
  addresses: new AddressBook({
    domain: 'example.com',
    isOurs: (host) => ['example.com', 'example.org', '192.0.2.1'].includes(host),
    userOf: (name) => names[name],
  }),
  domains: ['Example.com', 'example.org'],
  isOwnHost: (host) => host === '192.0.2.1',
  isOwnPort: (port) => port === 5060,
});

const alice = 'sip:alice@example.com';

describe('a user has one address of record (RFC 3261 §10.3), whatever is called', () => {
  test.each([
    'sip:alice@example.com',
    'sips:alice@EXAMPLE.COM:5062;transport=tls',
    'sip:alice@example.org',
    'sip:%61lice@example.com',
    'sip:100@192.0.2.1',
    'sip:alice@192.0.2.1:5060',
    'tel:1-0-0',
  ])('%s', (text) => {
    expect(directory.userOf(parseUri(text))).toBe(alice);
  });

  test.each([
    ['another domain', 'sip:alice@example.net'],
    ['another port of our address', 'sip:alice@192.0.2.1:5070'],
    ['no user', 'sip:example.com'],
    ['nobody', 'sip:mallory@example.com'],
  ])('%s names none', (_what, text) => {
    expect(directory.userOf(parseUri(text))).toBeUndefined();
  });

  test('a name may say a domain, if that is ours', () => {
    expect(directory.userNamed('alice')).toBe(alice);
    expect(directory.userNamed('100@example.org')).toBe(alice);
    expect(directory.userNamed('alice@example.net')).toBeUndefined();
    expect(directory.userNamed('mallory')).toBeUndefined();
  });
});
