import type { SipRequest } from '../message/message';
import type { RequestOutcome, SessionEnd } from './port';
import { readable } from './readable';

/** The text of a Reason header of the SIP protocol, or of any (RFC 3326). */
export function reasonOf(request: SipRequest): string | undefined {
  if (!request.headers.has('Reason')) return undefined;
  const reasons = readable(() => request.reasons) ?? [];
  const found = reasons.find((each) => each.protocol.toUpperCase() === 'SIP') ?? reasons[0];
  return found?.text;
}

/** RFC 3261 §12.2.1.2, RFC 5057 §5.1: 481 and 408, or no response at all, end the dialog. */
export function fatalEnd(outcome: RequestOutcome): SessionEnd | undefined {
  if (outcome.type === 'timeout') {
    return { by: 'system', cause: 'timeout', status: 408, reason: 'Request Timeout' };
  }
  if (outcome.type !== 'response') return undefined;
  const { status, reason } = outcome.response;
  if (status !== 481 && status !== 408) return undefined;
  return { by: 'system', cause: 'gone', status, reason };
}
