import { token } from '../../core/random';
import { asRequestUri } from '../dialog/route-set';
import { createRequest } from '../message/create';
import type { SipRequest } from '../message/message';
import { formatNameAddr } from '../message/name-addr';
import { formatUri, parseUri, type Uri } from '../message/uri';
import { accept, allow, supportedHeader } from './capabilities';
import { newTag, sdpType, type Environment } from './environment';
import type { ExtraHeader, InviteOptions } from './port';

/** What stays the same when an INVITE of ours is sent again with another sequence number. */
export interface InviteTarget {
  readonly uri: Uri;
  readonly requestUri: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly localTag: string;
}

/** URI parameters that say how a request travels: they have no place in To (RFC 3261 §19.1.1, table 1). */
const travelParams = ['transport', 'maddr', 'ttl', 'lr', 'method'] as const;

/** Throws a `MessageError` for URIs that are none. */
export function inviteTarget(environment: Environment, options: InviteOptions): InviteTarget {
  const uri = asRequestUri(parseUri(options.to));
  const localTag = newTag(environment);
  return {
    uri,
    requestUri: formatUri(uri),
    from: formatNameAddr({
      displayName: options.displayName,
      uri: parseUri(options.from),
      params: new Map([['tag', localTag]]),
    }),
    to: formatNameAddr({ uri: withoutTravel(uri) }),
    callId: token(environment.random, 128),
    localTag,
  };
}

/** The INVITE of RFC 3261 §13.2.1, without the Contact, which depends on the way it will go. */
export function inviteRequest(
  environment: Environment,
  target: InviteTarget,
  sequence: number,
  options: InviteOptions,
  timer: readonly ExtraHeader[],
): SipRequest {
  return createRequest({
    method: 'INVITE',
    requestUri: target.requestUri,
    headers: [
      ['Via', environment.outbound.newVia()],
      ['Max-Forwards', '70'],
      ['From', target.from],
      ['To', target.to],
      ['Call-ID', target.callId],
      ['CSeq', `${sequence} INVITE`],
      ['User-Agent', environment.options.product],
      allow,
      supportedHeader,
      accept,
      ...timer,
      ...(options.headers ?? []),
      sdpType,
    ],
    ...(typeof options.sdp === 'string' ? { body: options.sdp } : {}),
  });
}

/** The CANCEL of an INVITE that is out: the same in all that names the transaction (RFC 3261 §9.1). */
export function cancelRequest(invite: SipRequest): SipRequest {
  const copied = (name: string): ExtraHeader => [name, invite.headers.get(name) ?? ''];
  const routes = invite.headers.getAll('Route').map((value): ExtraHeader => ['Route', value]);
  return createRequest({
    method: 'CANCEL',
    requestUri: invite.requestUri,
    headers: [
      copied('Via'),
      ['Max-Forwards', '70'],
      copied('From'),
      copied('To'),
      copied('Call-ID'),
      ['CSeq', `${invite.cseq.sequence} CANCEL`],
      ...routes,
    ],
  });
}

function withoutTravel(uri: Uri): Uri {
  if (uri.scheme === 'tel') return uri;
  const params = new Map(uri.params);
  for (const name of travelParams) params.delete(name);
  return { ...uri, port: undefined, params, headers: [] };
}
