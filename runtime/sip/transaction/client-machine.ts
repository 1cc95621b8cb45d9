import { DefectError } from '../../core/errors';
import type { SipRequest, SipResponse } from '../message/message';
import { drop, type MachineContext } from './context';
import { RetransmittingMachine } from './machine';
import type { ClientTransaction, ClientTransactionHandler, TransactionChannel } from './port';
import { retransmit, transmit, type Sent } from './transmit';

/** What the INVITE and the non-INVITE client machine have in common. */
export abstract class ClientMachine extends RetransmittingMachine implements ClientTransaction {
  /** What goes out again: the request, and in the end an ACK. */
  protected sent: Sent | undefined = undefined;

  constructor(
    context: MachineContext,
    /** The table's key for this machine. */
    readonly key: string,
    readonly request: SipRequest,
    readonly channel: TransactionChannel,
    protected readonly handler: ClientTransactionHandler,
    private readonly onEnded: (machine: ClientMachine) => void,
  ) {
    super(context);
  }

  /** Sends the request and starts the timers. Called once. */
  abstract start(): void;
  abstract receive(response: SipResponse): void;
  protected abstract onSendError(error: Error): void;
  protected abstract enterTerminated(): void;

  /** Timers D, K and M. */
  onLingered(): void {
    this.terminate();
  }

  abandon(): void {
    if (this.ended) return;
    this.destroy();
    this.onEnded(this);
  }

  destroy(): void {
    this.enterTerminated();
    this.stopRetransmitting();
    this.sent = undefined;
  }

  protected transmit(request: SipRequest): void {
    this.sent = transmit(this.channel, request, (error) => this.onSendError(error));
  }

  protected sendAgain(): void {
    if (this.sent === undefined) return;
    retransmit(this.channel, this.sent, (error) => this.onSendError(error));
  }

  /** Tells the final response. Over a reliable transport timers D and K are zero: the end follows. */
  protected tellLast(reliable: boolean, response: SipResponse): void {
    try {
      this.handler.onFinal(response);
    } finally {
      if (reliable) this.terminate();
    }
  }

  /** Tells what went wrong, and ends. */
  protected fail(tell: () => void): void {
    tell();
    this.terminate();
  }

  protected terminate(): void {
    if (this.ended) return;
    this.destroy();
    this.onEnded(this);
    this.handler.onTerminated?.();
  }

  /** A response that the state has no use for: late, or of another branch of a fork. */
  protected dropUnwanted(response: SipResponse): void {
    drop(this.context, 'unwanted-response', `${response.status} ${this.request.method}`);
  }

  protected unexpected(event: string, state: string): DefectError {
    return new DefectError(`${this.request.method} client transaction: ${event} in state ${state}`);
  }
}
