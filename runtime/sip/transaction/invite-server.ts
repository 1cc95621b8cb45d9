import { createResponse } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import { drop } from './context';
import { owned } from './keys';
import { ServerMachine, type ServerTransactionHandle } from './server-machine';

export type InviteServerState =
  'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

/** The INVITE server transaction: RFC 3261 §17.2.1 as RFC 6026 §8.6 (figure 7) corrects it. */
export class InviteServerMachine extends ServerMachine {
  readonly method = 'INVITE';
  private current: InviteServerState = 'proceeding';

  get state(): InviteServerState {
    return this.current;
  }

  get ended(): boolean {
    return this.current === 'terminated';
  }

  get answered(): boolean {
    return this.current !== 'proceeding';
  }

  awaitUser(): void {
    if (this.current !== 'proceeding' || this.sent !== undefined) return;
    // RFC 3261 §17.2.1: 100 unless the transaction user answers within 200 ms.
    this.startTimer(() => this.onTryingDue(), this.context.timers.trying);
  }

  respond(response: SipResponse, handle: ServerTransactionHandle): void {
    const { status } = response;
    const accepts = status >= 200 && status < 300;
    switch (this.current) {
      case 'proceeding':
        if (status < 200) this.sendProvisional(response, handle);
        else if (accepts) this.accept(response, handle);
        else this.refuse(response, handle);
        return;
      case 'accepted':
        if (!accepts) break;
        // RFC 6026 §7.1: the user retransmits its 2xx through the machine.
        this.sendOnce(response, handle);
        return;
      case 'terminated':
        if (!accepts) break;
        // Timer L ran out before the user stopped: there is no transaction to send it with.
        this.dropLate(response);
        return;
      case 'completed':
      case 'confirmed':
        break;
    }
    throw this.unexpected(`a ${status} response`, this.current);
  }

  receiveRetransmission(): void {
    // RFC 3261 §17.2.1: the last provisional response again in Proceeding, the refusal in Completed.
    // Accepted (RFC 6026 §7.1) and Confirmed absorb it: there is nothing kept to send.
    this.sendAgain();
  }

  /**
   * An ACK that matches.
   * @returns whether it is the transaction user's: the one for a 2xx (RFC 6026 §7.1).
   */
  receiveAck(ack: SipRequest): boolean {
    switch (this.current) {
      case 'accepted':
        return true;
      case 'completed':
        this.confirm(ack);
        return false;
      case 'proceeding':
        // There is nothing yet that it could acknowledge.
        drop(this.context, 'stray-ack', ack.callId);
        return false;
      case 'confirmed':
      case 'terminated':
        return false;
    }
  }

  /** Timer G. */
  protected onRetransmit(interval: number): number {
    this.sendAgain();
    return Math.min(interval * 2, this.context.timers.t2);
  }

  /** Timer H: the ACK never came. */
  protected onGiveUp(): void {
    this.held?.handler.onTimeout?.();
    this.terminate();
  }

  protected enterTerminated(): void {
    this.current = 'terminated';
  }

  private onTryingDue(): void {
    const { held } = this;
    if (held !== undefined) this.sendProvisional(createResponse(held.request, 100), held);
  }

  private sendProvisional(response: SipResponse, handle: ServerTransactionHandle): void {
    this.stopTimer();
    this.sendAndKeep(response, handle);
  }

  private accept(response: SipResponse, handle: ServerTransactionHandle): void {
    this.stopTimer();
    this.current = 'accepted';
    this.localTag = owned(response.to.tag);
    this.sent = undefined;
    this.context.lingerLifetime.add(this);
    this.sendOnce(response, handle);
    this.release();
  }

  private refuse(response: SipResponse, handle: ServerTransactionHandle): void {
    this.stopTimer();
    this.current = 'completed';
    this.localTag = owned(response.to.tag);
    const { g, h } = this.context.timers;
    // RFC 3261 §17.2.1: G for unreliable transports only, H for all.
    this.startRetransmitting(this.channel.reliable ? Infinity : g, h);
    this.sendAndKeep(response, handle);
    const { handler } = handle;
    if (handler.onAck === undefined && handler.onTimeout === undefined) this.release();
  }

  private confirm(ack: SipRequest): void {
    this.stopRetransmitting();
    this.current = 'confirmed';
    this.sent = undefined;
    const handler = this.held?.handler;
    this.release();
    // RFC 3261 §17.2.1: timer I is T4, or zero over a reliable transport.
    if (!this.channel.reliable) this.context.lingerT4.add(this);
    handler?.onAck?.(ack);
    if (this.channel.reliable) this.terminate();
  }
}
