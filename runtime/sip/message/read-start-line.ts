import { isDigit, isName, isToken } from './characters';
import { MessageError } from './message-error';

/** A start line as far as it was understood. */
export interface StartLine {
  readonly kind: 'request' | 'response';
  /** '' when there is none that can be read. */
  readonly method: string;
  readonly requestUri: string;
  readonly status: number;
  readonly reason: string;
  readonly problem: MessageError | undefined;
}

/** RFC 3261 §7.1 and §7.2. Single spaces, nothing more: see RFC 4475 §3.1.2.9 and §3.1.2.10. */
export function readStartLine(text: string, start: number, end: number): StartLine {
  return isName(text, start, start + 3, 'sip') && text.charCodeAt(start + 3) === 47
    ? readStatusLine(text, start, end)
    : readRequestLine(text, start, end);
}

function readRequestLine(text: string, start: number, end: number): StartLine {
  const line = { kind: 'request', status: 0, reason: '' } as const;
  let methodEnd = text.indexOf(' ', start);
  if (methodEnd < 0 || methodEnd > end) methodEnd = end;
  const method = text.slice(start, methodEnd);
  if (!isToken(method) || methodEnd === end) {
    const problem = new MessageError('start line is neither a request nor a response');
    return { ...line, method: '', requestUri: '', problem };
  }
  let uriEnd = text.indexOf(' ', methodEnd + 1);
  if (uriEnd < 0 || uriEnd > end) uriEnd = end;
  const requestUri = text.slice(methodEnd + 1, uriEnd);
  const problem =
    uriEnd + 8 === end && isVersion2(text, uriEnd + 1)
      ? undefined
      : versionProblem(text.slice(uriEnd + 1, end));
  return { kind: 'request', method, requestUri, status: 0, reason: '', problem };
}

function readStatusLine(text: string, start: number, end: number): StartLine {
  const line = { kind: 'response', method: '', requestUri: '' } as const;
  const space = start + 7;
  let problem: MessageError | undefined;
  if (!isVersion2(text, start) || text.charCodeAt(space) !== 32) {
    problem = versionProblem(text.slice(start, Math.min(text.indexOf(' ', start) >>> 0, end)));
  }
  let status = 0;
  for (let i = space + 1; i < space + 4; i += 1) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) status = Number.NaN;
    status = status * 10 + (code - 48);
  }
  const after = space + 4;
  // The SP before an empty reason phrase may be missing: nothing is lost by it.
  if (!(status >= 100 && status <= 699) || (after < end && text.charCodeAt(after) !== 32)) {
    problem ??= new MessageError('status code out of range');
  }
  return { ...line, status, reason: text.slice(Math.min(after + 1, end), end), problem };
}

function isVersion2(text: string, at: number): boolean {
  return (
    isName(text, at, at + 3, 'sip') &&
    text.charCodeAt(at + 3) === 47 &&
    text.charCodeAt(at + 4) === 50 &&
    text.charCodeAt(at + 5) === 46 &&
    text.charCodeAt(at + 6) === 48
  );
}

/** RFC 3261 §21.5.6 for another version; anything else is malformed. */
function versionProblem(version: string): MessageError {
  if (/^sip\/\d{1,9}\.\d{1,9}$/i.test(version) && version.toLowerCase() !== 'sip/2.0') {
    return new MessageError(`version ${version}`, { status: 505 });
  }
  return new MessageError('malformed start line');
}
