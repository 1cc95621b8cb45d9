import type { SipRequest, SipResponse } from '../message/message';
import type { Via } from '../message/values';

/** RFC 3261 §8.1.1.7: what every branch of a client that follows it begins with. */
const magicCookie = 'z9hG4bK';

/** True for requests of RFC 2543 clients, whose branches (if any) are not unique. */
export function isLegacy(via: Via): boolean {
  return via.branch === undefined || !via.branch.startsWith(magicCookie);
}

/**
 * The part of RFC 3261 §17.2.3 that INVITE, ACK and CANCEL have in common: branch and sent-by. The
 * branch is compared with case: a retransmission is octet for octet the same, and clients that draw
 * branches from both cases exist.
 */
export function branchKey(via: Via): string {
  return `${via.branch ?? ''}|${via.host.toLowerCase()}|${via.port ?? ''}`;
}

/**
 * RFC 3261 §17.2.3 for clients without the cookie: Request-URI, To tag, From tag, Call-ID, CSeq number
 * and top Via. The To tag is left out for ACK (it is the response's then, compared apart) and for
 * CANCEL.
 */
export function legacyKey(request: SipRequest, toTag: string | undefined): string {
  const via = request.topVia;
  let viaText = `${via.protocol}|${branchKey(via)}`;
  for (const [name, value] of via.params) viaText += `;${name}=${value}`;
  return `2543|${request.requestUri}|${toTag ?? ''}|${request.from.tag ?? ''}|${request.callId}|${request.cseq.sequence}|${viaText}`;
}

/** RFC 3261 §8.2.2.2: what a request that came by two ways has in common. */
export function mergeKey(request: SipRequest): string {
  const { cseq } = request;
  return `${request.callId}|${request.from.tag ?? ''}|${cseq.sequence}|${cseq.method}`;
}

/** RFC 3261 §17.1.3: branch and the method of CSeq. */
export function clientKey(message: SipRequest | SipResponse): string {
  return `${message.topVia.branch ?? ''}|${message.cseq.method}`;
}

/**
 * The same text in one piece. A key is put together from pieces of the message's text, and without this
 * each waiting transaction would keep that whole text alive: a kilobyte instead of seventy octets.
 */
export function flat(text: string): string {
  // Reading a character makes V8 join the pieces in place.
  return Number.isNaN(text.charCodeAt(0)) ? '' : text;
}

/** A copy that does not keep the message alive which the text was cut from. */
export function owned(text: string | undefined): string | undefined {
  return text === undefined ? undefined : flat(` ${text}`).slice(1);
}
