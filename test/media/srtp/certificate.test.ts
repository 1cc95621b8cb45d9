import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import {
  createDtlsCertificate,
  fingerprintOf,
  matchesFingerprint,
} from '../../../runtime/media/srtp/certificate';

const NOW = Date.UTC(2026, 10, 22);

describe('our certificate', () => {
  const { der, privateKey, fingerprint } = createDtlsCertificate(NOW);
  const read = new X509Certificate(der);

  it('is one that others can read: P-256, signed by itself, valid now and for years', () => {
    expect(read.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(privateKey)).toBe(true);
    expect(read.publicKey.equals(createPublicKey(privateKey))).toBe(true);
    expect(read.issuer).toBe(read.subject);
    expect(Date.parse(read.validFrom)).toBeLessThan(NOW);
    expect(Date.parse(read.validTo)).toBeGreaterThan(NOW + 5 * 365 * 86_400_000);
  });

  it('is readable in every year, also past 2049 where the form of times changes', () => {
    const late = new X509Certificate(createDtlsCertificate(Date.UTC(2045, 0, 1)).der);
    expect(new Date(late.validTo).getUTCFullYear()).toBe(2054);
    expect(new Date(late.validFrom).getUTCFullYear()).toBe(2044);
  });

  it('has the fingerprint that RFC 8122 §5 writes: capitals with colons', () => {
    expect(fingerprint).toEqual({ algorithm: 'sha-256', value: read.fingerprint256 });
    expect(fingerprint.value).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it('is another one each time', () => {
    expect(createDtlsCertificate(NOW).fingerprint).not.toEqual(fingerprint);
  });

  it('matches its fingerprint in small letters too, under every hash that may be used, and no other', () => {
    expect(matchesFingerprint(der, fingerprint)).toBe(true);
    expect(
      matchesFingerprint(der, { algorithm: 'SHA-256', value: fingerprint.value.toLowerCase() }),
    ).toBe(true);
    for (const algorithm of ['sha-1', 'sha-224', 'sha-384', 'sha-512']) {
      const value = fingerprintOf(der, algorithm)?.value ?? '';
      const digest = createHash(algorithm.replace('-', '')).update(der).digest('hex');
      expect(value.replaceAll(':', '').toLowerCase()).toBe(digest);
      expect(matchesFingerprint(der, { algorithm, value })).toBe(true);
    }
    const other = createDtlsCertificate(NOW).fingerprint;
    expect(matchesFingerprint(der, other)).toBe(false);
    expect(matchesFingerprint(der, { algorithm: 'sha-256', value: '' })).toBe(false);
  });

  it('matches nothing under MD5 and MD2, which must not be used, or what is no hash (RFC 8122 §5)', () => {
    for (const algorithm of ['md5', 'md2', 'toString', 'sha256', '']) {
      expect(fingerprintOf(der, algorithm)).toBeUndefined();
    }
    const digest = createHash('md5').update(der).digest('hex').toUpperCase();
    const value = (digest.match(/../g) ?? []).join(':');
    expect(matchesFingerprint(der, { algorithm: 'md5', value })).toBe(false);
  });
});
