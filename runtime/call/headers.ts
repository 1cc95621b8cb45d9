import type { SipRequest } from '../sip/message/message';
import type { ExtraHeader } from '../sip/ua/port';

/** RFC 3326 §2: why a BYE is sent, as a SIP status and a text for people. */
export function reasonHeader(status: number, text: string): ExtraHeader {
  const value = `SIP;cause=${status}`;
  return ['Reason', text === '' ? value : `${value};text=${quoted(text)}`];
}

/** RFC 3261 §20.43. */
export function warningHeader(warning: {
  readonly code: number;
  readonly text: string;
}): ExtraHeader {
  return ['Warning', `${warning.code} callchart ${quoted(warning.text)}`];
}

/** RFC 3261 §25.1 `quoted-string`; control characters, line ends above all, become blanks. */
function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not reach a header
  return `"${text.replace(/[\0-\x1f\x7f]+/g, ' ').replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 3262 §3: the peer confirms provisional responses. */
export function supportsReliability(request: SipRequest): boolean {
  return [...request.supported, ...request.require].some((tag) => tag.toLowerCase() === '100rel');
}
