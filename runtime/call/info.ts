import { formatAddress } from '../core/address';
import type { SipRequest } from '../sip/message/message';
import type { NameAddr } from '../sip/message/values';
import type { Uri } from '../sip/message/uri';
import type { Session } from '../sip/ua/port';
import type { MediaTerms } from './media-terms';
import type { CallInfo, CallParty } from './port';

/** Credentials are for the trunk's door, not for flows and their persisted contexts. */
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization']);

/** Whom a call comes from, or goes by, where that is proven and not merely said. */
export interface CallSource {
  readonly trunk?: string | undefined;
  /** What its trunk and its route say of the audio. */
  readonly terms?: MediaTerms | undefined;
  readonly user?: string | undefined;
  /** What a trunk says of the caller beyond From. */
  readonly identity?: Pick<CallInfo, 'anonymous' | 'asserted' | 'divertedFrom'> | undefined;
  /** Numbers as a trunk writes them, in our own form. */
  readonly rewriteNumber?: ((number: string) => string) | undefined;
}

const asWritten = (number: string): string => number;

/**
 * What a flow is told of its call. Never throws: a URI that cannot be read gives an empty user.
 *
 * @param started milliseconds since the epoch
 */
export function callInfo(
  session: Session,
  id: string,
  started: number,
  { trunk, user: proven, identity, rewriteNumber = asWritten }: CallSource = {},
): CallInfo {
  const { request } = session;
  let headers: Readonly<Record<string, string>> | undefined;
  const info: CallInfo = {
    id,
    direction: session.direction === 'incoming' ? 'inbound' : 'outbound',
    ...(trunk === undefined ? {} : { trunk }),
    ...(proven === undefined ? {} : { user: proven }),
    ...identity,
    callId: session.callId,
    from: party(() => request.from, rewriteNumber),
    to: party(() => request.to, rewriteNumber),
    dialled: rewriteNumber(dialledUser(request)),
    // Most flows never look: the fields are gathered for the first one that does.
    get headers() {
      if (headers === undefined) {
        headers = gatherHeaders(request);
        unread.delete(info);
      }
      return headers;
    },
    remoteAddress: formatAddress(session.channel.remote),
    started,
  };
  unread.add(info);
  return info;
}

/** Calls whose header fields nobody has asked for. */
const unread = new WeakSet<CallInfo>();

/** What is known of a call by now: header fields that nobody has asked for are not gathered for it, and none. */
export function knownInfo(info: CallInfo): CallInfo {
  if (!unread.has(info)) return info;
  const known: Record<string, unknown> = {};
  for (const name of Object.keys(info)) {
    known[name] = name === 'headers' ? {} : info[name as keyof CallInfo];
  }
  // Each member of it was copied, and the one that was not is there.
  return known as unknown as CallInfo;
}

/** The user that the request URI names, or its number; '' when there is none. Never throws. */
export function dialledUser(request: SipRequest): string {
  return user(() => request.uri);
}

function party(read: () => NameAddr, rewriteNumber: (number: string) => string): CallParty {
  try {
    const address = read();
    return {
      uri: address.uriText,
      user: rewriteNumber(user(() => address.uri)),
      displayName: address.displayName,
    };
  } catch {
    return { uri: '', user: '', displayName: '' };
  }
}

function user(read: () => Uri): string {
  try {
    const uri = read();
    return uri.scheme === 'tel' ? uri.number : (uri.user ?? '');
  } catch {
    // A scheme that is neither sip nor tel, or a malformed URI: the header as a whole is still there.
    return '';
  }
}

function gatherHeaders(request: SipRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers.entries()) {
    const key = name.toLowerCase();
    // Assigning to __proto__ would set the prototype and no field.
    if (key === '__proto__' || secretHeaders.has(key)) continue;
    headers[key] = Object.hasOwn(headers, key) ? `${headers[key] ?? ''}, ${value}` : value;
  }
  return headers;
}
