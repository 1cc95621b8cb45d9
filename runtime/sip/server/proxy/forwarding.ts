import { forwardCopy } from '../../message/forward-copy';
import { elementsOf } from '../../message/header-lists';
import type { SipRequest } from '../../message/message';
import { parseNameAddr } from '../../message/name-addr';
import { formatUri, type Uri } from '../../message/uri';
import { type Random, token } from '../../../core/random';
import type { ElementServices } from '../../ua/port';
import type { ReadTarget } from './targets';

/** A request ready to be sent. */
export interface Forwarded {
  readonly request: SipRequest;
  /** The URI whose host it goes to. */
  readonly nextHop: Uri;
  /** Whether it is for a sips URI, and a Record-Route has to be one too. */
  readonly secure: boolean;
}

/** RFC 3261 §20.22: what a request without Max-Forwards is given. */
const defaultMaxForwards = 70;

/** A branch that no other has or had (RFC 3261 §8.1.1.7). */
export function newBranch(random: Random): string {
  return `z9hG4bK${token(random, 96)}`;
}

/** RFC 3261 §16.6, steps 1 to 9 but for the Record-Route, which depends on the way. */
export function forwardedRequest(
  services: ElementServices,
  received: SipRequest,
  { target, uri }: ReadTarget,
  { branch, maxBreadth }: { readonly branch: string; readonly maxBreadth: number },
): Forwarded {
  const { maxForwards } = received;
  // As it was written, unless something had to be taken away: what is formatted anew might differ.
  let requestUri = target.uri.includes('?') || hasMethod(uri) ? formatUri(uri) : target.uri;
  let nextHop = uri;
  let routes: readonly string[] | undefined;
  if (target.routes.length > 0 || received.headers.has('Route')) {
    // Step 6: the hops that the target asks for go before those that the request has.
    const hops = [...target.routes, ...elementsOf(received.headers, 'Route')];
    const first = parseNameAddr(hops[0] as string);
    nextHop = first.uri;
    const strict = nextHop.scheme === 'tel' || !nextHop.params.has('lr');
    if (strict) {
      // A strict router finds itself in the request URI, and the target at the end.
      hops.shift();
      hops.push(`<${requestUri}>`);
      requestUri = first.uriText;
    }
    if (strict || target.routes.length > 0) routes = hops;
  }
  const request = forwardCopy(received, {
    requestUri,
    via: services.newVia(branch),
    maxForwards: maxForwards === undefined ? defaultMaxForwards : maxForwards - 1,
    maxBreadth,
    routes,
  });
  const secure = uri.scheme === 'sips' || nextHop.scheme === 'sips';
  // Step 7: a sips resource is reached by TLS, whatever the URI of the next hop says.
  if (uri.scheme === 'sips' && nextHop.scheme === 'sip') nextHop = { ...nextHop, scheme: 'sips' };
  return { request, nextHop, secure };
}

function hasMethod(uri: Uri): boolean {
  return uri.scheme !== 'tel' && uri.params.has('method');
}
