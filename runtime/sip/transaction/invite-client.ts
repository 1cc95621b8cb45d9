import type { SipResponse } from '../message/message';
import { createAck } from './ack';
import { ClientMachine } from './client-machine';

export type InviteClientState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';

/** The INVITE client transaction: RFC 3261 §17.1.1 as RFC 6026 §8.4 (figure 5) corrects it. */
export class InviteClientMachine extends ClientMachine {
  private current: InviteClientState | 'initial' = 'initial';

  get state(): InviteClientState | 'initial' {
    return this.current;
  }

  get ended(): boolean {
    return this.current === 'terminated';
  }

  start(): void {
    if (this.current !== 'initial') throw this.unexpected('a second start', this.current);
    this.current = 'calling';
    const { a, b } = this.context.timers;
    // RFC 3261 §17.1.1.2: A for unreliable transports only, B for all.
    this.startRetransmitting(this.channel.reliable ? Infinity : a, b);
    this.transmit(this.request);
  }

  receive(response: SipResponse): void {
    const { status } = response;
    switch (this.current) {
      case 'calling':
      case 'proceeding':
        if (status < 200) this.proceed(response);
        else if (status < 300) this.accept(response);
        else this.complete(response);
        return;
      case 'accepted':
        // RFC 6026 §7.2: each 2xx goes up, the same again and those of other branches of a fork.
        if (status >= 200 && status < 300) this.handler.onFinal(response);
        else this.dropUnwanted(response);
        return;
      case 'completed':
        // RFC 3261 §17.1.1.2: the refusal came again, so the ACK was lost.
        if (status >= 300) this.sendAgain();
        else this.dropUnwanted(response);
        return;
      case 'initial':
      case 'terminated':
        throw this.unexpected(`a ${status} response`, this.current);
    }
  }

  /** Timer A, which doubles without limit. */
  protected onRetransmit(interval: number): number {
    // A connection that might have fallen back to UDP has been made: TCP does the rest.
    if (this.channel.reliable) return Infinity;
    this.sendAgain();
    return interval * 2;
  }

  /** Timer B. */
  protected onGiveUp(): void {
    this.fail(() => this.handler.onTimeout());
  }

  protected onSendError(error: Error): void {
    switch (this.current) {
      case 'calling':
      case 'proceeding':
      case 'completed':
        // RFC 6026 figure 5: also the ACK's failure is told.
        this.fail(() => this.handler.onTransportError(error));
        return;
      case 'initial':
      case 'accepted':
      case 'terminated':
        // An answer has come since the copy that failed: nothing is lost by it.
        return;
    }
  }

  protected enterTerminated(): void {
    this.current = 'terminated';
  }

  private proceed(response: SipResponse): void {
    // RFC 3261 §17.1.1.2: no retransmission once something was heard. Timer B belongs to Calling.
    this.stopRetransmitting();
    this.current = 'proceeding';
    this.sent = undefined;
    this.handler.onProvisional?.(response);
  }

  private accept(response: SipResponse): void {
    this.stopRetransmitting();
    this.current = 'accepted';
    this.sent = undefined;
    // RFC 6026 §7.2: timer M, over every transport.
    this.context.lingerLifetime.add(this);
    this.handler.onFinal(response);
  }

  private complete(response: SipResponse): void {
    this.stopRetransmitting();
    this.current = 'completed';
    // RFC 6026 §8.4: timer D is at least 32 s, or zero over a reliable transport.
    const { reliable } = this.channel;
    if (!reliable) this.context.lingerD.add(this);
    this.transmit(createAck(this.request, response));
    this.tellLast(reliable, response);
  }
}
