import { decimal } from './characters';
import {
  CALL_ID,
  CONTACT,
  CONTENT_LENGTH,
  CSEQ,
  FROM,
  MAX_FORWARDS,
  RECORD_ROUTE,
  ROUTE,
  TO,
  VIA,
} from './header-names';
import { checkCallId, parseCSeq } from './header-values';
import type { MessageLimits } from './limits';
import type { SipRequest } from './message';
import { MessageError } from './message-error';
import { parseNameAddr, parseNameAddrs } from './name-addr';
import { readFields } from './read-head';
import { readStartLine } from './read-start-line';
import { RequestMessage } from './request-message';
import { ResponseMessage } from './response-message';
import { scanUri } from './uri';
import type { NameAddr } from './values';
import { parseVias, scanVia } from './via';

/** A message without its body. */
export interface Head {
  readonly message: RequestMessage | ResponseMessage;
  /** Undefined when there is no Content-Length that can be read. */
  readonly contentLength: number | undefined;
  /** What makes the message unfit, if anything; the message then holds what could be read. */
  readonly problem: MessageError | undefined;
}

/** Greater lengths count as this: no limit of ours is near it. */
const MAX_LENGTH = 0x7fff_ffff;

/**
 * Reads the head from `start` to `end`, where `text` has CRLF CRLF. Never throws: see
 * {@link Head.problem}.
 *
 * @param octets `text` is latin1, because the head is no UTF-8.
 */
export function readMessage(
  text: string,
  start: number,
  end: number,
  octets: boolean,
  limits: MessageLimits,
): Head {
  const lineEnd = text.indexOf('\r\n', start);
  const line = readStartLine(text, start, lineEnd);
  const fields = readFields(text, lineEnd + 2, end, limits);
  const { headers } = fields;
  headers.octets = octets;
  const message =
    line.kind === 'request'
      ? new RequestMessage(line.method, line.requestUri, headers)
      : new ResponseMessage(line.status, line.reason, headers);
  let problem = line.problem ?? fields.problem;
  let contentLength: number | undefined;
  try {
    // Whatever else is wrong: a stream finds its next message by this one. A field that cannot be read
    // may have been it.
    if (fields.problem === undefined) contentLength = readContentLength(message);
    if (problem === undefined) {
      if (message.kind === 'request') checkRequestUri(message, limits);
      checkHeaders(message, limits);
    }
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    problem ??= error;
  }
  return { message, contentLength, problem };
}

/**
 * The problem with the message, for the caller to throw: with the request as far as it was read when
 * its top Via says where a response would go.
 */
export function explain(
  problem: MessageError,
  message: RequestMessage | ResponseMessage,
): MessageError {
  const { kind } = message;
  const partial = kind === 'request' && message.method !== '' ? answerable(message) : undefined;
  return new MessageError(problem.message, {
    status: problem.status,
    code: problem.code,
    kind,
    ...(partial === undefined ? {} : { partial }),
  });
}

function answerable(request: RequestMessage): SipRequest | undefined {
  const via = request.headers.valueOf(VIA);
  if (via === undefined || request.method === 'ACK') return undefined;
  try {
    request.topViaValue ??= scanVia(via, 0, via.length, undefined, true);
    return request;
  } catch {
    return undefined;
  }
}

function readContentLength(message: RequestMessage | ResponseMessage): number | undefined {
  const { headers } = message;
  const index = headers.indexOfId(CONTENT_LENGTH);
  if (index < 0) return undefined;
  // RFC 4475 §3.3.9: nobody can tell which of two counts.
  if (headers.indexOfId(CONTENT_LENGTH, index + 1) >= 0) {
    throw new MessageError('more than one Content-Length');
  }
  const value = headers.values[index] as string;
  const length = decimal(value, 0, value.length, MAX_LENGTH);
  if (length < 0) throw new MessageError('malformed Content-Length');
  return length;
}

