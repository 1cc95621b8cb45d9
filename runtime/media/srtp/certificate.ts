import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Fingerprint } from '../port';

/**
 * What we show in DTLS: one certificate for a process, made when it starts (RFC 5763 §5: nobody but the fingerprint in
 * SDP vouches for it). It can be cloned into worker threads.
 */
export interface DtlsCertificate {
  /** X.509, DER. */
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
  readonly fingerprint: Fingerprint;
}

const DAY = 86_400_000;

/** Milliseconds: to either side of now, for peers whose clocks are wrong and processes that run for long. */
const VALID_BEFORE = 30 * DAY;
const VALID_AFTER = 10 * 365 * DAY;

/** ecdsa-with-SHA256 (RFC 5758 §3.2) and commonName (RFC 5280 §4.1.2.4), as DER writes object identifiers. */
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];

/**
 * A new key on P-256 and its self-signed certificate (RFC 5280 §4.1), without extensions: nothing but its hash is ever
 * looked at. The name says nothing of who or where we are. `now` in milliseconds since the epoch.
 */
export function createDtlsCertificate(now: number): DtlsCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(0x30, der(0x06, Buffer.from(ECDSA_WITH_SHA256)));
  const name = der(
    0x30,
    der(0x31, der(0x30, der(0x06, Buffer.from(COMMON_NAME)), der(0x0c, Buffer.from('callchart')))),
  );
  // RFC 5280 §4.1.2.2: positive, so the first bit is 0, and not 0.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    der(0x30, time(now - VALID_BEFORE), time(now + VALID_AFTER)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = der(
    0x30,
    body,
    algorithm,
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const fingerprint = fingerprintOf(certificate, 'sha-256');
  if (fingerprint === undefined) throw new RangeError('sha-256 is always there');
  return { der: certificate, privateKey, fingerprint };
}

/**
 * RFC 8122 §5: the hash functions that may be used; MD2 and MD5 must not be. SHA-1 is still there for those who offer
 * nothing better: to find another certificate with the same hash is not what it is weak in.
 */
const HASHES: Readonly<Record<string, string>> = {
  'sha-1': 'sha1',
  'sha-224': 'sha224',
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
};

/** The fingerprint of a certificate; undefined when the hash function must not be used. */
export function fingerprintOf(certificate: Uint8Array, algorithm: string): Fingerprint | undefined {
  const name = algorithm.toLowerCase();
  const hash = Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
  if (hash === undefined) return undefined;
  const digest = createHash(hash).update(certificate).digest('hex').toUpperCase();
  return { algorithm: name, value: (digest.match(/../g) ?? []).join(':') };
}

/** Whether the certificate is the one that SDP announced. */
export function matchesFingerprint(certificate: Uint8Array, announced: Fingerprint): boolean {
  return fingerprintOf(certificate, announced.algorithm)?.value === announced.value.toUpperCase();
}

/** An element of DER (X.690 §8.1): type, length, contents. */
function der(type: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = [type];
  if (length < 0x80) head.push(length);
  else if (length < 0x100) head.push(0x81, length);
  else head.push(0x82, length >>> 8, length & 0xff);
  return Buffer.concat([Buffer.from(head), content]);
}

/** RFC 5280 §4.1.2.5: two digits of the year before 2050, four from then on. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  return new Date(at).getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}
