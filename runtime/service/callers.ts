import type { Caller } from '../routing/port';
import type { Authenticator, ChallengeKind } from '../sip/auth/port';
import type { SipRequest } from '../sip/message/message';
import type { Channel } from '../sip/transport/port';
import type { Trunks } from '../trunk/port';

/** What the caller has proven, or what he is told. */
export type Identification =
  | { readonly type: 'caller'; readonly caller: Caller }
  /** His credentials do not hold: he is asked again, as one whom we do not know is. */
  | { readonly type: 'refused'; readonly kind: ChallengeKind; readonly reason: string }
  | { readonly type: 'stale'; readonly kind: ChallengeKind }
  | { readonly type: 'malformed'; readonly reason: string };

export interface CallerSources {
  readonly trunks: Pick<Trunks, 'byInboundUser' | 'identify' | 'inboundNumber'>;
  readonly authenticator: Authenticator;
  /** The canonical address of record of a digest user. */
  readonly aorOfUser: (username: string) => string | undefined;
}

const unknown: Identification = { type: 'caller', caller: { type: 'unknown' } };

/**
 * Who sends a request: a trunk by its address, its certificate or its password, a user by his password. Nothing
 * that the request says of itself counts.
 */
export function identifyCaller(
  request: SipRequest,
  channel: Channel,
  { trunks, authenticator, aorOfUser }: CallerSources,
): Identification {
  const trunk = trunks.identify(request, channel);
  if (trunk !== undefined) return { type: 'caller', caller: { type: 'trunk', name: trunk } };
  for (const kind of kindsOfCredentials(request)) {
    const verdict = authenticator.verify(request, kind);
    switch (verdict.type) {
      case 'missing':
        // Credentials for another realm: a proxy further on may ask for them.
        break;
      case 'accepted':
        return { type: 'caller', caller: callerNamed(verdict.username, trunks, aorOfUser) };
      case 'stale':
        return { type: 'stale', kind };
      case 'refused':
        return { type: 'refused', kind, reason: verdict.reason };
      case 'malformed':
        return verdict;
    }
  }
  return unknown;
}

function callerNamed(
  username: string,
  trunks: CallerSources['trunks'],
  aorOfUser: CallerSources['aorOfUser'],
): Caller {
  const trunk = trunks.byInboundUser(username);
  if (trunk !== undefined) return { type: 'trunk', name: trunk };
  const aor = aorOfUser(username);
  return aor === undefined ? { type: 'unknown' } : { type: 'user', username, aor };
}

/** RFC 3261 §22.2, §22.3: as it answers a proxy, or a user agent server; both may be in one request. */
function kindsOfCredentials({ headers }: SipRequest): readonly ChallengeKind[] {
  const kinds: ChallengeKind[] = [];
  if (headers.has('Proxy-Authorization')) kinds.push('proxy');
  if (headers.has('Authorization')) kinds.push('www');
  return kinds;
}
