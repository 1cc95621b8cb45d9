import type { Dialog } from '../dialog/dialog';
import type { SipRequest } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import type { Environment, ReplyOptions } from './environment';
import type { OfferState } from './offer-state';
import type { ExtraHeader, RequestOutcome, SessionEnd, SessionHandler } from './port';
import type { SessionTimer } from './session-timer';

/** What the parts of a session see of the whole. */
export interface SessionCore {
  readonly environment: Environment;
  readonly handler: SessionHandler;
  readonly direction: 'incoming' | 'outgoing';
  readonly state: 'proceeding' | 'accepted' | 'confirmed' | 'ended';
  /** The dialog, or the first of the early ones. */
  readonly dialog: Dialog | undefined;
  /** The dialog that a request of the peer's came in. */
  dialogOf(request: SipRequest): Dialog | undefined;
  readonly offers: OfferState;
  readonly timer: SessionTimer;
  /** The value of our Contact. */
  readonly contact: string;
  /** The peer's Allow names UPDATE. */
  peerTakesUpdate: boolean;
  /** An INVITE of either side has no final response, or its 2xx no ACK. */
  readonly inviting: boolean;
  /** An INVITE of ours has no final response. */
  readonly invitesPeer: boolean;

  reply(transaction: ServerTransaction, status: number, options?: ReplyOptions): void;
  /** A 2xx to an INVITE, sent again until its ACK comes; `offered` when it carries an offer of ours. */
  acceptInvite(transaction: ServerTransaction, options: ReplyOptions, offered: boolean): void;
  /**
   * A request inside the dialog. A response, or its absence, that ends the dialog (RFC 3261
   * §12.2.1.2) ends the session after `done` was called.
   */
  ask(
    method: string,
    headers: readonly ExtraHeader[],
    body: string | undefined,
    done: (outcome: RequestOutcome, request: SipRequest | undefined) => void,
  ): void;
  /** Hears the answer to an offer of ours; one that is missing or refused ends the session. */
  takeAnswer(sdp: string | undefined): void;
  /** The exchange of offers, or of INVITEs, that was under way is over. */
  onIdle(): void;
  /** BYE, with a reason for the peer, and the end. */
  hangUp(end: SessionEnd, headers?: readonly ExtraHeader[]): void;
}

/** Continues with a value that may be there already; what is thrown or rejected goes to `failed`. */
export function whenReady<T>(
  produce: () => T | Promise<T>,
  done: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  let value: T | Promise<T>;
  try {
    value = produce();
  } catch (error) {
    failed(error);
    return;
  }
  if (value instanceof Promise) value.then(done).catch(failed);
  else done(value);
}
