import type { SipRequest } from '../sip/message/message';
import { parseNameAddrs } from '../sip/message/name-addr';
import type { NameAddr } from '../sip/message/values';

/** Who a call is from and whom it was for first, beyond From and To. */
export interface InboundIdentity {
  /** What somebody whom we trust asserts of the caller (RFC 3325 §9.1); undefined from all others. */
  readonly asserted: { readonly uri: string; readonly displayName: string } | undefined;
  /** The caller wants to stay unknown (RFC 3323, RFC 3325 §9.3): the identity goes to nobody outside. */
  readonly anonymous: boolean;
  /** URIs of those whom the call was for, the first one first (RFC 5806, RFC 7044). */
  readonly divertedFrom: readonly string[];
}

/** More than so many say nothing more, and cost time. */
const maxEntries = 20;

/** Privacy values that hide who calls (RFC 3323 §4.2, RFC 3325 §9.3). */
const hiding: ReadonlySet<string> = new Set(['id', 'user', 'header']);

/**
 * Reads what trunks say of a call's parties. Never throws: what is malformed is not there.
 *
 * @param trusted whether it came by a trunk: only their assertions count (RFC 3325 §5)
 */
export function readIdentity(request: SipRequest, trusted: boolean): InboundIdentity {
  const privacy = request.headers
    .getAll('Privacy')
    .flatMap((value) => value.split(/[;,]/))
    .map((value) => value.trim().toLowerCase());
  return {
    asserted: trusted ? assertedIdentity(request) : undefined,
    anonymous: privacy.some((value) => hiding.has(value)) || isAnonymous(request),
    divertedFrom: trusted ? diverted(request) : [],
  };
}

/** Of two, a SIP and a tel URI (RFC 3325 §9.1), the first. */
function assertedIdentity(request: SipRequest): InboundIdentity['asserted'] {
  const [first] = addresses(request, 'P-Asserted-Identity');
  return first === undefined ? undefined : { uri: first.uriText, displayName: first.displayName };
}

function isAnonymous(request: SipRequest): boolean {
  try {
    const { uri } = request.from;
    return uri.scheme !== 'tel' && uri.host === 'anonymous.invalid';
  } catch {
    return false;
  }
}

function diverted(request: SipRequest): readonly string[] {
  // RFC 5806 §4: the newest stands first.
  const diversions = addresses(request, 'Diversion').map(({ uriText }) => uriText);
  return diversions.length > 0 ? diversions.reverse() : historyOf(request);
}

/**
 * RFC 7044 §5: an entry that another one was mapped from (`mp`), or whose URI says with a Reason why it was left,
 * is somebody whom the call was for; a change of contact (`rc`) is not.
 */
function historyOf(request: SipRequest): readonly string[] {
  const entries = addresses(request, 'History-Info');
  const left = new Set(entries.flatMap(({ params }) => params.get('mp') ?? []));
  return entries
    .slice(0, -1)
    .filter((entry) => left.has(entry.params.get('index') ?? '') || saysWhy(entry))
    .map(({ uriText }) => uriText.replace(/\?.*$/s, ''));
}

function saysWhy({ uriText }: NameAddr): boolean {
  return /[?&]reason=/i.test(uriText);
}

function addresses(request: SipRequest, name: string): readonly NameAddr[] {
  const found: NameAddr[] = [];
  for (const value of request.headers.getAll(name)) {
    try {
      found.push(...parseNameAddrs(value));
    } catch {
      // What somebody far away wrote wrongly does not make the call wrong.
    }
    if (found.length >= maxEntries) break;
  }
  return found.slice(0, maxEntries);
}
