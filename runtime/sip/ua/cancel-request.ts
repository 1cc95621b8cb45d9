import { createRequest } from '../message/create';
import type { SipRequest } from '../message/message';
import type { ExtraHeader } from './port';

const none: readonly ExtraHeader[] = [];

/** The CANCEL of an INVITE that is out: the same in all that names the transaction (RFC 3261 §9.1). */
export function cancelRequest(
  invite: SipRequest,
  headers: readonly ExtraHeader[] = none,
): SipRequest {
  const copied = (name: string): ExtraHeader => [name, invite.headers.get(name) ?? ''];
  const routes = invite.headers.getAll('Route').map((value): ExtraHeader => ['Route', value]);
  return createRequest({
    method: 'CANCEL',
    requestUri: invite.requestUri,
    headers: [
      copied('Via'),
      ['Max-Forwards', '70'],
      copied('From'),
      copied('To'),
      copied('Call-ID'),
      ['CSeq', `${invite.cseq.sequence} CANCEL`],
      ...routes,
      ...headers,
    ],
  });
}
