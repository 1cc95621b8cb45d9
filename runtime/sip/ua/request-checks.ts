import { CallchartError } from '../../core/errors';
import type { SipRequest } from '../message/message';
import type { Uri } from '../message/uri';
import type { NameAddr } from '../message/values';
import type { Channel } from '../transport/port';
import { accept, peerSupports, unsupportedTags, type Methods } from './capabilities';
import type { ExtraHeader } from './port';
import { branchCookie } from './outbound';
import { readable } from './readable';

/** Why a request is not processed. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly ExtraHeader[];
}

const badReplaces: Refusal = { status: 400, reason: 'Bad Replaces' };

/** The request has to be forwarded, and we are no proxy. */
const tooManyHops: Refusal = { status: 483 };

/**
 * The checks of RFC 3261 §8.2.1 to §8.2.3 on a request outside any dialog, in their order: method,
 * request URI, hops, extensions. `isOurs` says whether a Route names us.
 */
export function checkRequest(
  request: SipRequest,
  channel: Channel,
  methods: Methods,
  isOurs: (uri: Uri) => boolean,
): Refusal | undefined {
  switch (methods.verdictOn(request.method)) {
    case 'unknown':
      return { status: 501, headers: [methods.allow] };
    case 'not-allowed':
      return { status: 405, headers: [methods.allow] };
    case 'allowed':
      break;
  }
  // RFC 3891 §3: Replaces is a matter of INVITEs alone.
  if (request.method !== 'INVITE' && request.headers.has('Replaces')) return badReplaces;
  return checkUri(request, channel) ?? checkHops(request, isOurs) ?? checkExtensions(request);
}

function checkUri(request: SipRequest, channel: Channel): Refusal | undefined {
  let uri: Uri;
  try {
    uri = request.uri;
  } catch (error) {
    // RFC 3261 §8.2.2.1: a scheme that we do not know; or a URI that is none.
    if (!(error instanceof CallchartError) || error.status === undefined) throw error;
    return { status: error.status };
  }
  // RFC 3261 §26.2.2: sips must come by TLS on the last hop, too.
  const secure = channel.protocol === 'TLS' || channel.protocol === 'WSS';
  return uri.scheme === 'sips' && !secure ? { status: 416 } : undefined;
}

/**
 * A user agent server does not count hops; but a request whose Route leads on to somebody else has come
 * here as if to a proxy, and with Max-Forwards 0 it ends here (RFC 3261 §16.3).
 */
function checkHops(request: SipRequest, isOurs: (uri: Uri) => boolean): Refusal | undefined {
  if (!request.headers.has('Route') || request.maxForwards !== 0) return undefined;
  return request.routes.some((each) => !isOurs(each.uri)) ? tooManyHops : undefined;
}

/** RFC 3261 §8.2.2.3. */
function checkExtensions(request: SipRequest): Refusal | undefined {
  const tags = unsupportedTags(request);
  return tags.length === 0
    ? undefined
    : { status: 420, headers: [['Unsupported', tags.join(', ')]] };
}

/** What an INVITE needs besides: one Contact, an Accept that lets us answer, extensions that we insist on. */
export function checkInvite(
  request: SipRequest,
  requiredExtensions: readonly string[],
): Refusal | undefined {
  if (!hasOneContact(request)) return { status: 400, reason: 'Bad Contact' };
  if (!acceptsSdp(request)) return { status: 406, headers: [accept] };
  if (requiredExtensions.length > 0) {
    const missing = requiredExtensions.filter((tag) => !peerSupports(request, tag));
    if (missing.length > 0) return { status: 421, headers: [['Require', missing.join(', ')]] };
  }
  return undefined;
}

/** RFC 3261 §8.1.1.8: exactly one, a sip or sips URI; RFC 2543, whose branches have no cookie, let it out. */
function hasOneContact(request: SipRequest): boolean {
  const { contacts, headers, topVia } = request;
  const [contact] = contacts;
  if (contact !== undefined) return contacts.length === 1 && isSip(contact);
  return !headers.has('Contact') && topVia.branch?.startsWith(branchCookie) !== true;
}

function isSip(contact: NameAddr): boolean {
  const uri = readable(() => contact.uri);
  return uri !== undefined && uri.scheme !== 'tel';
}

/** RFC 3261 §20.1: without the header it is application/sdp; an empty one accepts nothing. */
function acceptsSdp(request: SipRequest): boolean {
  if (!request.headers.has('Accept')) return true;
  return request.headers
    .getAll('Accept')
    .flatMap((value) => value.split(','))
    .map((range) => (range.split(';', 1)[0] ?? '').trim().toLowerCase())
    .some((type) => type === 'application/sdp' || type === 'application/*' || type === '*/*');
}
