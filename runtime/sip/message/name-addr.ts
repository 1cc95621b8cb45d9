import { TOKEN, isBlank, isIn, skipBlanks } from './characters';
import { defaultMessageLimits } from './limits';
import { MessageError } from './message-error';
import { formatParams, paramsEnd, quote, scanParams, skipQuoted, unquote } from './params';
import { scanUri } from './scan-uri';
import { formatUri, parseUri, type Uri } from './uri';
import type { NameAddr, Params } from './values';

/** Where {@link scanNameAddr} ended: at a comma, or at the end. */
export let nameAddrEnd = 0;

/**
 * RFC 3261 §25.1 `name-addr` or `addr-spec` with parameters, as in From, To, Contact, Route and many
 * more. Throws a `MessageError` (status 400).
 */
export function parseNameAddr(text: string): NameAddr {
  return scanOnlyNameAddr(text, 0, text.length);
}

/** The one address that fills `text` from `start` to `end`. */
export function scanOnlyNameAddr(
  text: string,
  start: number,
  end: number,
  maxParams = defaultMessageLimits.maxParams,
): NameAddr {
  const address = scanNameAddr(text, start, end, maxParams);
  if (nameAddrEnd < end) throw new MessageError('more than one address');
  return address;
}

/** A comma-separated list of them, as Contact, Route, Record-Route, Path, P-Asserted-Identity have. */
export function parseNameAddrs(text: string): NameAddr[] {
  return scanNameAddrs(text, 0, text.length, []);
}

/** The list from `start` to `end`, added to `into`. */
export function scanNameAddrs(
  text: string,
  start: number,
  end: number,
  into: NameAddr[],
  maxParams = defaultMessageLimits.maxParams,
): NameAddr[] {
  let at = start;
  for (;;) {
    into.push(scanNameAddr(text, at, end, maxParams));
    if (nameAddrEnd === end) return into;
    at = nameAddrEnd + 1;
  }
}

/** Scans one at `start`; {@link nameAddrEnd} tells where it ended. */
export function scanNameAddr(
  text: string,
  start: number,
  end: number,
  maxParams = defaultMessageLimits.maxParams,
): NameAddr {
  let i = skipBlanks(text, start, end);
  let displayName = '';
  let open: number;
  if (i < end && text.charCodeAt(i) === 34) {
    const close = skipQuoted(text, i, end);
    displayName = unquote(text, i, close);
    open = skipBlanks(text, close, end);
    if (open === end || text.charCodeAt(open) !== 60) {
      throw new MessageError('display name without an address');
    }
  } else {
    // A display name of tokens, or the scheme of an address without brackets.
    open = i;
    let last = i;
    while (open < end) {
      const code = text.charCodeAt(open);
      if (!isIn(code, TOKEN) && code < 128) {
        if (!isBlank(code)) break;
      } else last = open + 1;
      open += 1;
    }
    if (open === end) throw new MessageError('address without a scheme');
    // RFC 4475 §3.1.1.6: no white space need stand before the bracket.
    if (text.charCodeAt(open) === 60) displayName = text.slice(i, last);
    else open = -1;
  }

  let uriStart = i;
  let uriEnd: number;
  if (open >= 0) {
    uriStart = open + 1;
    uriEnd = text.indexOf('>', uriStart);
    if (uriEnd < 0 || uriEnd >= end) throw new MessageError('address without a closing bracket');
    i = uriEnd + 1;
  } else {
    uriEnd = i;
    for (; uriEnd < end; uriEnd += 1) {
      const code = text.charCodeAt(uriEnd);
      if (code === 59 || code === 44 || isBlank(code)) break;
      // RFC 3261 §20.10: an address with a question mark must stand in brackets.
      if (code === 63) throw new MessageError('address with headers but without brackets');
    }
    i = uriEnd;
  }

  const uri = scanUri(text, uriStart, uriEnd, maxParams);
  const params = scanParams(text, i, end, maxParams);
  nameAddrEnd = paramsEnd;
  if (nameAddrEnd < end && text.charCodeAt(nameAddrEnd) !== 44) {
    throw new MessageError('address goes on after its end');
  }
  return makeNameAddr(displayName, text.slice(uriStart, uriEnd), uri, params);
}

function makeNameAddr(
  displayName: string,
  uriText: string,
  uri: Uri | undefined,
  params: Params,
): NameAddr {
  const tag = params.get('tag');
  if (uri !== undefined) return { displayName, uriText, uri, params, tag };
  return {
    displayName,
    uriText,
    // A scheme that we do not know is no fault until somebody needs the URI.
    get uri(): Uri {
      return parseUri(uriText);
    },
    params,
    tag,
  };
}

/** The display name always quoted, the address always in brackets. */
export function formatNameAddr(address: {
  readonly displayName?: string | undefined;
  /** Text is taken as it is. */
  readonly uri: Uri | string;
  readonly params?: Params | undefined;
}): string {
  const uri = typeof address.uri === 'string' ? address.uri : formatUri(address.uri);
  const bracketed =
    address.displayName === undefined || address.displayName === ''
      ? `<${uri}>`
      : `${quote(address.displayName)} <${uri}>`;
  return address.params === undefined ? bracketed : bracketed + formatParams(address.params);
}
