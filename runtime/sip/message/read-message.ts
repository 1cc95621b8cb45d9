import { FieldChecker } from './field-checker';
import { HeaderTable } from './header-table';
import { VIA } from './header-names';
import type { MessageLimits } from './limits';
import type { SipRequest } from './message';
import { MessageError } from './message-error';
import { readFields } from './read-fields';
import { readStartLine } from './read-start-line';
import { RequestMessage } from './request-message';
import { ResponseMessage } from './response-message';
import { scanUri } from './scan-uri';
import { scanVia } from './via';

/** A message without its body. */
export interface Head {
  readonly message: RequestMessage | ResponseMessage;
  /** Undefined when there is none, or when the head is so malformed that it cannot be relied on. */
  readonly contentLength: number | undefined;
  /** What makes the message unfit, if anything; the message then holds what could be read. */
  readonly problem: MessageError | undefined;
}

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
  const headers = new HeaderTable();
  headers.octets = octets;
  const lineEnd = text.indexOf('\r\n', start);
  const line = readStartLine(text, start, lineEnd);
  let { problem } = line;
  let message: RequestMessage | ResponseMessage;
  if (line.kind === 'request') {
    message = new RequestMessage(line.method, line.requestUri, headers);
    problem ??= checkRequestUri(message, limits);
  } else {
    message = new ResponseMessage(line.status, line.reason, headers);
  }
  const checker = new FieldChecker(message, limits, problem);
  readFields(text, lineEnd + 2, end, checker, limits);
  checker.finish();
  return checker;
}

function checkRequestUri(request: RequestMessage, limits: MessageLimits): MessageError | undefined {
  const text = request.requestUri;
  if (text.length > limits.maxUri) return new MessageError('request URI too long', { status: 414 });
  try {
    const uri = scanUri(text, 0, text.length, limits.maxParams);
    // RFC 3261 §19.1.1 table 1; RFC 4475 §3.1.2.11.
    if (uri !== undefined && uri.scheme !== 'tel' && uri.headers.length > 0) {
      return new MessageError('request URI with headers');
    }
    request.uriValue = uri;
    return undefined;
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
}

/**
 * The problem with the message, for the caller to throw: with the request as far as it was read when
 * its top Via says where a response would go.
 */
export function explain(
  problem: MessageError,
  message: RequestMessage | ResponseMessage,
): MessageError {
  // Without a method that can be read it is nothing at all.
  const kind = message.kind === 'request' && message.method === '' ? undefined : message.kind;
  const partial = message.kind === 'request' ? answerable(message) : undefined;
  return new MessageError(problem.message, {
    status: problem.status,
    code: problem.code,
    ...(kind === undefined ? {} : { kind }),
    ...(partial === undefined ? {} : { partial }),
  });
}

/** RFC 3261 §17: nobody answers an ACK. */
function answerable(request: RequestMessage): SipRequest | undefined {
  const via = request.headers.valueOf(VIA);
  if (via === undefined || request.method === '' || request.method === 'ACK') return undefined;
  try {
    request.topViaValue ??= scanVia(via, 0, via.length, undefined, true);
    return request;
  } catch {
    return undefined;
  }
}
