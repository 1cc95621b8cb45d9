import { HOST, TOKEN, decimal, isBlank, skipBlanks, skipClass } from './characters';
import { defaultMessageLimits } from './limits';
import { MessageError } from './message-error';
import { emptyParams, formatParam, paramsEnd, scanParams } from './params';
import { formatHost } from './uri';
import type { Params, Via } from './values';

/** Where {@link scanVia} ended: at a comma, or at the end. */
export let viaEnd = 0;

/** One `via-parm` (RFC 3261 §25.1). Throws a `MessageError` (status 400). */
export function parseVia(text: string): Via {
  const via = scanVia(text, 0, text.length);
  if (viaEnd < text.length) throw new MessageError('more than one Via value');
  return via;
}

/** All values of one field, from `start` to `end`, added to `into`. */
export function scanVias(
  text: string,
  start: number,
  end: number,
  into: Via[],
  maxParams = defaultMessageLimits.maxParams,
): Via[] {
  let at = start;
  for (;;) {
    into.push(scanVia(text, at, end, maxParams));
    if (viaEnd === end) return into;
    at = viaEnd + 1;
  }
}

/**
 * Scans one value at `start`; {@link viaEnd} tells where it ended. With `lenient`, parameters that are
 * malformed are left out: that is enough to know where to send a 400.
 */
export function scanVia(
  text: string,
  start: number,
  end: number,
  maxParams = defaultMessageLimits.maxParams,
  lenient = false,
): Via {
  let i = skipBlanks(text, start, end);
  i = skipSlash(text, skipToken(text, i, end), end);
  i = skipSlash(text, skipToken(text, i, end), end);
  const protocolStart = i;
  i = skipToken(text, i, end);
  const protocol = upper(text.slice(protocolStart, i));
  if (i === end || !isBlank(text.charCodeAt(i))) throw new MessageError('Via without a sent-by');
  i = skipBlanks(text, i, end);

  const hostStart = i;
  let host: string;
  if (i < end && text.charCodeAt(i) === 91) {
    const close = text.indexOf(']', i);
    if (close < 0 || close >= end || close === i + 1) throw new MessageError('bad sent-by in Via');
    host = text.slice(i + 1, close);
    if (host.includes('"') || host.includes(';')) throw new MessageError('bad sent-by in Via');
    i = close + 1;
  } else {
    i = skipClass(text, i, end, HOST);
    if (i === hostStart) throw new MessageError('Via without a sent-by');
    host = text.slice(hostStart, i);
  }
  let port: number | undefined;
  const colon = skipBlanks(text, i, end);
  if (colon < end && text.charCodeAt(colon) === 58) {
    const digits = skipBlanks(text, colon + 1, end);
    i = digits;
    while (i < end && text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) i += 1;
    port = decimal(text, digits, i, 65_535);
    if (port < 0 || port > 65_535) throw new MessageError('bad port in Via');
  }

  let params: Params = emptyParams;
  try {
    params = scanParams(text, i, end, maxParams);
    viaEnd = paramsEnd;
    if (viaEnd < end && text.charCodeAt(viaEnd) !== 44) {
      throw new MessageError('Via goes on after its end');
    }
  } catch (error) {
    if (!lenient) throw error;
    viaEnd = end;
  }
  return {
    protocol,
    host,
    port,
    branch: params.get('branch'),
    received: params.get('received'),
    rport: params.get('rport'),
    params,
  };
}

function skipToken(text: string, start: number, end: number): number {
  const i = skipClass(text, start, end, TOKEN);
  if (i === start) throw new MessageError('bad protocol in Via');
  return i;
}

function skipSlash(text: string, start: number, end: number): number {
  const slash = skipBlanks(text, start, end);
  if (slash === end || text.charCodeAt(slash) !== 47) throw new MessageError('bad protocol in Via');
  return skipBlanks(text, slash + 1, end);
}

function upper(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 97 && code <= 122) return text.toUpperCase();
  }
  return text;
}

/**
 * `SIP/2.0/UDP host:port;branch=…`. `params` are written after the branch; a branch, received or rport
 * among them counts unless a member of that name is given.
 */
export function formatVia(via: {
  readonly protocol: string;
  readonly host: string;
  readonly port?: number | undefined;
  readonly branch?: string | undefined;
  readonly received?: string | undefined;
  /** '' asks for it without a value (RFC 3581 §3). */
  readonly rport?: string | undefined;
  readonly params?: Params | undefined;
}): string {
  const params = via.params ?? emptyParams;
  let text = `SIP/2.0/${via.protocol} ${formatHost(via.host, via.port)}`;
  const branch = via.branch ?? params.get('branch');
  if (branch !== undefined) text += `;${formatParam('branch', branch)}`;
  const rport = via.rport ?? params.get('rport');
  if (rport !== undefined) text += `;${formatParam('rport', rport)}`;
  const received = via.received ?? params.get('received');
  if (received !== undefined) text += `;${formatParam('received', received)}`;
  for (const [name, value] of params) {
    if (name !== 'branch' && name !== 'rport' && name !== 'received') {
      text += `;${formatParam(name, value)}`;
    }
  }
  return text;
}
