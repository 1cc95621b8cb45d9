import type { CodecName } from '../../../runtime/core/audio';
import { below, fraction, type Random } from '../../../runtime/core/random';
import type { SrtpPolicy } from '../../../runtime/core/network-config';
import type { SrtpSuite } from '../../../runtime/media/port';

/** How a telephone reports its keys. */
export type KeyForm = 'event' | 'info' | 'inband';

/** What a telephone can do, and how it does it. */
export interface Terminal {
  /** In its order of preference. */
  readonly codecs: readonly CodecName[];
  readonly preference: 'ours' | 'theirs';
  /** Milliseconds of its packets, and of those it asks for. */
  readonly ptime: number;
  readonly keys: KeyForm;
  readonly srtp: SrtpPolicy;
  /** The only one that it offers. */
  readonly suite: SrtpSuite;
  readonly rtcpMux: boolean;
  /** Sends comfort noise in place of silence (RFC 3389), where that is agreed. */
  readonly suppresses: boolean;
  /** Speaks and listens through a tap. */
  readonly taps: boolean;
}

/** Cheap ones are as frequent as they are in the field; all are there. */
const CODEC_WEIGHTS: readonly (readonly [CodecName, number])[] = [
  ['PCMU', 0.8],
  ['PCMA', 0.8],
  ['G722', 0.4],
  ['L16', 0.3],
  ['opus', 0.3],
];

const SUITES: readonly SrtpSuite[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
];

const PTIMES = [20, 20, 20, 10, 30, 40, 50, 60] as const;

export function anyCodecs(random: Random): CodecName[] {
  const chosen = CODEC_WEIGHTS.filter(([, weight]) => fraction(random) < weight);
  const names = chosen.length === 0 ? (['PCMU'] as const) : chosen.map(([name]) => name);
  return shuffled(random, names);
}

export function anyTerminal(random: Random, srtp?: SrtpPolicy): Terminal {
  const keys = oneOf(random, ['event', 'event', 'info', 'inband'] as const);
  return {
    codecs: anyCodecs(random),
    preference: oneOf(random, ['ours', 'theirs'] as const),
    ptime: oneOf(random, PTIMES),
    keys,
    srtp: srtp ?? oneOf(random, ['off', 'off', 'allowed', 'required'] as const),
    suite: oneOf(random, SUITES),
    rtcpMux: below(random, 3) === 0,
    suppresses: below(random, 2) === 0,
    taps: below(random, 5) === 0,
  };
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = values[below(random, values.length)];
  if (value === undefined) throw new Error('there is nothing to choose from');
  return value;
}

export function shuffled<T>(random: Random, values: readonly T[]): T[] {
  const left = [...values];
  const result: T[] = [];
  while (left.length > 0) result.push(...left.splice(below(random, left.length), 1));
  return result;
}
