import type { SipRequest, SipResponse } from '../../message/message';
import type { ServerTransaction } from '../../transaction/port';
import type { ForwardTarget } from '../port';

/** Durations are milliseconds. */
export interface ProxyOptions {
  /** RFC 3261 §16.6 step 11: how long an INVITE may ring since its last provisional response. 181 000. */
  readonly timerC?: number;
  /** Requests that are forwarded at once; further ones get 503. 10 000. */
  readonly maxContexts?: number;
  /** Of one request, all its branches together; targets beyond it are not tried. 16. */
  readonly maxBranches?: number;
  /** RFC 5393 §5.3.3: branches of one request that may be alive at once, here and behind us. 60. */
  readonly maxBreadth?: number;
  /** Seconds in Retry-After of the 503. 10. */
  readonly retryAfter?: number;
  /**
   * Signs what comes back in Route headers; at least 32 octets, random for this process when absent. With one
   * that outlives the process, dialogs that began before a restart go on.
   */
  readonly secret?: Uint8Array;
  /**
   * Answers an OPTIONS whose last hop we are (RFC 3261 §16.3 step 3) and says so; otherwise it gets 483, as
   * every other method does.
   */
  readonly answerOptions?: (transaction: ServerTransaction) => boolean;
}

/** How one request is forwarded. */
export interface ForwardOptions {
  /**
   * Where to; groups of equal q one after the other, the highest first, those in a group at once. Absent: where
   * the request itself says, by Route or request URI.
   */
  readonly targets?: readonly ForwardTarget[];
  /** Whether we stay in the way of the dialog. `true`. */
  readonly recordRoute?: boolean;
  /** Adds Path (RFC 3327): requests for the contacts of this REGISTER come back through us. `false`. */
  readonly path?: boolean;
  /** How long each INVITE may ring in all, whatever provisional responses come. No limit but timer C. */
  readonly timeout?: number;
  /** Instead of {@link ProxyOptions.timerC}. */
  readonly timerC?: number;
  /**
   * 3xx: which contacts are tried in their turn (RFC 3261 §16.7 step 4), where the request URI is ours to
   * change. None when absent: the caller gets them.
   */
  readonly followRedirect?: (contact: string) => boolean;
  /** Changes each copy before it is sent: further header fields (RFC 3261 §16.6 step 5). */
  readonly edit?: (request: SipRequest, target: ForwardTarget) => void;
  /** What else than the request decided where it goes; for the detection of loops (RFC 5393 §4.2.1). */
  readonly decidedBy?: string;
  /**
   * Told of the final response that the caller gets; undefined when it gets none (RFC 4320 §4.2), or none but a
   * refusal of ours because the request was not forwarded at all.
   */
  readonly onFinal?: (response: SipResponse | undefined) => void;
}

export interface InDialogOptions {
  /**
   * The sender may send wherever it likes. Otherwise the Route must hold a Record-Route of ours for this
   * Call-ID, or the request gets 403: a To tag alone does not make an open relay of us.
   */
  readonly trusted?: boolean;
}
