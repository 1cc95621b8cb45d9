import { DefectError, describeError } from '../../core/errors';
import { incomingDialog, type Dialog } from '../dialog/dialog';
import { reasonPhrase } from '../message/create';
import type { SipRequest } from '../message/message';
import type { ServerTransaction, ServerTransactionHandler } from '../transaction/port';
import type { Channel } from '../transport/port';
import { hasTag, peerSupports } from './capabilities';
import { buildResponse, newTag, type Environment } from './environment';
import { warningHeader } from './inbound-changes';
import { flowTo, isBehindTranslator } from './next-hop';
import type {
  ExtraHeader,
  IncomingSession,
  OfferAnswer,
  ResponseOptions,
  Session,
  SessionEnd,
} from './port';
import { ReliableProvisionals, type ReliableListener } from './reliable-provisionals';
import { Ringing, type RingingOwner } from './ringing';
import { readSdp } from './sdp-body';
import { whenReady } from './session-core';
import { SessionBase, type EndOptions } from './session-base';
import { reasonOf } from './session-ends';

type ProvisionalOptions = NonNullable<Parameters<IncomingSession['provisional']>[1]>;

/** A session that the peer's INVITE began: the user agent server of RFC 3261 §13.3. */
export class InboundSession
  extends SessionBase
  implements IncomingSession, ServerTransactionHandler, ReliableListener, RingingOwner
{
  readonly direction = 'incoming';
  readonly dialog: Dialog;
  readonly contact: string;
  offer: string | undefined;
  /** The INVITE had no offer: ours goes into the first reliable response (RFC 3261 §13.2.1). */
  private readonly delayed: boolean;
  /** The INVITE has its final response. */
  private answered = false;
  /** Refused with a reliable 1xx unconfirmed: its PRACK may still come (RFC 3262 §3). */
  private lingers = false;
  private reliable: ReliableProvisionals | undefined;
  /** The answer (or offer) has gone out reliably: no other may follow it in this INVITE (§13.2.1). */
  private described = false;
  /** A 2xx that waits for a PRACK (RFC 3262 §3). */
  private heldAccept: (() => void) | undefined;
  /** A PRACK whose offer the owner has not answered. */
  private prack: ServerTransaction | undefined;
  /** Of the last 1xx, which is repeated. */
  private lastStatus = 0;
  private readonly ringing: Ringing;

  constructor(
    environment: Environment,
    private readonly invite: ServerTransaction,
    readonly channel: Channel,
    offer: string | undefined,
    readonly replaces: Session | undefined,
  ) {
    super(environment, invite.request, newTag(environment));
    const { request } = invite;
    this.dialog = incomingDialog(request, this.localTag);
    this.contact = environment.outbound.contact(
      channel,
      userOf(request),
      request.uri.scheme === 'sips',
    );
    this.offer = offer;
    this.delayed = offer === undefined;
    this.behindTranslator = isBehindTranslator(request, channel);
    this.flow = flowTo(request, channel, this.behindTranslator);
    this.notePeer(request);
    if (offer !== undefined) this.offers.offered('them');
    invite.handler = this;
    this.ringing = new Ringing(environment, request, this);
  }

  dialogOf(request: SipRequest): Dialog | undefined {
    const { dialog } = this;
    return dialog.matches(request.callId, this.localTag, request.from.tag) ? dialog : undefined;
  }

  protected get initialInvite(): 'theirs' | undefined {
    return this.current === 'proceeding' ? 'theirs' : undefined;
  }

  provisional(status: number, options: ProvisionalOptions = {}): void {
    if (this.current === 'ended') return;
    if (this.current !== 'proceeding' || status <= 100 || status >= 200) {
      throw new DefectError(`a ${status} is no provisional response in state ${this.current}`);
    }
    const { sdp } = options;
    const reliably = this.isReliable(options.reliable ?? 'auto', sdp !== undefined);
    // RFC 3262 §5: the first reliable response to an INVITE without offer must carry one. A caller who
    // insists on reliability does without a 1xx that has none to give.
    const owesOffer = this.delayed && !this.described;
    if (owesOffer && reliably && sdp === undefined) return;
    const body = this.described || (owesOffer && !reliably) ? undefined : sdp;
    const { allow } = this.environment.methods;
    const headers: ExtraHeader[] = [['Contact', this.contact], allow];
    if (reliably) headers.push(['Require', '100rel']);
    if (options.headers !== undefined) headers.push(...options.headers);
    const { invite, environment } = this;
    const { reason } = options;
    const response = buildResponse(environment, invite.request, status, this.localTag, {
      headers,
      reason,
      body,
    });
    this.lastStatus = status;
    this.ringing.restart();
    if (!reliably) {
      invite.respond(response);
      return;
    }
    if (body !== undefined) this.describe();
    this.reliable ??= new ReliableProvisionals(environment, invite, this);
    this.reliable.send({ response, sdp: body !== undefined });
  }

  accept(sdp: string, options: ResponseOptions = {}): void {
    if (this.current === 'ended') return;
    if (this.current !== 'proceeding' || this.heldAccept !== undefined) {
      throw new DefectError('a session was accepted twice');
    }
    if (this.reliable?.holdsAccept === true || this.prack !== undefined) {
      // RFC 3262 §3: not before the PRACK for the session description that is out.
      this.heldAccept = () => this.acceptNow(sdp, options);
      return;
    }
    this.acceptNow(sdp, options);
  }

  reject(
    status: number,
    options: ResponseOptions & { readonly contacts?: readonly string[] } = {},
  ): void {
    if (this.current === 'ended') return;
    if (this.current !== 'proceeding' || status < 300 || status > 699) {
      throw new DefectError(`a ${status} does not reject a session in state ${this.current}`);
    }
    this.refuse(status, options, {
      by: 'local',
      cause: 'rejected',
      status,
      reason: options.reason ?? reasonPhrase(status),
    });
  }

  /** CANCEL found the INVITE without a final response (RFC 3261 §9.2). */
  cancel(cancel: SipRequest): void {
    const reason = reasonOf(cancel) ?? reasonPhrase(487);
    this.refuse(487, {}, { by: 'remote', cause: 'cancel', status: 487, reason });
  }

  receivePrack(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { reliable } = this;
    const { rack } = request;
    if (rack === undefined || reliable?.confirm(rack) !== 'confirmed') {
      this.reply(transaction, 481);
      return;
    }
    if (this.current === 'ended') {
      this.reply(transaction, 200);
      return;
    }
    const body = readSdp(request);
    if (body.type === 'unsupported') {
      this.reply(transaction, 415, { headers: [body.header] });
    } else if (body.type === 'none') {
      this.reply(transaction, 200);
      // RFC 3262 §5: our offer had to be answered here.
      if (this.offers.awaitsAnswer) this.takeEarlyAnswer(undefined);
    } else if (this.offers.awaitsAnswer) {
      this.reply(transaction, 200);
      this.takeEarlyAnswer(body.sdp);
    } else if (this.offers.owesAnswer) {
      // Their first offer is not answered yet: another cannot stand beside it.
      this.reply(transaction, 491);
    } else {
      this.answerPrack(transaction, body.sdp);
      return;
    }
    this.afterPrack();
  }

  // The INVITE's server transaction.

  onAck(): void {
    this.refusalOver();
  }

  onTimeout(): void {
    this.refusalOver();
  }

  onTransportError(error: Error): void {
    this.finish({ by: 'system', cause: 'transport', status: 503, reason: error.message });
  }

  // Reliable provisional responses.

  onUnconfirmed(): void {
    // RFC 3262 §3: 64*T1 without a PRACK.
    const reason = 'No PRACK was received';
    this.refuse(504, {}, { by: 'system', cause: 'no-ack', status: 504, reason });
  }

  // Ringing.

  onRepeatDue(): void {
    if (this.reliable?.pending === true) this.ringing.restart();
    else this.provisional(this.lastStatus);
  }

  onRingEnd(theirs: boolean): void {
    const status = theirs ? 487 : 480;
    const reason = 'The call was not answered in time';
    this.refuse(status, {}, { by: 'system', cause: 'timeout', status, reason });
  }

  protected endProceeding({ reason, headers }: EndOptions): void {
    this.refuse(480, headers === undefined ? {} : { headers }, {
      by: 'local',
      cause: 'rejected',
      status: 480,
      reason: reason ?? reasonPhrase(480),
    });
  }

  protected onFinishing(): void {
    this.ringing.stop();
    this.reliable?.stop();
    this.heldAccept = undefined;
    const { prack } = this;
    this.prack = undefined;
    if (prack !== undefined) this.reply(prack, 487);
    // RFC 3261 §15.1.2: a BYE, or a lost connection, leaves the INVITE to be answered.
    if (!this.answered) this.respondFinal(487, {});
    this.offer = undefined;
  }

  protected override confirmed(): void {
    this.offer = undefined;
    this.reliable = undefined;
    super.confirmed();
  }

  private acceptNow(sdp: string, options: ResponseOptions): void {
    const offered = this.delayed && !this.described;
    if (offered) this.offers.offered('us');
    else if (!this.described) this.offers.answered();
    this.ringing.stop();
    this.reliable?.stop();
    this.answered = true;
    this.current = 'accepted';
    // RFC 3261 §13.2.1: one answer in an INVITE; after a reliable 1xx with it the 2xx has none.
    const body = this.described ? undefined : sdp;
    const { reason, headers } = options;
    this.acceptInvite(this.invite, { reason, headers, body }, offered);
    // RFC 3891 §3: only now, for with a refusal it would have gone on.
    this.replaces?.end();
  }

  private refuse(
    status: number,
    options: ResponseOptions & { readonly contacts?: readonly string[] },
    end: SessionEnd,
  ): void {
    this.respondFinal(status, options);
    this.finish(end);
  }

  private respondFinal(
    status: number,
    options: ResponseOptions & { readonly contacts?: readonly string[] },
  ): void {
    const headers: ExtraHeader[] = [];
    for (const contact of options.contacts ?? []) headers.push(['Contact', `<${contact}>`]);
    if (options.headers !== undefined) headers.push(...options.headers);
    this.answered = true;
    if (this.reliable?.pending === true) {
      this.lingers = true;
      this.hold();
    }
    this.reply(this.invite, status, { headers, reason: options.reason });
  }

  private refusalOver(): void {
    if (!this.lingers) return;
    this.lingers = false;
    this.release();
  }

  /** Whether a 1xx goes out by RFC 3262: always if the caller insists, or with SDP if it can. */
  private isReliable(wish: 'auto' | 'never', withSdp: boolean): boolean {
    const { request } = this.invite;
    if (hasTag(request.require, '100rel')) return true;
    return wish === 'auto' && withSdp && peerSupports(request, '100rel');
  }

  /** The session description of this INVITE is out (or in line) in a reliable response. */
  private describe(): void {
    this.described = true;
    if (this.delayed) this.offers.offered('us');
    else this.offers.answered();
  }

  private takeEarlyAnswer(sdp: string | undefined): void {
    this.offers.answered();
    if (sdp !== undefined && this.guard('onAnswer', false, () => this.handler.onAnswer(sdp)))
      return;
    const text = sdp === undefined ? 'no answer to the offer' : 'the answer cannot be used';
    this.refuse(
      488,
      { headers: [warningHeader(399, text)] },
      {
        by: 'local',
        cause: 'rejected',
        status: 488,
        reason: reasonPhrase(488),
      },
    );
  }

  /** RFC 3262 §5: the answer to an offer in a PRACK is in its 2xx. */
  private answerPrack(transaction: ServerTransaction, offer: string): void {
    this.prack = transaction;
    this.offers.offered('them');
    whenReady(
      () => this.handler.onOffer(offer),
      (answer) => this.finishPrack(transaction, answer),
      (error) => {
        const { logger } = this.environment;
        logger.error({ error: describeError(error) }, 'an offer could not be handled');
        this.finishPrack(transaction, { type: 'reject', status: 500 });
      },
    );
  }

  private finishPrack(transaction: ServerTransaction, answer: OfferAnswer): void {
    if (this.prack !== transaction) return;
    this.prack = undefined;
    if (answer.type === 'answer') {
      this.offers.answered();
      this.reply(transaction, 200, { body: answer.sdp });
    } else {
      const { status, warning } = answer;
      this.offers.withdrawn();
      const headers = warning === undefined ? [] : [warningHeader(warning.code, warning.text)];
      this.reply(transaction, status, { headers });
    }
    this.afterPrack();
  }

  /** What waited for a PRACK goes on. */
  private afterPrack(): void {
    if (this.current === 'ended') return;
    if (this.current === 'proceeding') this.reliable?.next();
    if (this.heldAccept !== undefined && this.reliable?.holdsAccept !== true) {
      const accept = this.heldAccept;
      this.heldAccept = undefined;
      accept();
    }
    this.onIdle();
  }
}

/** What was dialled, for our Contact. */
function userOf(request: SipRequest): string | undefined {
  const { uri } = request;
  return uri.scheme === 'tel' ? undefined : uri.user;
}
