import { describeError } from '../../core/errors';
import { createClientAuthentication } from '../auth/client-authentication';
import type { ClientAuthentication, Credentials } from '../auth/port';
import type { Dialog } from '../dialog/dialog';
import type { SipRequest } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import type { Channel } from '../transport/port';
import {
  AcceptedResponse,
  AcceptedResponses,
  type UnacknowledgedListener,
} from './accepted-responses';
import { hasTag, supportedHeader } from './capabilities';
import { checkPlain, sendInDialog, type DialogWay } from './dialog-requests';
import { buildResponse, reply, type Environment, type ReplyOptions } from './environment';
import { InboundChanges, warningHeader } from './inbound-changes';
import { Referrals } from './incoming-refer';
import { inertHandler } from './inert-handler';
import { OfferState } from './offer-state';
import type {
  ExtraHeader,
  InDialogOptions,
  ReferOptions,
  ReferOutcome,
  RequestOutcome,
  Session,
  SessionEnd,
  SessionHandler,
} from './port';
import { ReferSubscriptions, referTo } from './refer-subscriptions';
import { Reoffers } from './reoffers';
import { sdpOf } from './sdp-body';
import type { SessionCore } from './session-core';
import { fatalEnd, reasonOf } from './session-ends';
import { SessionTimer, type SessionTimerOwner } from './session-timer';

export type EndOptions = NonNullable<Parameters<Session['end']>[0]>;

/** In place of a body that nobody needs any more. */
const noBody = new Uint8Array(0);

const noHeaders: readonly ExtraHeader[] = [];

