import { TOKEN, WORD, decimal, isBlank, isIn, skipBlanks, skipClass } from './characters';
import { MessageError } from './message-error';
import { emptyParams, paramsEnd, scanParams, skipQuoted, unquote } from './params';
import type {
  CSeq,
  MediaType,
  Params,
  RAck,
  ReasonValue,
  SessionExpires,
  WarningValue,
} from './values';

/** 2^32 - 1: what a delta-seconds and a sequence number may be at most. */
const UINT32 = 0xffff_ffff;

/** The position of the comma that ends the list element at `start`, or the end. */
export function elementEnd(text: string, start: number): number {
  let i = start;
  let inAngle = false;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (code === 34) {
      i = skipQuoted(text, i, text.length);
      continue;
    }
    if (code === 60) inAngle = true;
    else if (code === 62) inAngle = false;
    else if (code === 44 && !inAngle) return i;
    i += 1;
  }
  return i;
}

/** The elements of a comma-separated list, trimmed; commas in quotes and brackets do not count. */
export function splitList(text: string, into: string[] = []): string[] {
  let at = 0;
  while (at <= text.length) {
    const end = elementEnd(text, at);
    const element = trimmed(text, at, end);
    if (element !== '') into.push(element);
    at = end + 1;
  }
  return into;
}

/** A list of tokens, for headers whose elements can hold neither quotes nor brackets. */
export function splitTokens(text: string, into: string[]): void {
  let at = 0;
  while (at <= text.length) {
    let end = text.indexOf(',', at);
    if (end < 0) end = text.length;
    const element = trimmed(text, at, end);
    if (element !== '') into.push(element);
    at = end + 1;
  }
}

/** The text between without white space at its ends (SP and HTAB only: UTF-8 has more). */
export function trimmed(text: string, start: number, end: number): string {
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** RFC 3261 §20.16. The number may be up to 2^32 - 1: be liberal in what you accept. */
export function parseCSeq(text: string, start = 0, end = text.length): CSeq {
  const blank = skipDigits(text, start);
  const sequence = decimal(text, start, blank, UINT32);
  const method = skipBlanks(text, blank, end);
  const methodEnd = skipClass(text, method, end, TOKEN);
  if (sequence < 0 || method === blank || methodEnd === method || methodEnd < end) {
    throw new MessageError('malformed CSeq');
  }
  if (sequence > UINT32) throw new MessageError('CSeq number out of range');
  return { sequence, method: text.slice(method, end) };
}

/** Stops at the end of the text by itself: what follows a value in a head is a CR. */
function skipDigits(text: string, at: number): number {
  let code = text.charCodeAt(at);
  while (code >= 48 && code <= 57) {
    at += 1;
    code = text.charCodeAt(at);
  }
  return at;
}

/** RFC 3261 §25.1 `callid`. */
export function checkCallId(text: string, start: number, end: number): void {
  let i = start;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (!isIn(code, WORD) && code !== 64) break;
    i += 1;
  }
  if (i === start || i < end) throw new MessageError('malformed Call-ID');
}

/** RFC 3262 §7.2. */
export function parseRAck(text: string): RAck {
  const end = skipDigits(text, 0);
  const rseq = decimal(text, 0, end, UINT32);
  const next = skipBlanks(text, end, text.length);
  if (rseq < 0 || rseq > UINT32 || next === end) throw new MessageError('malformed RAck');
  const { sequence, method } = parseCSeq(text.slice(next));
  return { rseq, sequence, method };
}

/** A number of the given name; greater ones than 2^32 - 1 count as that (RFC 3261 §20.19). */
export function parseNumber(text: string, name: string): number {
  const value = decimal(text, 0, text.length, UINT32);
  if (value < 0) throw new MessageError(`malformed ${name}`);
  return Math.min(value, UINT32);
}

/** A number that may have parameters or a comment after it (Session-Expires, Min-SE, Retry-After). */
export function parseLeadingNumber(
  text: string,
  name: string,
): { readonly number: number; readonly rest: number } {
  const rest = skipDigits(text, 0);
  return { number: parseNumber(text.slice(0, rest), name), rest };
}

