import type { HeaderList } from './header-list';
import type {
  CSeq,
  MediaType,
  NameAddr,
  RAck,
  ReasonValue,
  SessionExpires,
  Via,
  WarningValue,
} from './values';
import type { Uri } from './uri';

/**
 * What requests and responses share. Typed members parse on first use and keep the result; setting a
 * header through {@link headers} drops what was kept for it. A member of a header that is absent is
 * undefined (or an empty list); one whose header is malformed throws a `MessageError` (status 400),
 * but the parser has already checked all those that RFC 3261 §8.1.1 makes mandatory, and Contact,
 * Route and Record-Route with the URIs in them.
 */
interface SipMessageBase {
  readonly headers: HeaderList;
  /** Exactly the octets of the body; empty when there is none. */
  body: Uint8Array;

  readonly via: readonly Via[];
  readonly topVia: Via;
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly callId: string;
  readonly cseq: CSeq;
  readonly contacts: readonly NameAddr[];
  /** `Contact: *` (RFC 3261 §10.2.2). */
  readonly contactIsStar: boolean;
  readonly routes: readonly NameAddr[];
  readonly recordRoutes: readonly NameAddr[];
  /** Option tags, as written. */
  readonly require: readonly string[];
  readonly supported: readonly string[];
  readonly allow: readonly string[];
  readonly contentType: MediaType | undefined;
  readonly expires: number | undefined;
  readonly minExpires: number | undefined;
  readonly sessionExpires: SessionExpires | undefined;
  /** Seconds (RFC 4028 §5). */
  readonly minSe: number | undefined;
  readonly rseq: number | undefined;
  readonly reasons: readonly ReasonValue[];
}

export interface SipRequest extends SipMessageBase {
  readonly kind: 'request';
  method: string;
  /** As written on the request line; setting it drops {@link uri}. */
  requestUri: string;
  /** Throws a `MessageError` with status 416 for a scheme that is not sip, sips or tel. */
  readonly uri: Uri;
  readonly maxForwards: number | undefined;
  readonly proxyRequire: readonly string[];
  readonly rack: RAck | undefined;
  readonly referTo: NameAddr | undefined;
  readonly referredBy: NameAddr | undefined;
  /** `Event` package and its parameters (RFC 6665 §8.2.1). */
  readonly event: MediaTypeLike | undefined;
  readonly subscriptionState: MediaTypeLike | undefined;
}

export interface SipResponse extends SipMessageBase {
  readonly kind: 'response';
  status: number;
  reason: string;
  readonly unsupported: readonly string[];
  /** Seconds. */
  readonly retryAfter: number | undefined;
  readonly warnings: readonly WarningValue[];
}

export type SipMessage = SipRequest | SipResponse;

/** A token with parameters. Parameter names are lower-case; a parameter without value has ''. */
export interface MediaTypeLike {
  readonly value: string;
  readonly params: ReadonlyMap<string, string>;
}

export type { MediaType };
