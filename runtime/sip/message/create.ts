import { CallchartError } from '../../core/errors';
import { emptyBody } from './base-message';
import { isToken } from './characters';
import { HeaderTable } from './header-table';
import { CALL_ID, CSEQ, FROM, RECORD_ROUTE, TIMESTAMP, TO, VIA } from './header-names';
import type { SipRequest, SipResponse } from './message';
import { reasonPhrase } from './reason-phrase';
import { RequestMessage } from './request-message';
import { ResponseMessage } from './response-message';

export { reasonPhrase } from './reason-phrase';

type HeaderPairs = readonly (readonly [name: string, value: string])[];

/**
 * A request with these headers, in this order; nothing is added but Content-Length when it is
 * serialised. Throws a {@link CallchartError} (`CALLCHART_SIP_HEADER`, `CALLCHART_SIP_START_LINE`) for
 * what would break out of its line.
 */
export function createRequest(options: {
  readonly method: string;
  readonly requestUri: string;
  readonly headers?: HeaderPairs | undefined;
  readonly body?: Uint8Array | string | undefined;
}): SipRequest {
  const { method, requestUri } = options;
  if (!isToken(method) || requestUri === '' || /[\s<>]/.test(requestUri)) {
    throw new CallchartError(
      'CALLCHART_SIP_START_LINE',
      `no request can begin with ${JSON.stringify(`${method} ${requestUri}`)}`,
    );
  }
  const headers = new HeaderTable();
  for (const [name, value] of options.headers ?? []) headers.append(name, value);
  return new RequestMessage(method, requestUri, headers, bodyOf(options.body));
}

/** Requests whose 101 to 299 responses begin a dialog, so that the route set must come back with them. */
const dialogMethods: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

/**
 * The response to a request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq are the request's, To
 * gets `toTag` when it has no tag and the status is not 100. `headers` follow. Of a request that is
 * incomplete (a `MessageError`'s `partial`) what is there is copied.
 */
export function createResponse(
  request: SipRequest,
  status: number,
  options: {
    readonly reason?: string | undefined;
    readonly toTag?: string | undefined;
    readonly headers?: HeaderPairs | undefined;
    readonly body?: Uint8Array | string | undefined;
  } = {},
): SipResponse {
  const reason = options.reason ?? reasonPhrase(status);
  if (!Number.isInteger(status) || status < 100 || status > 699 || /[\r\n]/.test(reason)) {
    throw new CallchartError(
      'CALLCHART_SIP_START_LINE',
      `no response can begin with ${status} ${JSON.stringify(reason)}`,
    );
  }
  const headers = new HeaderTable();
  const source = request.headers;
  // RFC 3261 §12.1.1: the UAC builds its route set from what comes back here.
  const withRoutes = status > 100 && status < 300 && dialogMethods.has(request.method);
  const table = source instanceof HeaderTable ? source : tableOf(source.entries());
  headers.octets = table.octets;
  for (let i = 0; i < table.keys.length; i += 1) {
    const id = table.keys[i];
    let value = table.values[i] as string;
    if (id === TO) {
      if (headers.indexOfId(TO) >= 0) continue;
      const { toTag } = options;
      if (status !== 100 && toTag !== undefined && !hasTag(request)) value += `;tag=${toTag}`;
    } else if (id === FROM || id === CALL_ID || id === CSEQ) {
      if (headers.indexOfId(id) >= 0) continue;
    } else if (id === TIMESTAMP) {
      // RFC 3261 §8.2.6.1: only the 100 takes it over.
      if (status !== 100) continue;
    } else if (id !== VIA && !(withRoutes && id === RECORD_ROUTE)) continue;
    headers.add(id, value);
  }
  const extra = options.headers;
  if (extra !== undefined) for (const [name, value] of extra) headers.append(name, value);
  return new ResponseMessage(status, reason, headers, bodyOf(options.body));
}

/** A To that cannot be parsed (in a 400) has none as far as we care. */
function hasTag(request: SipRequest): boolean {
  try {
    return request.to.tag !== undefined;
  } catch {
    return false;
  }
}

function tableOf(entries: IterableIterator<readonly [string, string]>): HeaderTable {
  const headers = new HeaderTable();
  for (const [name, value] of entries) headers.append(name, value);
  return headers;
}

function bodyOf(body: Uint8Array | string | undefined): Uint8Array {
  if (body === undefined) return emptyBody;
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}
