import type { SipRequest } from '../../message/message';
import type { ExtraHeader } from '../../ua/port';
import type { LoopDetector } from './loop-detection';

/** Why a request is not forwarded. */
export interface Refusal {
  readonly status: number;
  readonly headers?: readonly ExtraHeader[];
}

/**
 * RFC 3261 §16.3, steps 3 to 5, as RFC 5393 §4.2.2 corrects them. The first two are the parser's, and of whoever
 * reads the request URI; credentials (step 6) are the business of those who ask us to forward. `mark` is absent
 * where one target alone is possible inside a dialog, and Max-Forwards is enough. Throws a `MessageError` for a
 * header that we must read and cannot.
 */
export function validate(
  request: SipRequest,
  loops: LoopDetector,
  mark: string | undefined,
): Refusal | undefined {
  if (request.maxForwards === 0) return { status: 483 };
  if (mark !== undefined && loops.hasLooped(request, mark)) return { status: 482 };
  // We have no extension that a proxy would have to understand.
  const { proxyRequire } = request;
  if (proxyRequire.length > 0) {
    return { status: 420, headers: [['Unsupported', proxyRequire.join(', ')]] };
  }
  return undefined;
}
