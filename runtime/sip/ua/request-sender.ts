import type { Clock, TimerHandle } from '../../core/clock';
import { DefectError, describeError } from '../../core/errors';
import { trace } from '../../core/trace';
import type { SipRequest, SipResponse } from '../message/message';
import type { Resolver } from '../resolve/port';
import type { ClientTransaction, ClientTransactionHandler, TimerValues } from '../transaction/port';
import type { Channel } from '../transport/port';
import { cancelRequest } from './cancel-request';
import { asError, type Outbound, type Transactions } from './outbound';
import type { ExtraHeader, SendOptions, SentRequest } from './port';
import { Ways, type WayOptions } from './ways';

export interface SenderParts {
  readonly clock: Clock;
  readonly timers: TimerValues;
  readonly outbound: Outbound;
  readonly transactions: Transactions;
  readonly resolver: Resolver;
}

/** Like {@link SendOptions}, but a flow or a fallback may be the only way. */
export interface OutboundRequest extends Omit<SendOptions, 'nextHop'>, Pick<WayOptions, 'nextHop'> {
  /** Milliseconds from the first provisional response on, after which an INVITE is cancelled. */
  readonly limit?: number | undefined;
}

/** RFC 3261 §21.5.4, RFC 3263 §4.3: whoever answers so cannot, and another may. */
const unavailable = 503;

/**
 * Sends requests of ours, whatever element they come from, to the targets of their next hop in turn until one
 * answers (RFC 3263 §4.3).
 */
export class RequestSender {
  private closed = false;
  /** INVITEs whose time is measured: their timers have to be stopped at the end. */
  private readonly timed = new Set<Sending>();

  constructor(readonly parts: SenderParts) {}

  send(options: OutboundRequest): SentRequest {
    const { outbound, resolver } = this.parts;
    const sending = new Sending(
      this,
      options,
      new Ways(outbound, resolver, options.request, options),
    );
    sending.advance();
    return sending;
  }

  /**
   * Sends without a transaction: an ACK. `onSent` hears of the channel and of the request as it went, once for
   * each target that is tried.
   */
  sendStateless(
    request: SipRequest,
    way: WayOptions,
    onSent?: (channel: Channel, request: SipRequest) => void,
  ): void {
    const { outbound, resolver } = this.parts;
    const ways = new Ways(outbound, resolver, request, way);
    const lost = (error: Error): void => this.drop(request, error);
    const next = (): void => {
      ways.open((channel, sent) => {
        if (this.closed) return;
        onSent?.(channel, sent);
        channel.send(sent, (error) => {
          if (ways.left) next();
          else lost(error);
        });
      }, lost);
    };
    try {
      next();
    } catch (error) {
      lost(asError(error));
    }
  }

  /** Nothing is sent any more, and no timer is left. */
  close(): void {
    this.closed = true;
    for (const each of this.timed) each.abandon();
  }

  get isClosed(): boolean {
    return this.closed;
  }

  watch(sending: Sending): void {
    this.timed.add(sending);
  }

  forget(sending: Sending): void {
    this.timed.delete(sending);
  }

  private drop(request: SipRequest, error: unknown): void {
    if (!trace.drop.active) return;
    trace.drop.publish({
      time: this.parts.clock.now(),
      layer: 'dialog',
      reason: 'unsendable-request',
      detail: `${request.method}: ${describeError(error)}`,
    });
  }
}

/** One request on its way: an attempt after the other, each a transaction of its own. */
class Sending implements SentRequest {
  request: SipRequest;
  channel: Channel | undefined = undefined;
  private transaction: ClientTransaction | undefined = undefined;
  private attempt: Attempt | undefined = undefined;
  /** Its handler hears nothing more. */
  private over = false;
  /** A final response was told: what comes now is of that attempt and no other. */
  private answered = false;
  /** The 503 of an earlier attempt. */
  private refusal: SipResponse | undefined = undefined;
  /** A provisional response came to the attempt that is out. */
  private heard = false;
  /** Of the CANCEL that goes out as soon as it may. */
  private cancelHeaders: readonly ExtraHeader[] | undefined = undefined;
  private timer: TimerHandle | undefined = undefined;

  constructor(
    private readonly sender: RequestSender,
    private readonly options: OutboundRequest,
    private readonly ways: Ways,
  ) {
    this.request = options.request;
  }

  /** Goes on to the next target. */
  advance(): void {
    this.attempt = undefined;
    this.transaction = undefined;
    this.heard = false;
    try {
      if (this.sender.isClosed) throw new DefectError('the user agent is closed');
      this.ways.open(this.prepare, this.fail);
    } catch (error) {
      void Promise.reject(asError(error)).catch(this.fail);
    }
  }

  abandon(): void {
    this.over = true;
    this.stopTimer();
    this.transaction?.abandon();
  }

