import { HOST, URI_ANY, URI_HEADER, URI_PARAM, USERINFO } from './characters';
import { decimal, isDigit, isIn, isName, lower, skipClass } from './characters';
import { defaultMessageLimits } from './limits';
import { MessageError } from './message-error';
import { emptyParams, paramName } from './params';
import type { SipUri, TelUri, Uri } from './uri';
import { unescapeUri } from './uri-escape';
import type { Params } from './values';

const noHeaders: SipUri['headers'] = [];

/**
 * The URI that fills `text` from `start` to `end`; undefined for one whose scheme is not ours but that
 * is well-formed otherwise. Throws a `MessageError` (status 400).
 */
export function scanUri(
  text: string,
  start: number,
  end: number,
  maxParams = defaultMessageLimits.maxParams,
): Uri | undefined {
  const colon = findCode(text, start, end, 58);
  if (isName(text, start, colon, 'sip')) return scanSipUri(text, 'sip', colon + 1, end, maxParams);
  if (isName(text, start, colon, 'sips'))
    return scanSipUri(text, 'sips', colon + 1, end, maxParams);
  if (isName(text, start, colon, 'tel')) return scanTelUri(text, colon + 1, end, maxParams);
  if (!isScheme(text, start, colon) || colon + 1 >= end) throw new MessageError('not a URI');
  if (skipClass(text, colon, end, URI_ANY) < end) {
    throw new MessageError('character that no URI may have');
  }
  return undefined;
}

/** RFC 3261 §25.1 `scheme`. */
function isScheme(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const code = text.charCodeAt(i);
    const letter = (code | 32) >= 97 && (code | 32) <= 122;
    const later = (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46;
    if (!letter && !(later && i > start)) return false;
  }
  return end > start;
}

function scanSipUri(
  text: string,
  scheme: 'sip' | 'sips',
  start: number,
  end: number,
  maxParams: number,
): SipUri {
  let user: string | undefined;
  let password: string | undefined;
  // An @ stands nowhere but after the userinfo, which may hold semicolons and question marks.
  let at = start;
  let colon = -1;
  let escaped = false;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!isIn(code, USERINFO)) break;
    if (code === 37) escaped = true;
    else if (code === 58 && colon < 0) colon = at;
  }
  let i = start;
  if (at < end && text.charCodeAt(at) === 64) {
    const userEnd = colon < 0 ? at : colon;
    if (userEnd === start) throw new MessageError('URI with an empty user');
    user = text.slice(start, userEnd);
    if (colon >= 0) password = text.slice(colon + 1, at);
    if (escaped) {
      user = unescapeUri(user);
      if (password !== undefined) password = unescapeUri(password);
    }
    i = at + 1;
  }
  i = scanHost(text, i, end);
  const host = scannedHost;
  const port = scannedPort;
  let params = emptyParams;
  if (i < end && text.charCodeAt(i) === 59) {
    const paramsEnd = findCode(text, i, end, 63);
    params = scanUriParams(text, i, paramsEnd, maxParams);
    i = paramsEnd;
  }
  let headers = noHeaders;
  if (i < end && text.charCodeAt(i) === 63) {
    headers = scanUriHeaders(text, i + 1, end, maxParams);
    i = end;
  }
  if (i < end) throw new MessageError('URI goes on after its host');
  return { scheme, user, password, host, port, params, headers };
}

function findCode(text: string, start: number, end: number, code: number): number {
  while (start < end && text.charCodeAt(start) !== code) start += 1;
  return start;
}

let scannedHost = '';
let scannedPort: number | undefined;

