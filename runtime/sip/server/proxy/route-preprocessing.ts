import type { SipRequest } from '../../message/message';
import { takeLast } from '../../message/forward-copy';
import { parseNameAddr } from '../../message/name-addr';
import { formatUri, type SipUri, type Uri } from '../../message/uri';
import type { Channel } from '../../transport/port';
import type { FlowToken, Seal } from './seal';

/** The parameter of our Record-Route URIs that binds them to a Call-ID. */
export const dialogParam = 'call';

/** What the routes of a request said of us, before they were taken off. */
export interface Arrival {
  /** It came by a URI of ours in its Route, or in the request URI from a strict router. */
  readonly routed: boolean;
  /** That URI was a Record-Route of ours for a request with this Call-ID. */
  readonly vouched: boolean;
  /** The way on that such a URI names. */
  readonly flow: FlowToken | 'forged' | undefined;
}

/** Of a request without Route: to look at it again changes nothing. */
export const unrouted: Arrival = { routed: false, vouched: false, flow: undefined };

/**
 * RFC 3261 §16.4, on the request itself: undoes what a strict router did, strips a `maddr` that is ours, and
 * takes the topmost Routes off that are ours, the two of a double Record-Route (RFC 5658 §5) in one go.
 */
export function preprocessRoutes(
  request: SipRequest,
  channel: Channel,
  isOurs: (uri: Uri) => boolean,
  seal: Seal,
): Arrival {
  if (!request.headers.has('Route')) {
    stripMaddr(request, channel, isOurs);
    return unrouted;
  }
  const arrival = new Reading(request.callId, seal);
  undoStrictRouting(request, isOurs, arrival);
  takeOwnRoutes(request, isOurs, arrival);
  stripMaddr(request, channel, isOurs);
  return arrival;
}

class Reading implements Arrival {
  routed = false;
  vouched = false;
  flow: Arrival['flow'] = undefined;

  constructor(
    private readonly callId: string,
    private readonly seal: Seal,
  ) {}

  /** The last URI of ours is the one that leads on: of a double Record-Route that of the far side. */
  note(uri: SipUri): void {
    this.routed = true;
    const given = uri.params.get(dialogParam);
    if (given !== undefined && !this.vouched) this.vouched = this.seal.isDialog(this.callId, given);
    this.flow = this.seal.openFlow(uri.user);
  }
}

/** A URI that we put into a Record-Route stands in the request URI: only a strict router does that. */
function undoStrictRouting(
  request: SipRequest,
  isOurs: (uri: Uri) => boolean,
  arrival: Reading,
): void {
  const uri = sipUriOf(() => request.uri);
  if (uri === undefined || !uri.params.has('lr') || !isOurs(uri)) return;
  const last = takeLast(request.headers, 'Route');
  if (last === undefined) return;
  arrival.note(uri);
  request.requestUri = parseNameAddr(last).uriText;
}

function takeOwnRoutes(request: SipRequest, isOurs: (uri: Uri) => boolean, arrival: Reading): void {
  let own = 0;
  for (const route of request.routes) {
    const uri = sipUriOf(() => route.uri);
    if (uri === undefined || !isOurs(uri)) break;
    arrival.note(uri);
    own += 1;
  }
  for (; own > 0; own -= 1) request.headers.removeFirst('Route');
}

function stripMaddr(request: SipRequest, channel: Channel, isOurs: (uri: Uri) => boolean): void {
  // Nearly no request has one, and most need not be looked into for it.
  if (!request.requestUri.includes('maddr')) return;
  const uri = sipUriOf(() => request.uri);
  if (uri === undefined || !uri.params.has('maddr') || !isOurs(uri)) return;
  const secure = uri.scheme === 'sips';
  const transport = (uri.params.get('transport') ?? (secure ? 'tls' : 'udp')).toUpperCase();
  const port = uri.port ?? (secure || transport === 'TLS' ? 5061 : 5060);
  // It names another listener of ours: there it must go (RFC 3261 §16.4).
  if (transport !== channel.protocol || port !== channel.local.port) return;
  const params = new Map(uri.params);
  params.delete('maddr');
  params.delete('transport');
  request.requestUri = formatUri({ ...uri, port: undefined, params });
}

/** A URI of another scheme, or one that is none, is not ours. */
function sipUriOf(read: () => Uri): SipUri | undefined {
  try {
    const uri = read();
    return uri.scheme === 'tel' ? undefined : uri;
  } catch {
    return undefined;
  }
}
