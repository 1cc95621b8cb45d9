import { createRequest } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';

/**
 * The ACK that the INVITE client transaction itself sends for a refusal (RFC 3261 §17.1.1.3): hop by
 * hop, so with the INVITE's top Via and no other, its Route, and the response's To.
 */
export function createAck(invite: SipRequest, response: SipResponse): SipRequest {
  const { headers } = invite;
  const list: (readonly [string, string])[] = [
    ['Via', headers.get('Via') ?? ''],
    ['Max-Forwards', headers.get('Max-Forwards') ?? '70'],
    ['From', headers.get('From') ?? ''],
    ['To', response.headers.get('To') ?? ''],
    ['Call-ID', invite.callId],
    ['CSeq', `${invite.cseq.sequence} ACK`],
  ];
  for (const route of headers.getAll('Route')) list.push(['Route', route]);
  return createRequest({ method: 'ACK', requestUri: invite.requestUri, headers: list });
}
