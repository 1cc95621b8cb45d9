import { describeError } from '../../core/errors';
import type { ServerTransaction } from '../transaction/port';
import { supportedHeader } from './capabilities';
import { retrySoon } from './environment';
import type { ExtraHeader, OfferAnswer } from './port';
import { readSdp } from './sdp-body';
import { tooShortInterval } from './session-timer';
import { whenReady, type SessionCore } from './session-core';

/** Names us in a Warning (RFC 3261 §20.43: a pseudonym will do). */
const warningAgent = 'callchart';

export function warningHeader(code: number, text: string): ExtraHeader {
  return ['Warning', `${code} ${warningAgent} "${text.replace(/[\\"]/g, "'")}"`];
}

/**
 * Changes of the session that the peer asks for: re-INVITE (RFC 3261 §14.2) and UPDATE (RFC 3311
 * §5.2), with an offer of theirs, of ours, or none.
 */
export class InboundChanges {
  /** A re-INVITE that has no final response yet. */
  private invite: ServerTransaction | undefined;
  /** Likewise an UPDATE. */
  private update: ServerTransaction | undefined;

  constructor(private readonly session: SessionCore) {}

  /** A re-INVITE of the peer's waits for our final response. */
  get inviting(): boolean {
    return this.invite !== undefined;
  }

  receiveInvite(transaction: ServerTransaction): void {
    const { session } = this;
    // RFC 3261 §14.2: never across one of ours, and one at a time.
    if (session.invitesPeer) {
      session.reply(transaction, 491);
      return;
    }
    if (this.invite !== undefined || session.state === 'proceeding') {
      this.refuseBusy(transaction);
      return;
    }
    const offer = this.admit(transaction);
    if (offer === undefined) return;
    this.invite = transaction;
    if (offer.sdp !== undefined) {
      const { sdp } = offer;
      session.offers.offered('them');
      this.await(transaction, () => session.handler.onOffer(sdp), this.answerInvite);
    } else {
      session.offers.offered('us');
      this.await(transaction, () => session.handler.onOfferWanted(), this.offerInInvite);
    }
  }

  receiveUpdate(transaction: ServerTransaction): void {
    const { session } = this;
    // RFC 3311 §5.2: one at a time.
    if (this.update !== undefined) {
      this.refuseBusy(transaction);
      return;
    }
    const offer = this.admit(transaction);
    if (offer === undefined) return;
    if (offer.sdp === undefined) {
      this.acceptUpdate(transaction, undefined);
      return;
    }
    const { sdp } = offer;
    this.update = transaction;
    session.offers.offered('them');
    this.await(transaction, () => session.handler.onOffer(sdp), this.answerUpdate);
  }

  /** CANCEL of a re-INVITE (RFC 3261 §9.2). */
  cancel(transaction: ServerTransaction): void {
    if (this.invite !== transaction) return;
    this.invite = undefined;
    this.session.offers.withdrawn();
    this.session.reply(transaction, 487);
    this.session.onIdle();
  }

  /** The session is over: what waits for an answer gets 487 (RFC 3261 §15.1.2). */
  stop(): void {
    const { invite, update } = this;
    this.invite = undefined;
    this.update = undefined;
    if (invite !== undefined) this.session.reply(invite, 487);
    if (update !== undefined) this.session.reply(update, 487);
  }

  /** The request's offer, or undefined when the request was refused. */
  private admit(transaction: ServerTransaction): { readonly sdp: string | undefined } | undefined {
    const { session } = this;
    const { request } = transaction;
    const body = readSdp(request);
    if (body.type === 'unsupported') {
      session.reply(transaction, 415, { headers: [body.header] });
      return undefined;
    }
    const minSe = tooShortInterval(session.environment, request);
    if (minSe !== undefined) {
      session.reply(transaction, 422, { headers: [minSe] });
      return undefined;
    }
    if (body.type === 'none' && request.method !== 'INVITE') return { sdp: undefined };
    switch (session.offers.verdict) {
      case 'glare':
        // RFC 3311 §5.2; and a re-INVITE that comes before the ACK with the answer to our offer.
        session.reply(transaction, 491);
        return undefined;
      case 'busy':
        this.refuseBusy(transaction);
        return undefined;
      case 'free':
        return { sdp: body.type === 'sdp' ? body.sdp : undefined };
    }
  }

  private refuseBusy(transaction: ServerTransaction): void {
    const { session } = this;
    session.reply(transaction, 500, { headers: [retrySoon(session.environment)] });
  }

  /** Asks the owner, now or later, unless the request was cancelled or the session ended meanwhile. */
  private await<T>(
    transaction: ServerTransaction,
    ask: () => T | Promise<T>,
    answer: (transaction: ServerTransaction, value: T) => void,
  ): void {
    whenReady(
      ask,
      (value) => {
        if (this.claim(transaction)) answer(transaction, value);
      },
      (error) => {
        this.session.environment.logger.error(
          { error: describeError(error) },
          'an offer could not be handled',
        );
        if (!this.claim(transaction)) return;
        this.session.offers.withdrawn();
        this.session.reply(transaction, 500);
        this.session.onIdle();
      },
    );
  }

  /** Takes the transaction out; false when it is no longer there. */
  private claim(transaction: ServerTransaction): boolean {
    if (this.invite === transaction) this.invite = undefined;
    else if (this.update === transaction) this.update = undefined;
    else return false;
    return true;
  }

  private readonly answerInvite = (transaction: ServerTransaction, answer: OfferAnswer): void => {
    const { session } = this;
    if (answer.type === 'reject') {
      this.refuse(transaction, answer);
      return;
    }
    session.offers.answered();
    this.acceptReInvite(transaction, answer.sdp, false);
  };

  private readonly offerInInvite = (transaction: ServerTransaction, sdp: string): void => {
    this.acceptReInvite(transaction, sdp, true);
  };

  private readonly answerUpdate = (transaction: ServerTransaction, answer: OfferAnswer): void => {
    if (answer.type === 'reject') {
      this.refuse(transaction, answer);
      return;
    }
    this.session.offers.answered();
    this.acceptUpdate(transaction, answer.sdp);
    this.session.onIdle();
  };

  private refuse(
    transaction: ServerTransaction,
    answer: Extract<OfferAnswer, { type: 'reject' }>,
  ): void {
    const { session } = this;
    const { warning, status } = answer;
    session.offers.withdrawn();
    session.reply(
      transaction,
      status,
      warning === undefined ? {} : { headers: [warningHeader(warning.code, warning.text)] },
    );
    session.onIdle();
  }

  private acceptReInvite(transaction: ServerTransaction, body: string, offered: boolean): void {
    const { session } = this;
    session.dialogOf(transaction.request)?.refreshTarget(transaction.request);
    session.acceptInvite(transaction, { body }, offered);
  }

  private acceptUpdate(transaction: ServerTransaction, body: string | undefined): void {
    const { session } = this;
    const { request } = transaction;
    session.dialogOf(request)?.refreshTarget(request);
    const { allow } = session.environment.methods;
    const headers: ExtraHeader[] = [['Contact', session.contact], allow, supportedHeader];
    if (session.state !== 'proceeding') headers.push(...session.timer.answer(request));
    session.reply(transaction, 200, body === undefined ? { headers } : { headers, body });
  }
}
