import { constants, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';

interface Scheme {
  /** RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3. */
  readonly code: number;
  readonly hash: string;
  readonly key: 'ec' | 'rsa';
  readonly padding?: number;
}

/** What we sign with. */
export const ECDSA_SHA256 = 0x0403;

const PSS = constants.RSA_PKCS1_PSS_PADDING;

const SCHEMES: readonly Scheme[] = [
  { code: ECDSA_SHA256, hash: 'sha256', key: 'ec' },
  { code: 0x0503, hash: 'sha384', key: 'ec' },
  { code: 0x0603, hash: 'sha512', key: 'ec' },
  { code: 0x0804, hash: 'sha256', key: 'rsa', padding: PSS },
  { code: 0x0805, hash: 'sha384', key: 'rsa', padding: PSS },
  { code: 0x0401, hash: 'sha256', key: 'rsa' },
  { code: 0x0501, hash: 'sha384', key: 'rsa' },
  { code: 0x0601, hash: 'sha512', key: 'rsa' },
];

/** What we can verify, the ones that we like better first. SHA-1 is not among them. */
export const SIGNATURE_SCHEMES: readonly number[] = SCHEMES.map(({ code }) => code);

/** The key of a certificate; undefined when it is none. */
export function certificateKey(certificate: Uint8Array): KeyObject | undefined {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    return undefined;
  }
}

/** Whether whoever has the key has signed this. */
export function verifySignature(
  scheme: number,
  key: KeyObject,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  const known = SCHEMES.find(({ code }) => code === scheme);
  if (known === undefined || key.asymmetricKeyType !== known.key) return false;
  const options =
    known.padding === PSS ? { padding: PSS, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  try {
    return verify(known.hash, signed, { key, ...options }, signature);
  } catch {
    return false;
  }
}

export function signEcdsa(key: KeyObject, signed: Uint8Array): Buffer {
  return sign('sha256', signed, key);
}