/** RFC 4028 §4. */
export function parseSessionExpires(text: string): SessionExpires {
  const { number, rest } = parseLeadingNumber(text, 'Session-Expires');
  const refresher = paramsToEnd(text, rest, 'Session-Expires').get('refresher')?.toLowerCase();
  return {
    interval: number,
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined,
  };
}

/** RFC 4028 §5, seconds. */
export function parseMinSe(text: string): number {
  const { number, rest } = parseLeadingNumber(text, 'Min-SE');
  paramsToEnd(text, rest, 'Min-SE');
  return number;
}

function paramsToEnd(text: string, at: number, name: string): Params {
  const params = scanParams(text, at, text.length);
  if (paramsEnd < text.length) throw new MessageError(`malformed ${name}`);
  return params;
}

/** What nearly every body is: one object for all. */
const SDP: MediaType = { value: 'application/sdp', params: emptyParams };

/** `type/subtype` with parameters, lower-case: Content-Type, and each element of Accept. */
export function parseMediaType(text: string): MediaType {
  if (text === SDP.value) return SDP;
  const typeEnd = skipClass(text, 0, text.length, TOKEN);
  const slash = skipBlanks(text, typeEnd, text.length);
  const subtype = skipBlanks(text, slash + 1, text.length);
  const end = skipClass(text, subtype, text.length, TOKEN);
  if (typeEnd === 0 || text.charCodeAt(slash) !== 47 || end === subtype) {
    throw new MessageError('malformed media type');
  }
  const value = `${text.slice(0, typeEnd)}/${text.slice(subtype, end)}`.toLowerCase();
  return { value, params: paramsToEnd(text, end, 'media type') };
}

/** A token with parameters: Event, Subscription-State, Content-Disposition, elements of Accept-Encoding. */
export function parseTokenWithParams(
  text: string,
  name: string,
): { readonly value: string; readonly params: Params } {
  const end = skipClass(text, 0, text.length, TOKEN);
  if (end === 0) throw new MessageError(`malformed ${name}`);
  return { value: text.slice(0, end), params: paramsToEnd(text, end, name) };
}

/** RFC 3326 §2, one element. */
export function parseReason(text: string): ReasonValue {
  const { value, params } = parseTokenWithParams(text, 'Reason');
  const cause = params.get('cause');
  const number = cause === undefined ? -1 : decimal(cause, 0, cause.length, UINT32);
  return {
    protocol: value,
    cause: number < 0 || number > UINT32 ? undefined : number,
    text: params.get('text'),
  };
}

/** RFC 3261 §20.43, one element. */
export function parseWarning(text: string): WarningValue {
  const codeEnd = skipDigits(text, 0);
  const agentStart = skipBlanks(text, codeEnd, text.length);
  let agentEnd = agentStart;
  while (agentEnd < text.length && !isBlank(text.charCodeAt(agentEnd))) agentEnd += 1;
  const quoteStart = skipBlanks(text, agentEnd, text.length);
  if (codeEnd !== 3 || agentEnd === agentStart || text.charCodeAt(quoteStart) !== 34) {
    throw new MessageError('malformed Warning');
  }
  const quoteEnd = skipQuoted(text, quoteStart, text.length);
  if (quoteEnd < text.length) throw new MessageError('malformed Warning');
  return {
    code: decimal(text, 0, codeEnd, 999),
    agent: text.slice(agentStart, agentEnd),
    text: unquote(text, quoteStart, quoteEnd),
  };
}

/** RFC 3261 §20.33: seconds; the comment is left out. */
export interface RetryAfter {
  readonly seconds: number;
  /** How long the callee will be there, in seconds. */
  readonly duration: number | undefined;
}

export function parseRetryAfter(text: string): RetryAfter {
  const { number, rest } = parseLeadingNumber(text, 'Retry-After');
  let at = skipBlanks(text, rest, text.length);
  if (text.charCodeAt(at) === 40) at = skipComment(text, at);
  const duration = paramsToEnd(text, at, 'Retry-After').get('duration');
  return {
    seconds: number,
    duration: duration === undefined ? undefined : parseNumber(duration, 'Retry-After duration'),
  };
}

/** RFC 3261 §25.1 `comment`: they nest. */
function skipComment(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 92) i += 1;
    else if (code === 40) depth += 1;
    else if (code === 41) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  throw new MessageError('comment without end');
}
