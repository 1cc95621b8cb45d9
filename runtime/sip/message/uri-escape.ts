import { isUtf8 } from 'node:buffer';

import { isIn } from './characters';
import { MessageError } from './message-error';

const PERCENT = 37;

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Octets that are no UTF-8 become these lone surrogates, so that {@link escapeUri} gives them back. */
const STRAY = 0xdc00;

/**
 * Resolves `%HH` once (RFC 3261 §19.1.2): what comes out may hold NUL, `@` or another percent sign,
 * and is not to be parsed again. Octets are read as UTF-8. Throws a `MessageError` for a percent sign
 * without two hexadecimal digits.
 */
export function unescapeUri(text: string): string {
  let at = text.indexOf('%');
  if (at < 0) return text;
  let plain = '';
  let done = 0;
  while (at >= 0) {
    plain += text.slice(done, at);
    const octets: number[] = [];
    while (at < text.length && text.charCodeAt(at) === PERCENT) {
      const high = hexDigit(text.charCodeAt(at + 1));
      const low = hexDigit(text.charCodeAt(at + 2));
      if (at + 2 >= text.length || high < 0 || low < 0) throw new MessageError('bad escape in URI');
      octets.push(high * 16 + low);
      at += 3;
    }
    plain += decodeOctets(octets);
    done = at;
    at = text.indexOf('%', at);
  }
  return plain + text.slice(done);
}

function decodeOctets(octets: readonly number[]): string {
  const bytes = Buffer.from(octets);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes[i] as number);
    const sequence = bytes.subarray(i, i + length);
    if (sequence.length === length && isUtf8(sequence)) {
      text += sequence.toString('utf8');
      i += length;
    } else {
      text += String.fromCharCode(STRAY + (bytes[i] as number));
      i += 1;
    }
  }
  return text;
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** Escapes every character that is not of the class, and the percent sign. */
export function escapeUri(plain: string, allowed: number): string {
  let at = 0;
  while (at < plain.length && isPlain(plain.charCodeAt(at), allowed)) at += 1;
  if (at === plain.length) return plain;
  let text = plain.slice(0, at);
  for (const character of plain.slice(at)) {
    const code = character.codePointAt(0) as number;
    if (isPlain(code, allowed)) text += character;
    else if (code >= STRAY + 0x80 && code <= STRAY + 0xff) text += hex(code - STRAY);
    else for (const octet of Buffer.from(character, 'utf8')) text += hex(octet);
  }
  return text;
}

function isPlain(code: number, allowed: number): boolean {
  return code !== PERCENT && isIn(code, allowed);
}

function hex(octet: number): string {
  return `%${(octet + 0x100).toString(16).slice(1).toUpperCase()}`;
}
