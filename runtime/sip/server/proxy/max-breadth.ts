import { parseNumber } from '../../message/header-values';
import type { SipRequest } from '../../message/message';

/**
 * RFC 5393 §5.3.3: how many branches a request may have at once, here and behind us; `most` where it says
 * nothing, or more than we allow. Throws a `MessageError` when it is no number.
 */
export function incomingBreadth(request: SipRequest, most: number): number {
  const text = request.headers.get('Max-Breadth');
  return text === undefined ? most : Math.min(parseNumber(text, 'Max-Breadth'), most);
}

/** What the next of `waiting` branches gets of the breadth that is left: an equal share, and 1 at least. */
export function share(left: number, waiting: number): number {
  return Math.max(1, Math.floor(left / waiting));
}
