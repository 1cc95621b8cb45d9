import { token } from '../../core/random';
import { asRequestUri, route } from '../dialog/route-set';
import { createRequest } from '../message/create';
import type { SipRequest } from '../message/message';
import { formatNameAddr, parseNameAddr } from '../message/name-addr';
import { formatUri, parseUri, type Uri } from '../message/uri';
import { accept, extensions } from './capabilities';
import { newTag, sdpType, type Environment } from './environment';
import type { ExtraHeader, InviteOptions } from './port';

/** What stays the same when an INVITE of ours is sent again with another sequence number. */
export interface InviteIdentity {
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly localTag: string;
}

/** What may change from one INVITE of a call to the next. */
export interface InviteVariables {
  readonly sequence: number;
  readonly uri: Uri;
  /** Of the session timer. */
  readonly timer: readonly ExtraHeader[];
  /** Option tags that somebody on the path refused with 420. */
  readonly refusedTags: ReadonlySet<string>;
}

/** URI parameters that say how a request travels: they have no place in To (RFC 3261 §19.1.1, table 1). */
const travelParams = ['transport', 'maddr', 'ttl', 'lr', 'method'] as const;

/** Throws a `MessageError` for URIs that are none. */
export function inviteIdentity(environment: Environment, options: InviteOptions): InviteIdentity {
  const localTag = newTag(environment);
  return {
    from: formatNameAddr({
      displayName: options.displayName,
      uri: parseUri(options.from),
      params: new Map([['tag', localTag]]),
    }),
    to: formatNameAddr({ uri: withoutTravel(asRequestUri(parseUri(options.to))) }),
    callId: token(environment.random, 128),
    localTag,
  };
}

/**
 * The INVITE of RFC 3261 §13.2.1, without Contact and body, which may depend on the way it will go, and where
 * it goes: to the first of the preloaded routes, or to what its URI names (§8.1.2).
 */
export function inviteRequest(
  environment: Environment,
  identity: InviteIdentity,
  options: InviteOptions,
  { uri, sequence, timer, refusedTags }: InviteVariables,
): { readonly request: SipRequest; readonly nextHop: Uri } {
  const { requestUri, routes, nextHop } = addressed(formatUri(uri), uri, options.routes);
  const headers: ExtraHeader[] = [
    ['Via', environment.outbound.newVia()],
    ['Max-Forwards', String(options.maxForwards ?? 70)],
    ['From', identity.from],
    ['To', identity.to],
    ['Call-ID', identity.callId],
    ['CSeq', `${sequence} INVITE`],
  ];
  for (const value of routes) headers.push(['Route', value]);
  headers.push(['User-Agent', environment.options.product], environment.methods.allow);
  const supported = extensions.filter((tag) => !refusedTags.has(tag));
  if (supported.length > 0) headers.push(['Supported', supported.join(', ')]);
  headers.push(accept, ...timer);
  for (const header of options.headers ?? []) {
    const kept = refusedTags.size === 0 ? header : withoutTags(header, refusedTags);
    if (kept !== undefined) headers.push(kept);
  }
  headers.push(sdpType);
  return { request: createRequest({ method: 'INVITE', requestUri, headers }), nextHop };
}

/** RFC 3261 §8.1.1.1, §8.1.2 with a preloaded route set, whose first hop may be a strict router. */
export function addressed(
  requestUri: string,
  uri: Uri,
  routes: readonly string[] | undefined,
): { readonly requestUri: string; readonly routes: readonly string[]; readonly nextHop: Uri } {
  const first = routes?.[0];
  if (routes === undefined || first === undefined) return { requestUri, routes: [], nextHop: uri };
  return route({ values: routes, first: parseNameAddr(first).uriText }, requestUri);
}

/** RFC 3261 §8.1.3.5: what 420 named is no longer insisted on. Undefined when nothing is left of the header. */
function withoutTags(
  [name, value]: ExtraHeader,
  refused: ReadonlySet<string>,
): ExtraHeader | undefined {
  if (!/^(proxy-)?require$/i.test(name)) return [name, value];
  const left = value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '' && !refused.has(tag.toLowerCase()));
  return left.length === 0 ? undefined : [name, left.join(', ')];
}

/** A URI without what says how a request travels, as it stands in To. */
export function withoutTravel(uri: Uri): Uri {
  if (uri.scheme === 'tel') return uri;
  const params = new Map(uri.params);
  for (const name of travelParams) params.delete(name);
  return { ...uri, port: undefined, params, headers: [] };
}
