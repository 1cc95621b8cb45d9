import {
  PARAM_VALUE,
  TOKEN,
  isBlank,
  isIn,
  isName,
  isToken,
  lower,
  skipBlanks,
  skipClass,
} from './characters';
import { defaultMessageLimits } from './limits';
import { MessageError } from './message-error';
import type { Params } from './values';

export const emptyParams: Params = new Map<string, string>();

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * The position after the quoted string that starts at `start` (RFC 3261 §25.1 `quoted-string`).
 * Throws a `MessageError` when it does not end.
 */
export function skipQuoted(text: string, start: number, end: number): number {
  for (let i = start + 1; i < end; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) i += 1;
  }
  throw new MessageError('quoted string without end');
}

/** What stands between the quotes at `start` and before `end`, with the quoted pairs resolved. */
export function unquote(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  if (!inner.includes('\\')) return inner;
  let plain = '';
  for (let i = 0; i < inner.length; i += 1) {
    if (inner.charCodeAt(i) === BACKSLASH) i += 1;
    plain += inner.charAt(i);
  }
  return plain;
}

/** A quoted string of the text. */
export function quote(text: string): string {
  let quoted = '"';
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE || code === BACKSLASH) quoted += '\\';
    quoted += text.charAt(i);
  }
  return `${quoted}"`;
}

/**
 * Where {@link scanParam} found the parameter: one object for all, because a parameter is looked at
 * before the next is scanned. It saves an object for each parameter of each header.
 */
export const scanned = { nameStart: 0, nameEnd: 0, valueStart: 0, valueEnd: 0, quoted: false };

/**
 * Scans one `SEMI generic-param` (RFC 3261 §25.1) at `at` into {@link scanned}. Returns the position
 * after it, or -1 when no semicolon stands there. Throws a `MessageError` for anything else.
 */
export function scanParam(text: string, at: number, end: number): number {
  let i = skipBlanks(text, at, end);
  if (i >= end || text.charCodeAt(i) !== 59) return -1;
  i = skipBlanks(text, i + 1, end);
  scanned.nameStart = i;
  i = skipClass(text, i, end, TOKEN);
  if (i === scanned.nameStart) throw new MessageError('parameter without a name');
  scanned.nameEnd = i;
  scanned.valueStart = scanned.valueEnd = 0;
  scanned.quoted = false;
  let code = i < end ? text.charCodeAt(i) : 59;
  if (isBlank(code)) {
    const next = skipBlanks(text, i, end);
    code = next < end ? text.charCodeAt(next) : 59;
    if (code === 61) i = next;
  }
  if (code !== 61) return i;
  i = skipBlanks(text, i + 1, end);
  scanned.valueStart = i;
  if (i < end && text.charCodeAt(i) === QUOTE) {
    scanned.quoted = true;
    i = skipQuoted(text, i, end);
  } else {
    i = skipClass(text, i, end, PARAM_VALUE);
    if (i === scanned.valueStart) throw new MessageError('parameter without a value after =');
  }
  scanned.valueEnd = i;
  return i;
}

/** By length: the names that nearly every message has, so that they need no slice of the text. */
const usualNames: readonly (readonly string[])[] = Array.from({ length: 16 }, (_, length) =>
  [
    'lr',
    'tag',
    'ttl',
    'rport',
    'maddr',
    'user',
    'branch',
    'expires',
    'received',
    'transport',
  ].filter((name) => name.length === length),
);

/** The name from `start` to `end`, lower-case. */
export function paramName(text: string, start: number, end: number): string {
  const usual = usualNames[end - start];
  if (usual !== undefined) {
    for (let k = 0; k < usual.length; k += 1) {
      const name = usual[k] as string;
      if (isName(text, start, end, name)) return name;
    }
  }
  return lower(text.slice(start, end));
}

/** The value that was scanned last, unquoted. */
export function scannedValue(text: string): string {
  if (scanned.quoted) return unquote(text, scanned.valueStart, scanned.valueEnd);
  return scanned.valueEnd === 0 ? '' : text.slice(scanned.valueStart, scanned.valueEnd);
}

/** Where {@link scanParams} ended. */
export let paramsEnd = 0;

/**
 * The parameters from `at` on; {@link paramsEnd} is the first position that is neither a parameter nor
 * white space. Of two with one name the first counts.
 */
export function scanParams(
  text: string,
  at: number,
  end: number,
  maxParams = defaultMessageLimits.maxParams,
): Params {
  let next = scanParam(text, at, end);
  if (next < 0) {
    paramsEnd = skipBlanks(text, at, end);
    return emptyParams;
  }
  const params = new Map<string, string>();
  let count = 0;
  while (next >= 0) {
    at = next;
    const name = paramName(text, scanned.nameStart, scanned.nameEnd);
    if (count === 0 || !params.has(name)) params.set(name, scannedValue(text));
    count += 1;
    if (count > maxParams) throw new MessageError('too many parameters');
    next = scanParam(text, at, end);
  }
  paramsEnd = skipBlanks(text, at, end);
  return params;
}

/** A token, or a host with or without port. */
function isPlainValue(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (!isIn(code, TOKEN) && code !== 58 && code !== 91 && code !== 93) return false;
  }
  return value !== '';
}

/** `;name=value…`; a value that is no token (or host) is quoted. */
export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += `;${formatParam(name, value)}`;
  return text;
}

/** `name=value`, or `name` alone when the value is ''. */
export function formatParam(name: string, value: string): string {
  if (!isToken(name)) throw new MessageError(`not a parameter name: ${name}`);
  if (value === '') return name;
  return isPlainValue(value) ? `${name}=${value}` : `${name}=${quote(value)}`;
}
