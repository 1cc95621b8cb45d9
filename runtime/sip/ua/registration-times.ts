import { fraction, type Random } from '../../core/random';
import type { SipResponse } from '../message/message';
import type { NameAddr } from '../message/values';
import { parseUri, sameUri } from '../message/uri';
import { readable } from './readable';

/** How far before its end a long binding is refreshed, in milliseconds. */
const longMargin = 600_000;

/** Failures are not counted further: the power would be infinite one day. */
const maxDoublings = 16;

/**
 * Seconds that the registrar granted (RFC 3261 §10.2.4): what it says of our Contact, or of all, or else what we
 * asked for. Registrars that mend addresses return another Contact: when it is the only one it is ours.
 */
export function grantedBinding(response: SipResponse, contact: string, asked: number): number {
  const contacts = readable(() => response.contacts) ?? [];
  const uri = parseUri(contact);
  const ours =
    contacts.find((each) => {
      const named = readable(() => each.uri);
      return named !== undefined && sameUri(named, uri);
    }) ?? (contacts.length === 1 ? contacts[0] : undefined);
  return expiresOf(ours) ?? readable(() => response.expires) ?? asked;
}

function expiresOf(contact: NameAddr | undefined): number | undefined {
  const text = contact?.params.get('expires');
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/**
 * When a binding is refreshed: ten minutes before its end, or at half of it when it is short; up to a tenth
 * earlier, so that many that began together do not come together.
 */
export function refreshDelay(granted: number, random: Random): number {
  const latest = granted > 2 * longMargin ? granted - longMargin : granted / 2;
  return latest * (1 - 0.1 * fraction(random));
}

/**
 * RFC 5626 §4.5: the base is doubled for each failure in a row, the first included, up to the limit; the wait is
 * 50 to 100 % of that.
 */
export function retryDelay(failures: number, base: number, max: number, random: Random): number {
  const whole = Math.min(max, base * 2 ** Math.min(failures, maxDoublings));
  return whole * (0.5 + 0.5 * fraction(random));
}
