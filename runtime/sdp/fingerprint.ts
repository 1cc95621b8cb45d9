import type { Fingerprint } from './port';

/**
 * Octets of the hash functions of RFC 8122 §5 that may be used, the one we like most first; MD2 and MD5 must not be.
 */
const hashes: ReadonlyMap<string, number> = new Map([
  ['sha-512', 64],
  ['sha-384', 48],
  ['sha-256', 32],
  ['sha-224', 28],
  ['sha-1', 20],
]);

/** RFC 4145 §4: who begins. */
export type Setup = 'active' | 'passive' | 'actpass';

/** Of several fingerprints the one whose hash is best (RFC 8122 §5.1); `values` stand behind `a=fingerprint:`. */
export function readFingerprint(values: readonly string[]): Fingerprint | undefined {
  let best: Fingerprint | undefined;
  for (const value of values.slice(0, 16)) {
    const read = readOne(value);
    if (read === undefined) continue;
    if (best === undefined || rank(read.algorithm) < rank(best.algorithm)) best = read;
  }
  return best;
}

function readOne(text: string): Fingerprint | undefined {
  const [, name = '', value = ''] =
    /^\s*(\S+)\s+([0-9a-f]{2}(?::[0-9a-f]{2})*)\s*$/i.exec(text) ?? [];
  const algorithm = name.toLowerCase();
  if (hashes.get(algorithm) !== (value.length + 1) / 3) return undefined;
  // RFC 8122 §5 wants capitals; some write small letters.
  return { algorithm, value: value.toUpperCase() };
}

function rank(algorithm: string): number {
  return [...hashes.keys()].indexOf(algorithm);
}

/** RFC 4145 §4; without the attribute it is `active` in an offer and `passive` in an answer. */
export function readSetup(text: string | undefined, missing: Setup): Setup | undefined {
  if (text === undefined) return missing;
  const setup = text.trim().toLowerCase();
  return setup === 'active' || setup === 'passive' || setup === 'actpass' ? setup : undefined;
}

export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return a.algorithm === b.algorithm && a.value === b.value;
}