/** `hostport`: gives the position after it. */
function scanHost(text: string, start: number, end: number): number {
  let i = start;
  if (i < end && text.charCodeAt(i) === 91) {
    const close = findCode(text, i, end, 93);
    for (let j = i + 1; j < close; j += 1) {
      if (!isIPv6(text.charCodeAt(j))) throw new MessageError('bad IPv6 address');
    }
    if (close === end || close < i + 3) throw new MessageError('bad IPv6 address');
    scannedHost = lower(text.slice(i + 1, close));
    i = close + 1;
  } else {
    let upper = false;
    for (; i < end; i += 1) {
      const code = text.charCodeAt(i);
      if (!isIn(code, HOST)) break;
      if (code >= 65 && code <= 90) upper = true;
    }
    if (i === start) throw new MessageError('URI without a host');
    scannedHost = text.slice(start, i);
    if (upper) scannedHost = scannedHost.toLowerCase();
  }
  scannedPort = undefined;
  if (i < end && text.charCodeAt(i) === 58) {
    const digits = i + 1;
    i = digits;
    while (i < end && isDigit(text.charCodeAt(i))) i += 1;
    const port = decimal(text, digits, i, 65_535);
    if (port < 0 || port > 65_535) throw new MessageError('bad port');
    scannedPort = port;
  }
  return i;
}

function isIPv6(code: number): boolean {
  const letter = code | 32;
  return (code >= 46 && code <= 58 && code !== 47) || (letter >= 97 && letter <= 102);
}

function scanUriParams(text: string, start: number, end: number, maxParams: number): Params {
  const params = new Map<string, string>();
  let i = start;
  let count = 0;
  while (i < end) {
    if (text.charCodeAt(i) !== 59) throw new MessageError('bad URI parameter');
    const nameStart = i + 1;
    i = skipClass(text, nameStart, end, URI_PARAM);
    if (i === nameStart) throw new MessageError('URI parameter without a name');
    const name = paramName(text, nameStart, i);
    let value = '';
    if (i < end && text.charCodeAt(i) === 61) {
      const valueStart = i + 1;
      i = skipClass(text, valueStart, end, URI_PARAM);
      if (i === valueStart) throw new MessageError('URI parameter without a value after =');
      value = unescapeUri(text.slice(valueStart, i));
    }
    count += 1;
    if (count > maxParams) throw new MessageError('too many URI parameters');
    const plain = name.includes('%') ? lower(unescapeUri(name)) : name;
    if (!params.has(plain)) params.set(plain, value);
  }
  return params;
}

function scanUriHeaders(
  text: string,
  start: number,
  end: number,
  maxHeaders: number,
): SipUri['headers'] {
  const headers: (readonly [string, string])[] = [];
  let i = start;
  for (;;) {
    const nameStart = i;
    i = skipClass(text, i, end, URI_HEADER);
    if (i === nameStart || i === end || text.charCodeAt(i) !== 61) {
      throw new MessageError('bad header in URI');
    }
    const name = text.slice(nameStart, i);
    const valueStart = i + 1;
    i = skipClass(text, valueStart, end, URI_HEADER);
    headers.push([name, unescapeUri(text.slice(valueStart, i))]);
    if (headers.length > maxHeaders) throw new MessageError('too many headers in URI');
    if (i === end) return headers;
    if (text.charCodeAt(i) !== 38) throw new MessageError('bad header in URI');
    i += 1;
  }
}

/** RFC 3966 §3: a global or a local number, then parameters. */
function scanTelUri(text: string, start: number, end: number, maxParams: number): TelUri {
  const semicolon = findCode(text, start, end, 59);
  let digits = 0;
  for (let i = start; i < semicolon; i += 1) {
    const code = text.charCodeAt(i);
    const letter = code | 32;
    if ((code >= 48 && code <= 57) || code === 42 || code === 35) digits += 1;
    else if (letter >= 97 && letter <= 102) digits += 1;
    else if (!(code === 43 && i === start) && !(code === 40 || code === 41)) {
      if (code !== 45 && code !== 46) throw new MessageError('bad telephone number');
    }
  }
  if (digits === 0) throw new MessageError('telephone number without digits');
  const params = semicolon < end ? scanUriParams(text, semicolon, end, maxParams) : emptyParams;
  return { scheme: 'tel', number: text.slice(start, semicolon), params };
}
