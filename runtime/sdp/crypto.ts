import type { Random } from '../core/random';
import type { SrtpSuite } from './port';

/** Octets of master key and master salt together (RFC 4568 §6.2, RFC 6188 §4). */
const keyLengths: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_256_CM_HMAC_SHA1_32: 46,
};

/** Some phones write the name of RFC 6188's suites in the order of the others. */
const otherNames: Readonly<Record<string, SrtpSuite>> = {
  AES_CM_256_HMAC_SHA1_80: 'AES_256_CM_HMAC_SHA1_80',
  AES_CM_256_HMAC_SHA1_32: 'AES_256_CM_HMAC_SHA1_32',
};

/** RFC 4568 §5.1.1: the stronger ones first. Three lines, because each makes the INVITE a tenth longer. */
export const offeredSuites: readonly SrtpSuite[] = [
  'AES_256_CM_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
];

/** Lines beyond are not read: nobody has so many suites. */
const maxLines = 16;

/** One `a=crypto` line that can be used. */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** The suite as the peer wrote it, for the answer. */
  readonly suiteName: string;
  /** Master key, then master salt. */
  readonly key: Uint8Array;
}

/** The lines that are valid, and which we can do, in their order. `values` stand behind `a=crypto:`. */
export function readCryptoLines(values: readonly string[]): readonly CryptoLine[] {
  const lines: CryptoLine[] = [];
  for (const value of values.slice(0, maxLines)) {
    const line = readCryptoLine(value);
    // RFC 4568 §4.1: a tag stands once; the first line that has it counts.
    if (line !== undefined && !lines.some(({ tag }) => tag === line.tag)) lines.push(line);
  }
  return lines;
}

/** RFC 4568 §9.1: `1 AES_CM_128_HMAC_SHA1_80 inline:…|2^48 WSH=64`. */
function readCryptoLine(value: string): CryptoLine | undefined {
  const [tag = '', suiteName = '', keys = '', ...parameters] = value.trim().split(/\s+/);
  if (!/^(?:0|[1-9]\d{0,8})$/.test(tag)) return undefined;
  const suite = readSuite(suiteName);
  if (suite === undefined || !parameters.every((parameter) => isHarmless(parameter))) {
    return undefined;
  }
  const key = readKey(keys, keyLengths[suite]);
  return key === undefined ? undefined : { tag: Number(tag), suite, suiteName, key };
}

function readSuite(name: string): SrtpSuite | undefined {
  return isSuite(name) ? name : otherNames[name];
}

function isSuite(name: string): name is SrtpSuite {
  return Object.hasOwn(keyLengths, name);
}

/**
 * RFC 4568 §6.3.6: the window size is a hint. §6.3.7: what begins with a minus may be ignored; all else changes how
 * packets look (a key derivation rate, no encryption, no authentication), which we do not do.
 */
function isHarmless(parameter: string): boolean {
  return parameter.startsWith('-') || /^WSH=\d+$/.test(parameter);
}

/** RFC 4568 §6.1: `inline:<key and salt>|<lifetime>`; undefined when it is not valid, or has an MKI. */
function readKey(text: string, length: number): Uint8Array | undefined {
  // Several keys, apart by semicolons, would need a master key identifier to be told apart.
  const [, base64 = '', lifetime] =
    /^inline:([A-Za-z0-9+/]{4,128}={0,2})(?:\|([^|:;]*))?$/i.exec(text) ?? [];
  if (lifetime !== undefined && !isLifetime(lifetime)) return undefined;
  const key = Buffer.from(base64, 'base64');
  return key.length === length ? new Uint8Array(key) : undefined;
}

/** RFC 4568 §6.1: packets, in digits or as `2^20`, 2^48 at most. Whoever owns the key renews it in time. */
function isLifetime(text: string): boolean {
  const power = /^2\^([1-9]\d?)$/.exec(text);
  if (power !== null) return Number(power[1]) <= 48;
  return /^[1-9]\d{0,14}$/.test(text) && Number(text) <= 2 ** 48;
}

/** What stands behind `a=crypto:`. */
export function writeCryptoLine(tag: number, suiteName: string, key: Uint8Array): string {
  return `${tag} ${suiteName} inline:${Buffer.from(key).toString('base64')}`;
}

/** A new master key with its salt. */
export function newKey(suite: SrtpSuite, random: Random): Uint8Array {
  const key = new Uint8Array(keyLengths[suite]);
  for (let at = 0; at < key.length; at += 4) {
    const word = random.uint32();
    for (let byte = at; byte < Math.min(at + 4, key.length); byte += 1) {
      key[byte] = (word >>> ((byte - at) * 8)) & 255;
    }
  }
  return key;
}

export function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
