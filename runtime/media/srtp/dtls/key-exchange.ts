import {
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';

/** Named groups (RFC 8422 §5.1.1), the ones that we like better first. */
export const GROUPS = { x25519: 29, secp256r1: 23, secp384r1: 24 } as const;
export const OUR_GROUPS: readonly number[] = [GROUPS.x25519, GROUPS.secp256r1, GROUPS.secp384r1];

/** One side of an elliptic curve Diffie-Hellman exchange (RFC 8422 §5.10, §5.11). */
export interface KeyShare {
  readonly group: number;
  /** As it goes over the wire. */
  readonly publicKey: Uint8Array;
  /** The premaster secret; undefined when the peer's key is no point of the curve, or a weak one. */
  agree(peer: Uint8Array): Uint8Array | undefined;
}

/** A new key of a group; undefined when we do not have the group. */
export function createKeyShare(group: number): KeyShare | undefined {
  if (group === GROUPS.x25519) return shareOnX25519();
  if (group === GROUPS.secp256r1) return shareOnCurve(group, 'prime256v1');
  // RFC 8422 §5.1: certificates on this curve come only if we name it.
  return group === GROUPS.secp384r1 ? shareOnCurve(group, 'secp384r1') : undefined;
}

function shareOnCurve(group: number, curve: string): KeyShare {
  const exchange = createECDH(curve);
  const publicKey = exchange.generateKeys();
  return {
    group,
    publicKey,
    agree: (peer) => attempt(() => exchange.computeSecret(peer)),
  };
}

function shareOnX25519(): KeyShare {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    group: GROUPS.x25519,
    publicKey: Buffer.from(x, 'base64url'),
    agree: (peer) => attempt(() => agreeOnX25519(privateKey, peer)),
  };
}

function agreeOnX25519(privateKey: KeyObject, peer: Uint8Array): Uint8Array {
  const x = Buffer.from(peer).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const secret = diffieHellman({ privateKey, publicKey });
  // RFC 8422 §5.11: all zeros come of a key that was chosen so that they do.
  if (secret.every((byte) => byte === 0)) throw new RangeError('a weak key');
  return secret;
}

function attempt(compute: () => Uint8Array): Uint8Array | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