function checkRequestUri(request: RequestMessage, limits: MessageLimits): void {
  const text = request.requestUri;
  if (text.length > limits.maxUri) throw new MessageError('request URI too long', { status: 414 });
  const uri = scanUri(text, 0, text.length, limits.maxParams);
  if (uri === undefined) return;
  // RFC 3261 §19.1.1 table 1; RFC 4475 §3.1.2.11.
  if (uri.scheme !== 'tel' && uri.headers.length > 0) {
    throw new MessageError('request URI with headers');
  }
  request.uriValue = uri;
}

/** RFC 3261 §8.1.1: what must be there, once, and well-formed; and the addresses a dialog is built of. */
function checkHeaders(message: RequestMessage | ResponseMessage, limits: MessageLimits): void {
  const { ids, values } = message.headers;
  const { maxParams } = limits;
  let vias = 0;
  let callIds = 0;
  let maxForwards = 0;
  let contacts: NameAddr[] | undefined;
  let routes: NameAddr[] | undefined;
  let recordRoutes: NameAddr[] | undefined;
  let star = false;
  for (let i = 0; i < ids.length; i += 1) {
    const id = ids[i] as number;
    if (id === 0 || id > RECORD_ROUTE) continue;
    const value = values[i] as string;
    if (id === VIA) {
      vias += 1;
      if (vias === 1) {
        const first = parseVias(value, [], maxParams);
        message.topViaValue = first[0];
        message.viaValues = first;
      } else message.viaValues = undefined;
      if (vias > limits.maxVias) throw new MessageError('too many Via', { status: 513 });
    } else if (id === FROM) {
      if (message.fromValue !== undefined) throw new MessageError('more than one From');
      message.fromValue = parseNameAddr(value, maxParams);
    } else if (id === TO) {
      if (message.toValue !== undefined) throw new MessageError('more than one To');
      message.toValue = parseNameAddr(value, maxParams);
    } else if (id === CALL_ID) {
      callIds += 1;
      if (callIds > 1) throw new MessageError('more than one Call-ID');
      checkCallId(value);
    } else if (id === CSEQ) {
      if (message.cseqValue !== undefined) throw new MessageError('more than one CSeq');
      message.cseqValue = parseCSeq(value);
    } else if (id === MAX_FORWARDS) {
      maxForwards += 1;
      checkMaxForwards(value, maxForwards);
    } else if (id === CONTACT) {
      contacts ??= [];
      if (value === '*') star = true;
      else parseNameAddrs(value, contacts, maxParams);
      // RFC 3261 §25.1: the star stands alone.
      if (star && (contacts.length > 0 || message.contactValues !== undefined)) {
        throw new MessageError('Contact * is not the only one');
      }
      message.contactValues = contacts;
    } else if (id === ROUTE) {
      message.routeValues = parseNameAddrs(value, (routes ??= []), maxParams);
    } else if (id === RECORD_ROUTE) {
      message.recordRouteValues = parseNameAddrs(value, (recordRoutes ??= []), maxParams);
    }
  }
  if (vias === 0) throw new MessageError('no Via');
  if (message.fromValue === undefined) throw new MessageError('no From');
  if (message.toValue === undefined) throw new MessageError('no To');
  if (callIds === 0) throw new MessageError('no Call-ID');
  if (message.cseqValue === undefined) throw new MessageError('no CSeq');
  // RFC 3261 §8.1.1.5; RFC 4475 §3.1.2.17.
  if (message.kind === 'request' && message.cseqValue.method !== message.method) {
    throw new MessageError('CSeq names another method');
  }
}

/** RFC 3261 §20.22. */
function checkMaxForwards(value: string, count: number): void {
  if (count > 1) throw new MessageError('more than one Max-Forwards');
  const hops = decimal(value, 0, value.length, 255);
  if (hops < 0 || hops > 255) throw new MessageError('malformed Max-Forwards');
}
