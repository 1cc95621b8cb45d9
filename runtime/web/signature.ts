import { createHmac, timingSafeEqual } from 'node:crypto';
import { RealClock } from '../core/clock';
import { HmacSha256 } from '../core/hmac';

/** The header field that {@link signatureOf} is sent in. */
export const SIGNATURE_HEADER = 'Callchart-Signature';

/** Made once for the keys of a configuration: half of what a signature costs. */
const signersOf = new WeakMap<readonly string[], readonly HmacSha256[]>();

/**
 * The signature of a body: `t=<seconds since 1970>,v1=<hex>`, a `v1` for each key: HMAC-SHA256 over `t`, a full stop and
 * the body.
 *
 * @param now milliseconds since 1970
 */
export function signatureOf(
  body: string | Uint8Array,
  keys: readonly string[],
  now: number,
): string {
  const time = Math.floor(now / 1_000);
  let signers = signersOf.get(keys);
  if (signers === undefined) {
    signers = keys.map((key) => new HmacSha256(Buffer.from(key)));
    signersOf.set(keys, signers);
  }
  const isText = typeof body === 'string';
  const message = isText ? `${time}.${body}` : Buffer.concat([Buffer.from(`${time}.`), body]);
  return [`t=${time}`, ...signers.map((signer) => `v1=${signer.sign(message, 'hex')}`)].join(',');
}

export interface VerifyOptions {
  /** How old or how far ahead of time it may be: milliseconds; 300 000. */
  readonly tolerance?: number;
  /** Milliseconds since 1970; that of the machine when absent. */
  readonly now?: number;
}

/**
 * Whether a request comes from whoever has one of these keys, and is not an old one sent again. For web apps that
 * Callchart asks: give it the header field `Callchart-Signature` and the body as it came, before any parsing. During a
 * change of keys it is signed with both, and either may be checked against either. It takes as long for a wrong
 * signature as for a right one, and never throws.
 */
export function verifySignature(
  header: string | null | undefined,
  body: string | Uint8Array,
  keys: string | readonly string[],
  { tolerance = 300_000, now = new RealClock().now() }: VerifyOptions = {},
): boolean {
  const fields = (header ?? '').split(',').map((field) => field.trim());
  const time = Number(/^t=(\d{1,12})$/.exec(fields[0] ?? '')?.[1] ?? NaN);
  // Also when it is no number.
  if (!(Math.abs(now - time * 1_000) <= tolerance)) return false;
  const given = fields.flatMap((field) =>
    /^v1=[0-9a-f]{64}$/i.test(field) ? [Buffer.from(field.slice(3), 'hex')] : [],
  );
  let found = false;
  for (const key of [keys].flat()) {
    const wanted = digest(key, time, body);
    for (const each of given) found = (key !== '' && timingSafeEqual(wanted, each)) || found;
  }
  return found;
}

function digest(key: string, time: number, body: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${time}.`).update(body).digest();
}
