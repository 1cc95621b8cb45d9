import { timingSafeEqual } from 'node:crypto';
import { HmacSha256 } from '../../../core/hmac';

/** The way to a phone, as we wrote it into a URI of ours. */
export interface FlowToken {
  readonly flow: string;
  /** There is no other way: where the flow has ended, the request fails (RFC 5626 §5.3.1). */
  readonly only: boolean;
}

const marks = { only: 'flow-only', preferred: 'flow' } as const;

/** Flows are a few dozen octets; what is longer was not written by us. */
const maxToken = 512;

/**
 * Signs what comes back to us in Route headers: the flow to a phone (RFC 5626 §5.2), and the dialog that a
 * Record-Route was given to (RFC 3261 §16.6 step 4 leaves room for it), so that nobody else's requests can
 * use them.
 */
export class Seal {
  private readonly mac: HmacSha256;

  constructor(key: Uint8Array) {
    this.mac = new HmacSha256(key);
  }

  /** For the URI parameter that binds a Record-Route to a Call-ID; hexadecimal, because case does not count there. */
  dialog(callId: string): string {
    return this.mac.sign(`dialog|${callId}`, 'hex').slice(0, 16);
  }

  /** Compares in a time that says nothing about the seal. */
  isDialog(callId: string, seal: string): boolean {
    return same(this.dialog(callId), seal);
  }

  /** For the user part of a URI. */
  flow({ flow, only }: FlowToken): string {
    const text = Buffer.from(flow, 'utf8').toString('base64url');
    const mark = only ? marks.only : marks.preferred;
    return `${mark}~${text}~${this.signature(mark, text)}`;
  }

  /** What {@link flow} made; `forged` for what looks like it and is not; undefined for any other user. */
  openFlow(user: string | undefined): FlowToken | 'forged' | undefined {
    if (user === undefined) return undefined;
    const [mark, text = '', signature = '', ...rest] = user.split('~', 4);
    if (mark !== marks.only && mark !== marks.preferred) return undefined;
    if (!user.includes('~')) return undefined;
    if (rest.length > 0 || user.length > maxToken) return 'forged';
    if (!same(this.signature(mark, text), signature)) return 'forged';
    return { flow: Buffer.from(text, 'base64url').toString('utf8'), only: mark === marks.only };
  }

  private signature(mark: string, text: string): string {
    return this.mac.sign(`${mark}|${text}`, 'base64url').slice(0, 22);
  }
}

function same(expected: string, given: string): boolean {
  if (expected.length !== given.length) return false;
  const bytes = Buffer.from(given, 'latin1');
  return (
    bytes.length === expected.length && timingSafeEqual(Buffer.from(expected, 'latin1'), bytes)
  );
}