/** What sessions of both directions do: their life, and what we ask of the peer (RFC 3261 §12 to §15). */
export abstract class SessionBase
  implements Session, SessionCore, DialogWay, SessionTimerOwner, UnacknowledgedListener
{
  abstract readonly direction: 'incoming' | 'outgoing';
  readonly callId: string;
  handler: SessionHandler = inertHandler;
  readonly offers = new OfferState();
  readonly timer: SessionTimer;
  private changesMade: InboundChanges | undefined;
  peerTakesUpdate = false;
  behindTranslator = false;
  flow: string | undefined = undefined;
  authentication: ClientAuthentication | undefined = undefined;
  protected current: Session['state'] = 'proceeding';
  /** 2xx of ours without an ACK. */
  private readonly accepted = new AcceptedResponses();
  private reoffers: Reoffers | undefined;
  private refers: ReferSubscriptions | undefined;
  private referralsTaken: Referrals | undefined;
  /** Reasons to stay in the table after the end: a BYE or CANCEL that is out. */
  private holds = 0;
  /** Headers of the BYE that has to wait for an ACK, or for its time-out (RFC 3261 §15). */
  private delayedBye: readonly ExtraHeader[] | undefined;
  /** A response said that the dialog is gone: nothing more is sent in it. */
  private doomed = false;

  constructor(
    readonly environment: Environment,
    /** Ours is sent anew, with another number, when the first try was refused for its form. */
    public request: SipRequest,
    readonly localTag: string,
  ) {
    this.callId = request.callId;
    this.timer = new SessionTimer(environment, this);
  }

  /** Changes that the peer asks for: most calls see none. */
  get changes(): InboundChanges {
    return (this.changesMade ??= new InboundChanges(this));
  }

  /** What the peer asks us to call. */
  get referrals(): Referrals {
    return (this.referralsTaken ??= new Referrals(this));
  }

  /** The local tag is random, and a session has just one. */
  get id(): string {
    return this.localTag;
  }

  get state(): Session['state'] {
    return this.current;
  }

  get remoteTag(): string | undefined {
    return this.dialog?.remoteTag;
  }

  abstract readonly channel: Channel;
  abstract readonly contact: string;
  abstract readonly dialog: Dialog | undefined;
  abstract dialogOf(request: SipRequest): Dialog | undefined;
  /** The initial INVITE is without a final response. */
  protected abstract readonly initialInvite: 'ours' | 'theirs' | undefined;
  /** RFC 3262 §3. */
  abstract receivePrack(transaction: ServerTransaction): void;
  /** {@link end} before there is a final response. */
  protected abstract endProceeding(options: EndOptions): void;
  /** Ends what the direction alone knows; called once. */
  protected abstract onFinishing(end: SessionEnd): void;

  useCredentials(credentials: readonly Credentials[]): void {
    this.authentication =
      credentials.length === 0
        ? undefined
        : createClientAuthentication(credentials, this.environment.random);
  }

  get invitesPeer(): boolean {
    return this.initialInvite === 'ours' || this.reoffers?.inviting === true;
  }

  get inviting(): boolean {
    return (
      this.initialInvite !== undefined ||
      this.changesMade?.inviting === true ||
      this.reoffers?.inviting === true ||
      this.accepted.any
    );
  }

  end(options: EndOptions = {}): void {
    if (this.current === 'ended') return;
    if (this.current === 'proceeding') {
      this.endProceeding(options);
      return;
    }
    const reason = options.reason ?? 'OK';
    const end: SessionEnd = { by: 'local', cause: 'bye', status: 200, reason };
    const headers = options.headers ?? noHeaders;
    if (this.current === 'confirmed') {
      this.hangUp(end, headers);
      return;
    }
    // RFC 3261 §15: the callee may not send BYE before the ACK has come, or cannot come any more.
    this.delayedBye = headers;
    this.hold();
    this.finish(end);
  }

  hangUp(end: SessionEnd, headers: readonly ExtraHeader[] = noHeaders): void {
    if (this.current === 'ended') return;
    this.hold();
    this.finish(end);
    this.sendBye(headers);
  }

  async reoffer(sdp: string, method: 'INVITE' | 'UPDATE' = 'INVITE'): Promise<RequestOutcome> {
    if (this.current === 'ended') return { type: 'ended' };
    this.reoffers ??= new Reoffers(this);
    const { reoffers } = this;
    return new Promise((resolve) => reoffers.add(method, sdp, resolve));
  }

  async info(contentType: string, body: string): Promise<RequestOutcome> {
    return new Promise((resolve) => {
      this.ask('INFO', [['Content-Type', contentType]], body, resolve);
    });
  }

  async sendRequest({ method, headers, body }: InDialogOptions): Promise<RequestOutcome> {
    checkPlain(method);
    const typed = body === undefined ? noHeaders : ([['Content-Type', body.type]] as const);
    return new Promise((resolve) => {
      this.ask(method, [...typed, ...(headers ?? noHeaders)], body?.content, resolve);
    });
  }

  async refer(options: ReferOptions, onProgress?: (status: number) => void): Promise<ReferOutcome> {
    if (this.current === 'ended') return { type: 'ended' };
    this.refers ??= new ReferSubscriptions(this.environment);
    const { refers } = this;
    return new Promise((resolve) => {
      const sequence = (this.dialog?.lastSequence ?? 0) + 1;
      refers.add(sequence, options.timeout, onProgress, resolve);
      const headers: ExtraHeader[] = [
        ['Refer-To', `<${referTo(options)}>`],
        ['Contact', this.contact],
        supportedHeader,
        ...(options.headers ?? noHeaders),
      ];
      let last = sequence;
      this.ask(
        'REFER',
        headers,
        undefined,
        (outcome) => refers.onOutcome(last, outcome),
        (next) => {
          refers.renumber(last, next);
          last = next;
        },
      );
    });
  }

  // What the parts of the session need.

  reply(transaction: ServerTransaction, status: number, options?: ReplyOptions): void {
    reply(this.environment, transaction, status, options, this.localTag);
  }

  acceptInvite(transaction: ServerTransaction, options: ReplyOptions, offered: boolean): void {
    const { environment } = this;
    const { request } = transaction;
    const { reason, body, headers = noHeaders } = options;
    const contact: ExtraHeader = ['Contact', this.contact];
    const response = buildResponse(environment, request, 200, this.localTag, {
      reason,
      body,
      headers: [contact, environment.methods.allow, supportedHeader].concat(
        this.timer.answer(request),
        headers,
      ),
    });
    this.accepted.add(new AcceptedResponse(environment, transaction, response, this, offered));
  }

  ask(
    method: string,
    headers: readonly ExtraHeader[],
    body: string | undefined,
    done: (outcome: RequestOutcome, request: SipRequest | undefined) => void,
    onRetry?: (sequence: number) => void,
  ): void {
    const { dialog } = this;
    if (this.current === 'ended' || this.doomed || dialog === undefined) {
      done({ type: 'ended' }, undefined);
      return;
    }
    const told: typeof done = (outcome, request) => {
      const end = this.current === 'ended' ? undefined : fatalEnd(outcome);
      if (end !== undefined) this.doomed = true;
      done(outcome, request);
      // RFC 3261 §12.2.1.2: the dialog is gone at the other end, or the other end is.
      if (end !== undefined) this.hangUp(end);
    };
    sendInDialog(this, dialog, method, headers, body, told, onRetry);
  }

  takeAnswer(sdp: string | undefined): void {
    if (this.current === 'ended') return;
    if (sdp !== undefined) {
      this.offers.answered();
      if (this.guard('onAnswer', false, () => this.handler.onAnswer(sdp))) return;
    }
    // RFC 3261 §13.2.2.4: an answer that cannot be used ends the session.
    const reason = 'Not Acceptable Here';
    this.hangUp({ by: 'local', cause: 'rejected', status: 488, reason }, [
      warningHeader(
        399,
        sdp === undefined ? 'no answer to the offer' : 'the answer cannot be used',
      ),
      ['Reason', `SIP;cause=488;text="${reason}"`],
    ]);
  }

  onIdle(): void {
    this.reoffers?.next();
  }

  onRefreshDue(): void {
    this.reoffers ??= new Reoffers(this);
    this.reoffers.refresh();
  }

  onSessionExpired(): void {
    const reason = 'Session timer expired';
    this.hangUp({ by: 'system', cause: 'session-timer', status: 408, reason }, [
      ['Reason', `SIP;cause=408;text="${reason}"`],
    ]);
  }

  onUnacknowledged(lost: AcceptedResponse): void {
    this.accepted.forget(lost);
    if (this.delayedBye !== undefined) {
      this.sendDelayedBye();
      return;
    }
    // RFC 6141 §5.4: a newer re-INVITE shows that the peer is alive, at another address perhaps.
    if (this.accepted.any) return;
    const reason = 'No ACK was received';
    this.hangUp({ by: 'system', cause: 'no-ack', status: 408, reason }, [
      ['Reason', `SIP;cause=408;text="${reason}"`],
    ]);
  }

  // What the peer sends.

  /** An ACK for a 2xx (RFC 3261 §13.3.1.4). */
  receiveAck(ack: SipRequest): void {
    const accepted = this.accepted.acknowledge(ack.cseq.sequence);
    if (accepted === undefined) return;
    if (this.delayedBye !== undefined) {
      this.sendDelayedBye();
      return;
    }
    if (accepted.offered) this.takeAnswer(sdpOf(ack));
    if (this.current === 'accepted') this.confirmed();
    this.onIdle();
  }

  /** RFC 3261 §15.1.2. The second BYE meets no session, or this one in its end. */
  receiveBye(transaction: ServerTransaction): void {
    this.reply(transaction, 200);
    if (this.current === 'ended') {
      if (this.delayedBye !== undefined) {
        // The peer was faster: ours is not needed any more.
        this.delayedBye = undefined;
        this.accepted.stop();
        this.release();
      }
      return;
    }
    const reason = reasonOf(transaction.request) ?? 'OK';
    this.finish({ by: 'remote', cause: 'bye', status: 200, reason });
  }

  receiveNotify(transaction: ServerTransaction): void {
    if (this.refers === undefined) this.reply(transaction, 481);
    else this.refers.receiveNotify(transaction);
  }

  /** What a message from the peer says of its abilities. */
  protected notePeer(message: { readonly allow: readonly string[] }): void {
    if (message.allow.length > 0) this.peerTakesUpdate = hasTag(message.allow, 'update');
  }

  protected confirmed(): void {
    this.current = 'confirmed';
    this.request.body = noBody;
    this.guard('onEstablished', undefined, () => this.handler.onEstablished());
  }

  protected finish(end: SessionEnd): void {
    if (this.current === 'ended') return;
    this.current = 'ended';
    this.environment.sessions.live -= 1;
    this.hold();
    this.timer.stop();
    this.changesMade?.stop();
    this.reoffers?.stop();
    this.refers?.stop();
    this.referralsTaken?.stop();
    if (this.delayedBye === undefined) this.accepted.stop();
    this.onFinishing(end);
    this.guard('onEnded', undefined, () => this.handler.onEnded(end));
    this.release();
  }

  protected hold(): void {
    this.holds += 1;
  }

  protected release(): void {
    this.holds -= 1;
    if (this.holds > 0) return;
    // Not before: an INVITE that was cancelled may have to be sent again, as it was.
    this.request.body = noBody;
    this.environment.sessions.remove(this);
  }

  /** A defect of the owner costs what it answered, not the process. */
  protected guard<T>(what: string, otherwise: T, call: () => T): T {
    try {
      return call();
    } catch (error) {
      const { logger } = this.environment;
      logger.error({ callId: this.callId, what, error: describeError(error) }, 'a handler threw');
      return otherwise;
    }
  }

  private sendDelayedBye(): void {
    const headers = this.delayedBye ?? noHeaders;
    this.delayedBye = undefined;
    this.sendBye(headers);
  }

  /** Releases one hold when it is answered, or never will be. */
  private sendBye(headers: readonly ExtraHeader[]): void {
    const { dialog } = this;
    if (dialog === undefined) this.release();
    else sendInDialog(this, dialog, 'BYE', headers, undefined, () => this.release());
  }
}
