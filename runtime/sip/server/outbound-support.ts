import { addressesOf } from '../message/header-lists';
import type { SipRequest } from '../message/message';
import { formatNameAddr } from '../message/name-addr';
import { peerSupports } from '../ua/capabilities';
import type { RegisterContact } from './register-contacts';
import type { Refusal } from './refusal';

/** How a REGISTER came, and what RFC 3327 and RFC 5626 make of it. */
export interface Arrival {
  /** No proxy was between: the Via is the sender's own. */
  readonly direct: boolean;
  /** Route values for a binding, the nearest to us first. */
  readonly path: readonly string[];
  /** Reg-ids are honoured, and the response says so. */
  readonly outbound: boolean;
}

export type ReadArrival =
  | { readonly type: 'arrival'; readonly arrival: Arrival }
  | { readonly type: 'refused'; readonly refusal: Refusal };

const none: readonly string[] = [];
const plain: ReadArrival = {
  type: 'arrival',
  arrival: { direct: true, path: none, outbound: false },
};

/** Proxies between a phone and us, and characters of a whole Path: more is nobody's honest network. */
const longestPath = 16;
const widestPath = 2_048;

/**
 * The Path of a REGISTER, and whether outbound applies to it. `needsPathSupport`: a Path that the phone does
 * not know of is refused. Throws a `MessageError` for a malformed Path.
 */
export function readArrival(
  request: SipRequest,
  contacts: readonly RegisterContact[],
  needsPathSupport: boolean,
): ReadArrival {
  const direct = request.via.length === 1;
  const flows = contacts.some((contact) => contact.regId !== undefined);
  const hasPath = request.headers.has('Path');
  if (direct && !hasPath && !flows) return plain;

  const addresses = hasPath ? addressesOf(request.headers, 'Path') : [];
  const path = addresses.map(({ displayName, uriText, params }) =>
    formatNameAddr({ displayName, uri: uriText, params }),
  );
  if (path.length > longestPath || path.reduce((sum, { length }) => sum + length, 0) > widestPath) {
    return refuse(400, 'Path Too Long');
  }
  // RFC 3327 §5.3: so that a phone hears of a proxy that has put itself in its way.
  if (hasPath && needsPathSupport && !peerSupports(request, 'path')) {
    return { type: 'refused', refusal: { status: 420, headers: [['Unsupported', 'path']] } };
  }

  const [nearest] = addresses;
  const uri = nearest?.uri;
  // RFC 5626 §6: whoever keeps the flow to the phone must know of it; without a proxy that is us.
  const capable = direct || (uri !== undefined && uri.params.has('ob'));
  if (flows && !capable && peerSupports(request, 'outbound')) {
    return { type: 'refused', refusal: { status: 439 } };
  }
  const outbound = flows && capable;
  if (outbound && contacts.filter((contact) => contact.expires > 0).length > 1) {
    // RFC 5626 §6: one instance over one flow.
    return refuse(400, 'More Than One Contact With reg-id');
  }
  // Whoever is in a Path is between, even one that has left no Via.
  return { type: 'arrival', arrival: { direct: direct && path.length === 0, path, outbound } };
}

function refuse(status: number, reason: string): ReadArrival {
  return { type: 'refused', refusal: { status, reason } };
}
