import { HeaderTable } from './header-table';
import { MAX_FORWARDS, ROUTE, VIA, headerId } from './header-names';
import { elementsOf } from './header-lists';
import type { HeaderList } from './header-list';
import type { SipRequest } from './message';
import { RequestMessage } from './request-message';

/** What a proxy changes in each request that it forwards (RFC 3261 §16.6, RFC 5393 §5.3.3). */
export interface ForwardEdits {
  readonly requestUri: string;
  /** The value that goes before all others. */
  readonly via: string;
  readonly maxForwards: number;
  readonly maxBreadth: number;
  /** All values of Route; the request's own when absent. */
  readonly routes?: readonly string[] | undefined;
}

const maxBreadthName = 'Max-Breadth';

/**
 * The request as a proxy passes it on: in one go over the fields, whose text, order and spelling stay as
 * they are but for those named in {@link ForwardEdits}. The body is shared. What was parsed and does not
 * change is parsed already in the copy.
 */
export function forwardCopy(request: SipRequest, edits: ForwardEdits): SipRequest {
  const source =
    request.headers instanceof HeaderTable ? request.headers : tableOf(request.headers);
  const { keys, values } = source;
  const headers = new HeaderTable();
  headers.octets = source.octets;
  const { routes } = edits;
  let placed = false;
  let hops = false;
  let breadth = false;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i] as number | string;
    let value = values[i] as string;
    if (key === VIA) {
      if (!placed) headers.add(VIA, edits.via);
      placed = true;
    } else if (key === MAX_FORWARDS) {
      if (hops) continue;
      hops = true;
      value = String(edits.maxForwards);
    } else if (key === ROUTE) {
      if (routes !== undefined) continue;
    } else if (typeof key === 'string' && isMaxBreadth(key)) {
      if (breadth) continue;
      breadth = true;
      value = String(edits.maxBreadth);
    }
    headers.add(key, value);
  }
  if (!hops) headers.add(MAX_FORWARDS, String(edits.maxForwards));
  if (!breadth) headers.add(maxBreadthName, String(edits.maxBreadth));
  const copy = new RequestMessage(request.method, edits.requestUri, headers, request.body);
  if (request instanceof RequestMessage) {
    copy.fromValue = request.fromValue;
    copy.toValue = request.toValue;
    copy.cseqValue = request.cseqValue;
  }
  if (routes !== undefined) {
    for (let i = routes.length - 1; i >= 0; i -= 1) insertField(copy, 'Route', routes[i] as string);
  }
  return copy;
}

/**
 * Puts a field before all others of its name or, where there is none, behind the Vias: what hops look at
 * stands together (RFC 3261 §7.3.1).
 */
export function insertField(message: SipRequest, name: string, value: string): void {
  const { headers } = message;
  if (!(headers instanceof HeaderTable) || headers.has(name)) {
    headers.prepend(name, value);
    return;
  }
  const id = headerId(name);
  let place = 0;
  for (let i = 0; i < headers.keys.length; i += 1) if (headers.keys[i] === VIA) place = i + 1;
  headers.keys.splice(place, 0, id || name);
  headers.values.splice(place, 0, value);
  headers.observer?.headerChanged(id);
}

/** Takes the last value of a list header away and returns it; undefined when there is none. */
export function takeLast(headers: HeaderList, name: string): string | undefined {
  const elements = elementsOf(headers, name);
  const last = elements.pop();
  if (elements.length === 0) headers.remove(name);
  else headers.set(name, elements.join(', '));
  return last;
}

function isMaxBreadth(key: string): boolean {
  return key.length === maxBreadthName.length && key.toLowerCase() === 'max-breadth';
}

function tableOf(list: HeaderList): HeaderTable {
  const headers = new HeaderTable();
  for (const [name, value] of list.entries()) headers.append(name, value);
  return headers;
}
