import type { SipResponse } from '../message/message';
import { ClientMachine } from './client-machine';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** The non-INVITE client transaction: RFC 3261 §17.1.2 (figure 6). */
export class NonInviteClientMachine extends ClientMachine {
  private current: NonInviteClientState | 'initial' = 'initial';

  get state(): NonInviteClientState | 'initial' {
    return this.current;
  }

  get ended(): boolean {
    return this.current === 'terminated';
  }

  start(): void {
    if (this.current !== 'initial') throw this.unexpected('a second start', this.current);
    this.current = 'trying';
    const { e, f } = this.context.timers;
    // RFC 3261 §17.1.2.2: E for unreliable transports only, F for all.
    this.startRetransmitting(this.channel.reliable ? Infinity : e, f);
    this.transmit(this.request);
  }

  receive(response: SipResponse): void {
    const { status } = response;
    switch (this.current) {
      case 'trying':
      case 'proceeding':
        if (status < 200) {
          // E and F run on: only a final response ends them.
          this.current = 'proceeding';
          this.handler.onProvisional?.(response);
        } else {
          this.complete(response);
        }
        return;
      case 'completed':
        // RFC 3261 §17.1.2.2: this state is there to swallow retransmissions.
        return;
      case 'initial':
      case 'terminated':
        throw this.unexpected(`a ${status} response`, this.current);
    }
  }

  /** Timer E: doubles up to T2 in Trying, and is T2 in Proceeding. */
  protected onRetransmit(interval: number): number {
    // A connection that might have fallen back to UDP has been made: TCP does the rest.
    if (this.channel.reliable) return Infinity;
    this.sendAgain();
    const { t2 } = this.context.timers;
    return this.current === 'proceeding' ? t2 : Math.min(interval * 2, t2);
  }

  /** Timer F. */
  protected onGiveUp(): void {
    this.fail(() => this.handler.onTimeout());
  }

  protected onSendError(error: Error): void {
    switch (this.current) {
      case 'trying':
      case 'proceeding':
        this.fail(() => this.handler.onTransportError(error));
        return;
      case 'initial':
      case 'completed':
      case 'terminated':
        // The answer has come since the copy that failed: nothing is lost by it.
        return;
    }
  }

  protected enterTerminated(): void {
    this.current = 'terminated';
  }

  private complete(response: SipResponse): void {
    this.stopRetransmitting();
    this.current = 'completed';
    this.sent = undefined;
    // RFC 3261 §17.1.2.2: timer K is T4, or zero over a reliable transport.
    const { reliable } = this.channel;
    if (!reliable) this.context.lingerT4.add(this);
    this.tellLast(reliable, response);
  }
}
