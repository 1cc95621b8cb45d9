import type { Caller } from '../routing/port';
import { formatNameAddr } from '../sip/message/name-addr';
import type { SipRequest } from '../sip/message/message';
import { parseUri } from '../sip/message/uri';
import type { Directory } from './directory';

/**
 * Whether From is an address of the user who proved to be the caller, or says that he hides it (RFC 3323 §4.1.1.3).
 */
export function mayUseFrom(
  request: SipRequest,
  caller: Extract<Caller, { readonly type: 'user' }>,
  directory: Pick<Directory, 'userOf'>,
): boolean {
  const { uri } = request.from;
  if (uri.scheme !== 'tel' && uri.host === 'anonymous.invalid') return true;
  return directory.userOf(uri) === caller.aor;
}

/**
 * What we assert of the caller to those who trust us (RFC 3325 §5, §9.1): of a user his address, and nothing
 * that he wrote himself; of a trunk, which is trusted, what it says. Who asks for privacy gets it (RFC 3323).
 */
export function assertIdentity(request: SipRequest, caller: Caller): void {
  const { headers } = request;
  if (caller.type === 'trunk') {
    if (asksForPrivacy(request)) headers.remove('P-Asserted-Identity');
    return;
  }
  headers.remove('P-Asserted-Identity');
  headers.remove('P-Preferred-Identity');
  if (caller.type === 'unknown' || asksForPrivacy(request)) return;
  // Without a display name: the one in From is what he calls himself.
  headers.append('P-Asserted-Identity', formatNameAddr({ uri: parseUri(caller.aor) }));
}

function asksForPrivacy(request: SipRequest): boolean {
  return request.headers
    .getAll('Privacy')
    .flatMap((value) => value.split(/[;,]/))
    .some((value) => value.trim().toLowerCase() === 'id');
}
