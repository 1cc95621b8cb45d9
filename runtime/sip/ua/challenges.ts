import type { SipRequest } from '../message/message';
import type { ExtraHeader } from './port';

/** How often one request is sent again with credentials: proxies on the way, the peer, a stale nonce of each. */
export const maxChallenges = 8;

const credentialHeaders = ['Authorization', 'Proxy-Authorization'] as const;
const none: readonly ExtraHeader[] = [];

/** The credentials that a request went out with. */
export function credentialsOf(request: SipRequest): readonly ExtraHeader[] {
  const { headers } = request;
  let found = none;
  for (const name of credentialHeaders) {
    for (const value of headers.getAll(name)) found = [...found, [name, value]];
  }
  return found;
}
