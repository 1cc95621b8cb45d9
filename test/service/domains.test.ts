import { Domains } from '../../runtime/service/domains';
import { parseUri } from '../../runtime/sip/message/uri';

function domains(names: readonly string[] = ['Example.com', 'example.org']): Domains {
  return new Domains({
    domains: names,
    isOwnHost: (host) => host === '192.0.2.1',
    isOwnPort: (port) => port === 5060,
  });
}

describe('an address of record has one spelling (RFC 3261 §10.3)', () => {
  test.each([
    ['sip:alice@example.com', 'sip:alice@example.com'],
    ['sips:alice@EXAMPLE.COM:5062;transport=tls', 'sip:alice@example.com'],
    ['sip:Alice@example.org', 'sip:Alice@example.org'],
    ['sip:%61lice@example.com', 'sip:alice@example.com'],
    ['sip:alice@192.0.2.1', 'sip:alice@example.com'],
    ['sip:alice@192.0.2.1:5060', 'sip:alice@example.com'],
    ['tel:+1-201-555-0123', 'sip:+12015550123@example.com'],
  ])('%s is %s', (text, aor) => {
    expect(domains().aorOf(parseUri(text))).toBe(aor);
  });

  test.each([
    ['another domain', 'sip:alice@example.net'],
    ['another port of our address', 'sip:alice@192.0.2.1:5070'],
    ['no user', 'sip:example.com'],
  ])('%s has none', (_what, text) => {
    expect(domains().aorOf(parseUri(text))).toBeUndefined();
  });

  test('without a domain, users of our addresses are users of one realm', () => {
    expect(domains([]).aorOf(parseUri('sip:bob@192.0.2.1'))).toBe('sip:bob@callchart');
    expect(domains([]).aorOfName('bob')).toBe('sip:bob@callchart');
  });

  test('a name belongs to the first domain, unless it says another of ours', () => {
    expect(domains().aorOfName('bob')).toBe('sip:bob@example.com');
    expect(domains().aorOfName('bob@example.org')).toBe('sip:bob@example.org');
    expect(domains().aorOfName('bob@example.net')).toBeUndefined();
  });
});
