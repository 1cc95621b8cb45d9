import { TOKEN, isBlank, lower, skipBlanks, skipClass } from './characters';
import { defaultMessageLimits } from './limits';
import { MessageError } from './message-error';
import { quote, skipQuoted, unquote } from './params';
import type { Params } from './values';

/**
 * WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization (RFC 3261 §25.1): one
 * challenge or one set of credentials, which is what one field holds (RFC 3261 §7.3.1).
 */
export interface AuthValue {
  /** As written: `Digest`. */
  readonly scheme: string;
  /** Names lower-case, values unquoted. */
  readonly params: Params;
}

export function parseAuth(text: string): AuthValue {
  const end = skipClass(text, 0, text.length, TOKEN);
  if (end === 0 || end === text.length || !isBlank(text.charCodeAt(end))) {
    throw new MessageError('authentication header without a scheme and parameters');
  }
  return { scheme: text.slice(0, end), params: scanAuthParams(text, end) };
}

/** The parameters alone, as in Authentication-Info. */
export function parseAuthParams(text: string): Params {
  return scanAuthParams(text, 0);
}

function scanAuthParams(text: string, start: number): Params {
  const params = new Map<string, string>();
  const end = text.length;
  let i = skipSeparators(text, start);
  while (i < end) {
    const nameEnd = skipClass(text, i, end, TOKEN);
    const name = lower(text.slice(i, nameEnd));
    const equals = skipBlanks(text, nameEnd, end);
    if (name === '' || text.charCodeAt(equals) !== 61) {
      throw new MessageError('malformed authentication parameter');
    }
    const valueStart = skipBlanks(text, equals + 1, end);
    let value: string;
    if (text.charCodeAt(valueStart) === 34) {
      i = skipQuoted(text, valueStart, end);
      value = unquote(text, valueStart, i);
    } else {
      i = valueStart;
      while (i < end && text.charCodeAt(i) !== 44 && !isBlank(text.charCodeAt(i))) i += 1;
      if (i === valueStart) throw new MessageError('authentication parameter without a value');
      value = text.slice(valueStart, i);
    }
    if (!params.has(name)) params.set(name, value);
    if (params.size > defaultMessageLimits.maxParams) throw new MessageError('too many parameters');
    const next = skipSeparators(text, i);
    if (next === i && i < end) throw new MessageError('malformed authentication parameter');
    i = next;
  }
  return params;
}

/** Commas and white space; the comma may be missing, as it is in RFC 3665 §2.1 F3. */
function skipSeparators(text: string, at: number): number {
  while (at < text.length && (isBlank(text.charCodeAt(at)) || text.charCodeAt(at) === 44)) at += 1;
  return at;
}

/** RFC 3261 §25.1: tokens and numbers stand bare in a challenge, … */
const bareInChallenge: ReadonlySet<string> = new Set(['algorithm', 'stale']);
/** … and these in credentials, where `qop` is one token and no list. */
const bareInCredentials: ReadonlySet<string> = new Set(['algorithm', 'qop', 'nc']);

/** The value of WWW-Authenticate or Proxy-Authenticate. */
export function formatChallenge(value: AuthValue): string {
  return format(value, bareInChallenge);
}

/** The value of Authorization or Proxy-Authorization. */
export function formatCredentials(value: AuthValue): string {
  return format(value, bareInCredentials);
}

function format(value: AuthValue, bare: ReadonlySet<string>): string {
  const params = [...value.params].map(
    ([name, text]) => `${name}=${bare.has(name) ? text : quote(text)}`,
  );
  return `${value.scheme} ${params.join(', ')}`;
}
