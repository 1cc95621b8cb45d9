import {
  type AuthValue,
  formatChallenge,
  parseAuth,
} from '../../../runtime/sip/message/auth-params';
import { createRequest, createResponse } from '../../../runtime/sip/message/create';
import type { SipRequest, SipResponse } from '../../../runtime/sip/message/message';

/** A request as it is before it is authorized. */
export function newRequest(
  method = 'REGISTER',
  requestUri = 'sip:example.com',
  body = '',
): SipRequest {
  return createRequest({
    method,
    requestUri,
    headers: [
      ['Via', 'SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1'],
      ['From', '<sip:alice@example.com>;tag=1'],
      ['To', '<sip:alice@example.com>'],
      ['Call-ID', 'call'],
      ['CSeq', `1 ${method}`],
      ['Max-Forwards', '70'],
    ],
    body,
  });
}

/** Its answer with these headers. */
export function refusal(
  status: number,
  ...headers: readonly (readonly [name: string, value: string])[]
): SipResponse {
  return createResponse(newRequest(), status, { headers });
}

/** The value of a challenge. */
export function digestChallenge(params: Readonly<Record<string, string>>): string {
  return formatChallenge({ scheme: 'Digest', params: new Map(Object.entries(params)) });
}

/** What a request carries in a header, parsed. */
export function credentialsIn(request: SipRequest, header = 'Authorization'): AuthValue[] {
  return request.headers.getAll(header).map((text) => parseAuth(text));
}
