/** Character classes of RFC 3261 §25.1, one bit each, for codes below 128. */
export const TOKEN = 1;
export const WORD = 2;
/** `user`, `password` and the colon between them, escapes included. */
export const USERINFO = 4;
export const HOST = 8;
/** What stands in a `user` unescaped. */
export const USER = 256;
/** What stands in a `password` unescaped. */
export const PASSWORD = 512;
/** `paramchar` of a URI parameter, escapes included. */
export const URI_PARAM = 16;
/** `hname` and `hvalue` of a URI, escapes included. */
export const URI_HEADER = 32;
/** The value of a header parameter that is not quoted: `token`, `host` and what the wild adds to them. */
export const PARAM_VALUE = 64;
/** Anything that may stand in an absolute URI of a scheme that we do not know. */
export const URI_ANY = 128;

const ALPHANUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const MARK = "-_.!~*'()";
const UNRESERVED = ALPHANUM + MARK;

const classes = new Uint16Array(128);

function mark(characters: string, bit: number): void {
  for (let i = 0; i < characters.length; i += 1) {
    const code = characters.charCodeAt(i);
    classes[code] = (classes[code] ?? 0) | bit;
  }
}

mark(ALPHANUM + "-.!%*_+`'~", TOKEN);
mark(ALPHANUM + '-.!%*_+`\'~()<>:\\"/[]?{}', WORD);
mark(UNRESERVED + '%&=+$,;?/:', USERINFO);
// The underscore is no part of a host name, but names with it are about.
mark(UNRESERVED + '&=+$,;?/', USER);
mark(UNRESERVED + '&=+$,', PASSWORD);
mark(ALPHANUM + '-._', HOST);
mark(UNRESERVED + '%[]/:&+$', URI_PARAM);
mark(UNRESERVED + '%[]/?:+$', URI_HEADER);
mark(ALPHANUM + "-.!%*_+`'~[]:/@?(){}=$&^|#", PARAM_VALUE);
mark(UNRESERVED + '%;/?:@&=+$,[]#', URI_ANY);

/** Whether the character belongs to the class; false for everything outside ASCII. */
export function isIn(code: number, bit: number): boolean {
  return code < 128 && ((classes[code] as number) & bit) !== 0;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** SP or HTAB. What was folded has been made one SP before. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** The first position from `at` that is no white space, at most `end`. */
export function skipBlanks(text: string, at: number, end: number): number {
  while (at < end && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** The first position from `at` whose character is not of the class, at most `end`. */
export function skipClass(text: string, at: number, end: number, bit: number): number {
  while (at < end && isIn(text.charCodeAt(at), bit)) at += 1;
  return at;
}

export function isToken(text: string): boolean {
  return text !== '' && skipClass(text, 0, text.length, TOKEN) === text.length;
}

/**
 * Whether `text` from `start` to `end` is `name`, which is lower-case letters, digits and hyphens,
 * in any case.
 */
export function isName(text: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i += 1) {
    const code = text.charCodeAt(start + i);
    const wanted = name.charCodeAt(i);
    if (code !== wanted && ((code | 32) !== wanted || wanted < 97)) return false;
  }
  return true;
}

/** Lower-case; the same string when it is that already, which it mostly is. */
export function lower(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 65 && code <= 90) return text.toLowerCase();
  }
  return text;
}

/**
 * The decimal number that fills `text` from `start` to `end`, or -1 when it is none. Greater values
 * than `limit` become `limit + 1`, so that no run of digits overflows.
 */
export function decimal(text: string, start: number, end: number, limit: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let i = start; i < end; i += 1) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return -1;
    if (value <= limit) value = value * 10 + (code - 48);
  }
  return value > limit ? limit + 1 : value;
}
