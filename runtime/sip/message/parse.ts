import { isAscii, isUtf8 } from 'node:buffer';

import { defaultMessageLimits, type MessageLimits } from './limits';
import type { SipMessage } from './message';
import { MessageError } from './message-error';
import { skipEmptyLines } from './read-fields';
import { explain, readMessage, type Head } from './read-message';

export { defaultMessageLimits, type MessageLimits } from './limits';

const EMPTY_LINE = '\r\n\r\n';

/**
 * Reads one datagram (RFC 3261 §18.3): octets after the body that Content-Length announces are
 * ignored, a Content-Length beyond the datagram is malformed, none means that the body fills it.
 *
 * Checked are the start line, Via (the first field), From, To, Call-ID, CSeq, Max-Forwards,
 * Content-Length, Contact, Route and Record-Route: members for these never throw afterwards. The head
 * is UTF-8; one that is not is read as latin1, and written so again.
 *
 * Throws a {@link MessageError} for everything that is wrong, never anything else.
 */
export function parseMessage(
  bytes: Uint8Array,
  limits: MessageLimits = defaultMessageLimits,
): SipMessage {
  const buffer = asBuffer(bytes);
  // One look at the octets as latin1 finds the body: its offsets are those of the octets.
  const visible = Math.min(buffer.length, limits.maxHead + EMPTY_LINE.length);
  const latin1 = buffer.toString('latin1', 0, visible);
  const start = skipEmptyLines(latin1);
  const headEnd = latin1.indexOf(EMPTY_LINE, start);
  if (headEnd < 0) throw unterminated(buffer.subarray(0, visible), buffer.length, start, limits);
  const bodyStart = headEnd + EMPTY_LINE.length;
  const { message, contentLength, problem } = isAscii(buffer)
    ? readMessage(latin1, start, headEnd, false, limits)
    : readDecoded(buffer.subarray(0, bodyStart), start, limits);
  if (problem !== undefined) throw explain(problem, message);

  const available = buffer.length - bodyStart;
  const length = contentLength ?? available;
  if (length > available) {
    throw explain(new MessageError('Content-Length beyond the end of the datagram'), message);
  }
  if (length > limits.maxBody) {
    throw explain(new MessageError('body too large', { status: 413 }), message);
  }
  if (length > 0) message.body = buffer.subarray(bodyStart, bodyStart + length);
  return message;
}

/**
 * Reads the head of a message on a stream, which ends with its empty line. Throws nothing: what is
 * wrong is in the result, with the Content-Length if that at least could be read.
 */
export function parseHead(bytes: Uint8Array, limits: MessageLimits = defaultMessageLimits): Head {
  const buffer = asBuffer(bytes);
  let start = 0;
  while (buffer[start] === 13 && buffer[start + 1] === 10) start += 2;
  return readDecoded(buffer, start, limits);
}

/** `head` ends with an empty line. */
function readDecoded(head: Buffer, start: number, limits: MessageLimits): Head {
  if (isUtf8(head)) {
    const text = isAscii(head) ? head.toString('latin1') : head.toString('utf8');
    return readMessage(text, start, text.length - EMPTY_LINE.length, false, limits);
  }
  return readMessage(head.toString('latin1'), start, head.length - EMPTY_LINE.length, true, limits);
}

function unterminated(
  seen: Buffer,
  length: number,
  start: number,
  limits: MessageLimits,
): MessageError {
  const error =
    length > limits.maxHead
      ? new MessageError('head too long', { status: 513 })
      : new MessageError('no empty line after the head');
  const head = Buffer.concat([seen, Buffer.from(EMPTY_LINE)]);
  return explain(error, readDecoded(head, start, limits).message);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
