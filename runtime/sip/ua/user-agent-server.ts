import { CallchartError, DefectError, describeError } from '../../core/errors';
import type { SipRequest, SipResponse } from '../message/message';
import type { Uri } from '../message/uri';
import type { ServerTransaction, TransactionUser } from '../transaction/port';
import type { Channel } from '../transport/port';
import { drop, reply, type Environment } from './environment';
import { readRefresh, receiveInDialog } from './inbound-requests';
import { InboundSession } from './incoming-session';
import type { ExtraHeader, RequestGate, UserAgentHandler } from './port';
import { OutboundSession } from './outgoing-session';
import { findReplaced } from './replaced-session';
import { checkInvite, checkRequest, type Refusal } from './request-checks';
import { readSdp } from './sdp-body';
import type { SessionBase } from './session-base';
import { tooShortInterval } from './session-timer';

/** Takes what belongs to no transaction yet, and brings it to a session or answers it (RFC 3261 §8.2). */
export class UserAgentServer implements TransactionUser {
  /** Where the request came from that the table of transactions passes up. */
  arrival: Channel | undefined;
  draining = false;
  private environment_: Environment | undefined;

  constructor(
    private readonly handler: UserAgentHandler,
    private readonly gate: RequestGate | undefined,
  ) {}

  begin(environment: Environment): void {
    this.environment_ = environment;
  }

  onRequest(transaction: ServerTransaction, target: ServerTransaction | undefined): void {
    this.guarded(transaction, () => {
      this.dispatch(transaction, target);
      return true;
    });
  }

  /** A proxy forwards what a user agent refuses as a loop (RFC 3261 §16.3). */
  onMerged(transaction: ServerTransaction): boolean {
    return this.guarded(
      transaction,
      () => this.gate?.onRequest(transaction, undefined, this.channel) === true,
    );
  }

  onAck(ack: SipRequest): void {
    if (this.gate?.onAck(ack, this.channel) === true) return;
    const { tag } = ack.to;
    const session = tag === undefined ? undefined : this.environment.sessions.find(ack.callId, tag);
    if (session?.dialogOf(ack) === undefined) {
      drop(this.environment, 'stray-ack', ack.callId);
      return;
    }
    session.receiveAck(ack);
  }

  onStrayResponse(response: SipResponse): void {
    // RFC 3261 §13.2.2.4: a 2xx so late that nothing waits for it any more.
    const { tag } = response.from;
    const session =
      tag === undefined ? undefined : this.environment.sessions.find(response.callId, tag);
    if (session instanceof OutboundSession) session.receiveLate(response);
    else drop(this.environment, 'stray-response', response.callId);
  }

  /** Whatever goes wrong has a status that answers it; true then, and else what `handle` says. */
  private guarded(transaction: ServerTransaction, handle: () => boolean): boolean {
    try {
      return handle();
    } catch (error) {
      // A malformed header has the status that answers it, and so has what another element lacks; anything
      // else is a defect of ours.
      const known = error instanceof CallchartError ? error.status : undefined;
      const status = known ?? 500;
      const { method, callId } = transaction.request;
      if (known === undefined) {
        const { logger } = this.environment;
        logger.error({ method, callId, error: describeError(error) }, 'a request was not handled');
      }
      replyAfterError(this.environment, transaction, status);
      return true;
    }
  }

  private get environment(): Environment {
    if (this.environment_ === undefined) throw new DefectError('the user agent was not begun');
    return this.environment_;
  }

  private get channel(): Channel {
    if (this.arrival === undefined) throw new DefectError('a request came from nowhere');
    return this.arrival;
  }

  private dispatch(transaction: ServerTransaction, target: ServerTransaction | undefined): void {
    const { request } = transaction;
    const { channel } = this;
    if (this.gate?.onRequest(transaction, target, channel) === true) return;
    if (request.method === 'CANCEL') {
      this.cancel(transaction, target);
      return;
    }
    const { tag } = request.to;
    if (tag !== undefined) {
      this.receiveTagged(transaction, tag);
      return;
    }
    const refusal = checkRequest(request, channel, this.environment.methods, this.isOurs);
    if (refusal !== undefined) this.refuse(transaction, refusal);
    else if (request.method === 'INVITE') this.invite(transaction, channel);
    else if (request.method === 'OPTIONS') this.options(transaction);
    else if (request.method === 'MESSAGE') this.message(transaction, undefined);
    // RFC 3261 §15.1.2, RFC 3262 §3, RFC 3311 §5.2 …: the others belong into a dialog.
    else if (request.method === 'REFER') reply(this.environment, transaction, 603);
    else reply(this.environment, transaction, 481);
  }

