import { createResponse } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import type { MachineContext } from './context';
import { owned } from './keys';
import type { TransactionChannel } from './port';
import { ServerMachine, type ServerTransactionHandle } from './server-machine';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** The non-INVITE server transaction: RFC 3261 §17.2.2 (figure 8) with RFC 4320. */
export class NonInviteServerMachine extends ServerMachine {
  private current: NonInviteServerState = 'trying';
  private readonly receivedAt: number;

  constructor(
    context: MachineContext,
    request: SipRequest,
    channel: TransactionChannel,
    onEnded: (machine: ServerMachine) => void,
  ) {
    super(context, request, channel, onEnded);
    this.method = request.method;
    this.receivedAt = context.clock.now();
  }

  readonly method: string;

  get state(): NonInviteServerState {
    return this.current;
  }

  get ended(): boolean {
    return this.current === 'terminated';
  }

  get answered(): boolean {
    return this.current === 'completed' || this.current === 'terminated';
  }

  awaitUser(): void {
    if (this.answered) return;
    // One pair of deadlines: 100 when the client's timer E has reached T2 (RFC 4320 §4.1), and the end
    // when its timer F has fired, after which no final response may be sent at all (§4.2).
    const { nonInviteTrying, j } = this.context.timers;
    this.startRetransmitting(this.current === 'trying' ? nonInviteTrying : Infinity, j);
  }

  respond(response: SipResponse, handle: ServerTransactionHandle): void {
    const { status } = response;
    switch (this.current) {
      case 'trying':
      case 'proceeding':
        if (status >= 200) this.complete(response, handle);
        else this.sendProvisional(response, handle);
        return;
      case 'terminated':
        // RFC 4320 §4.2: the client has given up; an answer now would only be a stray one.
        this.dropLate(response);
        return;
      case 'completed':
        throw this.unexpected(`a second final response, ${status},`, this.current);
    }
  }

  receiveRetransmission(): void {
    // RFC 3261 §17.2.2: nothing in Trying, the last response again in Proceeding and Completed.
    this.sendAgain();
  }

  /** RFC 4320 §4.1: the transaction user has taken its time. */
  protected onRetransmit(): number {
    const { held } = this;
    if (this.current === 'trying' && held !== undefined) {
      this.current = 'proceeding';
      this.sendAndKeep(createResponse(held.request, 100), held);
    }
    return Infinity;
  }

  /** The client's timer F has fired. */
  protected onGiveUp(): void {
    this.terminate();
  }

  protected override onSendError(error: Error, handle: ServerTransactionHandle): void {
    if (this.current === 'terminated') return;
    // RFC 3261 §17.2.4: the user hears of it, and the transaction ends.
    super.onSendError(error, handle);
    this.terminate();
  }

  protected enterTerminated(): void {
    this.current = 'terminated';
  }

  private sendProvisional(response: SipResponse, handle: ServerTransactionHandle): void {
    if (response.status !== 100) {
      // RFC 4320 §4.1: MUST NOT.
      throw this.unexpected(`a ${response.status} response`, this.current);
    }
    const { clock, timers } = this.context;
    // RFC 4320 §4.1: over an unreliable transport 100 MUST NOT come before the client's timer E has
    // reached T2. Until then it is of no use to the client; the machine sends its own when it is due.
    if (!this.channel.reliable && clock.now() < this.receivedAt + timers.nonInviteTrying) return;
    this.current = 'proceeding';
    this.sendAndKeep(response, handle);
  }

  private complete(response: SipResponse, handle: ServerTransactionHandle): void {
    if (response.status === 408) {
      // RFC 4320 §4.2: MUST NOT be sent. The machine absorbs retransmissions until the client gives up.
      this.dropLate(response);
      return;
    }
    this.stopRetransmitting();
    this.current = 'completed';
    this.localTag = owned(response.to.tag);
    // RFC 3261 §17.2.2: timer J is 64*T1, or zero over a reliable transport.
    if (this.channel.reliable) {
      this.sendOnce(response, handle);
      this.terminate();
      return;
    }
    this.context.lingerLifetime.add(this);
    this.sendAndKeep(response, handle);
    this.release();
  }
}
