import { createCipheriv } from 'node:crypto';
import type { SrtpSuite } from '../port';

/** What a suite asks for; bytes. */
export interface SuiteShape {
  /** AES-CM: 128 bits (RFC 3711 §4.1.1) or 256 (RFC 6188 §2). */
  readonly keySize: 16 | 32;
  /** Of RTP; that of RTCP is 10 in all suites (RFC 4568 §6.2, RFC 5764 §4.1.2). */
  readonly tagSize: 10 | 4;
}

/** RFC 3711 §8.2: the master salt and the session salts have 112 bits, with either length of key. */
export const SALT_SIZE = 14;

/** RFC 4568 §6.2.1: of each compound RTCP packet, even where that of RTP is short. */
export const RTCP_TAG_SIZE = 10;

/** RFC 3711 §8.2: the session authentication key, 160 bits. */
const AUTHENTICATION_KEY_SIZE = 20;

const SHAPES: Readonly<Record<SrtpSuite, SuiteShape>> = {
  AES_CM_128_HMAC_SHA1_80: { keySize: 16, tagSize: 10 },
  AES_CM_128_HMAC_SHA1_32: { keySize: 16, tagSize: 4 },
  AES_256_CM_HMAC_SHA1_80: { keySize: 32, tagSize: 10 },
  AES_256_CM_HMAC_SHA1_32: { keySize: 32, tagSize: 4 },
};

export function suiteShape(suite: SrtpSuite): SuiteShape {
  return SHAPES[suite];
}

/** Bytes of master key and master salt together: 30 or 46. */
export function masterSize(suite: SrtpSuite): number {
  return SHAPES[suite].keySize + SALT_SIZE;
}

/** What protects one kind of packet in one direction. */
export interface SessionKeys {
  readonly encryption: Uint8Array;
  readonly authentication: Uint8Array;
  readonly salt: Uint8Array;
}

/** RFC 3711 §4.3.1 and §4.3.2. */
const LABELS = { rtp: 0x00, rtcp: 0x03 } as const;

/**
 * The session keys of a master key and its salt (RFC 3711 §4.3), with a key derivation rate of zero: they are
 * derived once. `master` is what {@link masterSize} says; throws a RangeError when it is not.
 */
export function deriveSessionKeys(
  suite: SrtpSuite,
  master: Uint8Array,
  kind: 'rtp' | 'rtcp',
): SessionKeys {
  const { keySize } = SHAPES[suite];
  if (master.length !== masterSize(suite)) {
    throw new RangeError(`${suite} takes ${masterSize(suite)} bytes of key and salt`);
  }
  const key = master.subarray(0, keySize);
  const salt = master.subarray(keySize);
  const label = LABELS[kind];
  return {
    encryption: derive(key, salt, label, keySize),
    authentication: derive(key, salt, label + 1, AUTHENTICATION_KEY_SIZE),
    salt: derive(key, salt, label + 2, SALT_SIZE),
  };
}

/** The pseudo-random function AES-CM (RFC 3711 §4.3.3; RFC 6188 §3 for 256 bits). */
export function derive(
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
  label: number,
  size: number,
): Uint8Array {
  // RFC 3711 §4.3.1: the label stands before 48 bits of index, which are zero with a rate of zero.
  const counter = new Uint8Array(16);
  counter.set(masterSalt);
  counter[7] = (counter[7] as number) ^ label;
  const cipher = createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, counter);
  return cipher.update(new Uint8Array(size));
}
