import type { SipUri, TelUri, Uri } from './uri';
import type { Params } from './values';

/** Parameters that never match when only one of the two has them (RFC 3261 §19.1.4). */
const significant = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** RFC 3261 §19.1.4 and RFC 3966 §4. The relation is not transitive. */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.scheme === 'tel') return b.scheme === 'tel' && sameTelUri(a, b);
  return b.scheme !== 'tel' && sameSipUri(a, b);
}

function sameSipUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    a.user === b.user &&
    a.password === b.password &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    sameSipParams(a.params, b.params) &&
    sameHeaders(a.headers, b.headers)
  );
}

function sameSipParams(a: Params, b: Params): boolean {
  for (const name of significant) {
    if (a.has(name) !== b.has(name)) return false;
  }
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other !== undefined && other.toLowerCase() !== value.toLowerCase()) return false;
  }
  return true;
}

/** Order does not count; unlike parameters, none may be missing in one of them. */
function sameHeaders(a: SipUri['headers'], b: SipUri['headers']): boolean {
  if (a.length !== b.length) return false;
  const sorted = (headers: SipUri['headers']): string[] =>
    headers.map(([name, value]) => `${name.toLowerCase()}=${value}`).sort();
  const others = sorted(b);
  return sorted(a).every((header, i) => header === others[i]);
}

function sameTelUri(a: TelUri, b: TelUri): boolean {
  if (digits(a.number) !== digits(b.number) || a.params.size !== b.params.size) return false;
  for (const [name, value] of a.params) {
    const other = b.params.get(name);
    if (other === undefined) return false;
    const same =
      name === 'phone-context' || name === 'ext'
        ? context(value) === context(other)
        : value.toLowerCase() === other.toLowerCase();
    if (!same) return false;
  }
  return true;
}

/** Without visual separators. */
function digits(number: string): string {
  return number.replace(/[-.()]/g, '').toLowerCase();
}

/** A number is compared by its digits, a domain name as it is. */
function context(value: string): string {
  return /^\+?[\d().-]+$/.test(value) ? digits(value) : value.toLowerCase();
}
