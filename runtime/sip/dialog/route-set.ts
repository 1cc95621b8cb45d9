import { formatNameAddr } from '../message/name-addr';
import type { SipMessage } from '../message/message';
import { formatUri, parseUri } from '../message/uri';
import type { SipUri, Uri } from '../message/uri';

/** How a request inside a dialog is addressed (RFC 3261 §12.2.1.1). */
export interface Routing {
  readonly requestUri: string;
  /** The values of the Route header, in order. */
  readonly routes: readonly string[];
  /** Where the request goes: the first route, or the request URI (RFC 3261 §8.1.2). */
  readonly nextHop: Uri;
}

/** The hops that requests of a dialog go by. */
export interface RouteSet {
  /** As Route header values. */
  readonly values: readonly string[];
  /** The URI of the first, which decides how requests are routed. */
  readonly first: string | undefined;
}

const noRoutes: RouteSet = { values: [], first: undefined };

/**
 * The route set that a message's Record-Route gives: as it stands for the one who was called, turned
 * round for the one who calls (RFC 3261 §12.1.1, §12.1.2).
 */
export function routeSetOf(message: SipMessage, side: 'uas' | 'uac'): RouteSet {
  if (!message.headers.has('Record-Route')) return noRoutes;
  const records = message.recordRoutes;
  const values = records.map((record) =>
    formatNameAddr({ uri: record.uriText, params: record.params }),
  );
  if (side === 'uac') values.reverse();
  const first = side === 'uac' ? records[records.length - 1] : records[0];
  return first === undefined ? noRoutes : { values, first: first.uriText };
}

/**
 * RFC 3261 §12.2.1.1, both for loose routers and for those of RFC 2543. Throws a `MessageError` when
 * the URI of the next hop is of a scheme that leads nowhere.
 */
export function route(routeSet: RouteSet, remoteTarget: string): Routing {
  const { values } = routeSet;
  if (routeSet.first === undefined) {
    return { requestUri: remoteTarget, routes: [], nextHop: parseUri(remoteTarget) };
  }
  const first = parseUri(routeSet.first);
  if (first.params.has('lr')) return { requestUri: remoteTarget, routes: values, nextHop: first };
  // A strict router finds itself in the request URI, and the target at the end of the routes.
  return {
    requestUri: formatUri(asRequestUri(first)),
    routes: [...values.slice(1), `<${remoteTarget}>`],
    nextHop: first,
  };
}

/** RFC 3261 §19.1.1, table 1: neither a method parameter nor headers may stand in a request URI. */
export function asRequestUri(uri: Uri): Uri {
  if (uri.scheme === 'tel') return uri;
  if (uri.headers.length === 0 && !uri.params.has('method')) return uri;
  const params = new Map(uri.params);
  params.delete('method');
  const plain: SipUri = { ...uri, params, headers: [] };
  return plain;
}