  /** RFC 3261 §9.2; one that comes after the final response has met the table of transactions. */
  private cancel(transaction: ServerTransaction, target: ServerTransaction | undefined): void {
    const { environment } = this;
    if (target === undefined) {
      reply(environment, transaction, 481);
      return;
    }
    const { handler, request } = target;
    if (handler instanceof InboundSession) {
      reply(environment, transaction, 200, undefined, handler.localTag);
      handler.cancel(transaction.request);
      return;
    }
    reply(environment, transaction, 200);
    const { tag } = request.to;
    if (tag !== undefined) environment.sessions.find(request.callId, tag)?.changes.cancel(target);
  }

  /** A request with a To tag belongs to a dialog, or to none any more (RFC 3261 §12.2.2). */
  private receiveTagged(transaction: ServerTransaction, tag: string): void {
    const { environment } = this;
    const { request } = transaction;
    const { methods } = environment;
    if (methods.verdictOn(request.method) === 'unknown') {
      reply(environment, transaction, 501, { headers: [methods.allow] });
      return;
    }
    const session = environment.sessions.find(request.callId, tag);
    if (session === undefined) reply(environment, transaction, 481);
    else if (receiveInDialog(session, transaction) === 'message')
      this.message(transaction, session);
  }

  private invite(transaction: ServerTransaction, channel: Channel): void {
    const { environment } = this;
    const { options, sessions } = environment;
    const { request } = transaction;
    const refusal =
      checkInvite(request, options.requiredExtensions) ??
      this.checkLoad(sessions.live >= options.maxCalls);
    if (refusal !== undefined) {
      this.refuse(transaction, refusal);
      return;
    }
    const replacement = findReplaced(
      request,
      (callId, tag) => sessions.find(callId, tag),
      (invite, replaced) => this.handler.mayReplace?.(invite, replaced) ?? false,
    );
    if (replacement.type === 'refused') {
      this.refuse(transaction, replacement.refusal);
      return;
    }
    readRefresh(request);
    const body = readSdp(request);
    if (body.type === 'unsupported') {
      this.refuse(transaction, { status: 415, headers: [body.header] });
      return;
    }
    const minSe = tooShortInterval(environment, request);
    if (minSe !== undefined) {
      this.refuse(transaction, { status: 422, headers: [minSe] });
      return;
    }
    const offer = body.type === 'sdp' ? body.sdp : undefined;
    const replaced = replacement.type === 'session' ? replacement.session : undefined;
    const session = new InboundSession(environment, transaction, channel, offer, replaced);
    reply(environment, transaction, 100);
    sessions.add(session);
    try {
      this.handler.onInvite(session);
    } catch (error) {
      session.end();
      throw error;
    }
  }

  /** RFC 3428 §7: taken by whoever takes messages; without anybody it was 405 before. */
  private message(transaction: ServerTransaction, session: SessionBase | undefined): void {
    const { request } = transaction;
    const status = this.handler.onMessage?.(request, session) ?? 405;
    reply(this.environment, transaction, status, undefined, session?.localTag);
  }

  /** RFC 3261 §11.2: as an INVITE would be answered. */
  private options(transaction: ServerTransaction): void {
    const { environment } = this;
    const { options, sessions } = environment;
    const load = this.checkLoad(sessions.live >= options.maxCalls);
    if (load !== undefined) {
      this.refuse(transaction, load);
      return;
    }
    const status = this.handler.statusForOptions?.(transaction.request) ?? 200;
    const { capabilities } = environment.methods;
    const headers: readonly ExtraHeader[] =
      status === 503 ? [...capabilities, this.retryAfter] : capabilities;
    reply(environment, transaction, status, { headers });
  }

  private checkLoad(full: boolean): Refusal | undefined {
    if (!this.draining && !full) return undefined;
    // RFC 3261 §21.5.4.
    return { status: 503, headers: [this.retryAfter] };
  }

  private get retryAfter(): ExtraHeader {
    return ['Retry-After', String(this.environment.options.retryAfter)];
  }

  private refuse(transaction: ServerTransaction, { status, reason, headers }: Refusal): void {
    reply(this.environment, transaction, status, { reason, headers });
  }

  private readonly isOurs = (uri: Uri): boolean => this.environment.outbound.isOurs(uri);
}

function replyAfterError(
  environment: Environment,
  transaction: ServerTransaction,
  status: number,
): void {
  try {
    reply(environment, transaction, status);
  } catch {
    // It was answered before the error.
  }
}
