import type { PeerCertificate } from 'node:tls';
import { certificateNames, checkServerName } from '../../../runtime/sip/transport/tls-names';

/** As node:tls gives it, the members that count. */
function certificate(subjectaltname: string | undefined, commonName?: string): PeerCertificate {
  const parts: Partial<PeerCertificate> = {
    ...(subjectaltname === undefined ? {} : { subjectaltname }),
    ...(commonName === undefined
      ? {}
      : { subject: { CN: commonName, C: '', ST: '', L: '', O: '', OU: '' } }),
  };
  return parts as PeerCertificate;
}

describe('whom a certificate speaks for', () => {
  test.each([
    ['DNS names', 'DNS:A.example, DNS:b.example', ['a.example', 'b.example']],
    ['sip: URIs', 'URI:sip:Carrier.example, DNS:x', ['carrier.example', 'x']],
    [
      'addresses',
      'IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
      ['192.0.2.1', '2001:db8::1'],
    ],
    [
      'quoted names',
      'URI:"sip:a.example;x=\\"y, DNS:evil.example\\"", DNS:b.example',
      ['b.example'],
    ],
    ['each once', 'DNS:a.example, URI:sip:a.example', ['a.example']],
    ['nobody: other schemes', 'URI:sips:a.example, URI:https://a.example', []],
    ['nobody: users', 'URI:sip:bob@a.example', []],
    ['nobody: mail', 'email:a@a.example', []],
    ['nobody: nonsense', 'URI:"sip:\\x", URI:sip:', []],
  ])('%s', (_what, text, expected) => {
    // RFC 5922 §7.1: with an alternative name, of whatever kind, the common name says nothing.
    expect(certificateNames(certificate(text, 'common.example'))).toEqual(expected);
  });

  test('the common name, without any alternative', () => {
    expect(certificateNames(certificate(undefined, 'Old.example'))).toEqual(['old.example']);
    expect(certificateNames(certificate(undefined))).toEqual([]);
  });
});

test('an error says whom the certificate is for', () => {
  const error = checkServerName('a.example', certificate('DNS:b.example, DNS:*.c.example'));
  expect(error?.message).toBe('the certificate of a.example is for b.example, *.c.example');
  expect(checkServerName('a.example', certificate(undefined))?.message).toMatch(/nobody/);
  expect(checkServerName('A.Example.', certificate('DNS:a.example'))).toBeUndefined();
  expect(checkServerName('x.c.example', certificate('DNS:*.c.example'))).toBeDefined();
  const address = certificate('IP Address:2001:DB8:0:0:0:0:0:1');
  expect(checkServerName('2001:db8::1', address)).toBeUndefined();
});