  cancel(headers: readonly ExtraHeader[] = []): boolean {
    if (this.over || this.answered || this.cancelHeaders !== undefined) return !this.over;
    if (this.transaction === undefined) {
      this.abandon();
      return false;
    }
    this.cancelHeaders = headers;
    // RFC 3261 §9.1: not before a provisional response, for it could overtake the INVITE.
    if (this.heard) this.sendCancel(this.cancelHeaders);
    return true;
  }

  // Of the attempt that is out.

  onProvisional(response: SipResponse): void {
    const first = !this.heard;
    this.heard = true;
    if (first) this.onHeard();
    this.options.handler.onProvisional?.(response);
  }

  onFinal(response: SipResponse): void {
    if (!this.answered && response.status === unavailable && this.mayAdvance) {
      this.refusal = response;
      this.advance();
      return;
    }
    this.answered = true;
    this.stopTimer();
    this.options.handler.onFinal(response);
  }

  onTimeout(): void {
    this.stopTimer();
    if (!this.answered && this.mayAdvance) this.advance();
    else this.options.handler.onTimeout();
  }

  onTransportError(error: Error): void {
    this.stopTimer();
    if (!this.answered && this.mayAdvance) this.advance();
    else this.options.handler.onTransportError(error);
  }

  onTerminated(): void {
    this.stopTimer();
    this.over = true;
    this.options.handler.onTerminated?.();
  }

  isOut(attempt: Attempt): boolean {
    return this.attempt === attempt && !this.over;
  }

  private get mayAdvance(): boolean {
    // A CANCEL means one transaction, hence one branch and one target.
    const fixed = this.cancelHeaders !== undefined || this.request.method === 'CANCEL';
    return !fixed && this.ways.left;
  }

  private readonly prepare = (channel: Channel, request: SipRequest): void => {
    if (this.over || this.sender.isClosed) return;
    this.channel = channel;
    this.request = request;
    const ready = this.options.onChannel?.(channel, request);
    if (ready instanceof Promise) {
      ready
        .then(() => this.start(channel, request))
        .catch((error: unknown) => this.fail(asError(error)));
    } else {
      this.start(channel, request);
    }
  };

  private start(channel: Channel, request: SipRequest): void {
    if (this.over || this.sender.isClosed) return;
    const { transactions } = this.sender.parts;
    const attempt = new Attempt(this);
    this.attempt = attempt;
    this.transaction =
      request.method === 'INVITE'
        ? transactions.startInvite(request, channel, attempt)
        : transactions.startNonInvite(request, channel, attempt);
  }

  private readonly fail = (error: Error): void => {
    if (this.over) return;
    this.over = true;
    const { handler } = this.options;
    // What somebody has answered says more than that nobody else could be asked.
    if (this.refusal === undefined) handler.onTransportError(error);
    else handler.onFinal(this.refusal);
  };

  private onHeard(): void {
    const { limit } = this.options;
    if (this.cancelHeaders !== undefined) this.sendCancel(this.cancelHeaders);
    else if (limit !== undefined) this.startTimer(() => this.cancel(), limit);
  }

  private sendCancel(headers: readonly ExtraHeader[]): void {
    const { channel, request, sender } = this;
    if (channel === undefined) return;
    const { timers, transactions } = sender.parts;
    transactions.startNonInvite(cancelRequest(request, headers), channel, ignored);
    // §9.1: an element that is older than RFC 3261 may never answer the INVITE.
    this.startTimer(this.onUnanswered, 64 * timers.t1);
  }

  private readonly onUnanswered = (): void => {
    const { handler } = this.options;
    this.abandon();
    handler.onTimeout();
    handler.onTerminated?.();
  };

  private startTimer(callback: () => void, delay: number): void {
    this.stopTimer();
    this.sender.watch(this);
    this.timer = this.sender.parts.clock.setTimeout(callback, delay);
  }

  private stopTimer(): void {
    if (this.timer === undefined) return;
    const { sender } = this;
    sender.parts.clock.clearTimeout(this.timer);
    this.timer = undefined;
    sender.forget(this);
  }
}

/** Keeps apart what the transactions of several attempts tell: only the last counts. */
class Attempt implements ClientTransactionHandler {
  constructor(private readonly sending: Sending) {}

  onProvisional(response: SipResponse): void {
    if (this.sending.isOut(this)) this.sending.onProvisional(response);
  }

  onFinal(response: SipResponse): void {
    if (this.sending.isOut(this)) this.sending.onFinal(response);
  }

  onTimeout(): void {
    if (this.sending.isOut(this)) this.sending.onTimeout();
  }

  onTransportError(error: Error): void {
    if (this.sending.isOut(this)) this.sending.onTransportError(error);
  }

  onTerminated(): void {
    if (this.sending.isOut(this)) this.sending.onTerminated();
  }
}

/** The response to a CANCEL says nothing that the INVITE's final response does not (RFC 3261 §9.1). */
const ignored: ClientTransactionHandler = {
  onFinal: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};
