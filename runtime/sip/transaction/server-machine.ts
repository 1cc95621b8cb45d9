import { DefectError } from '../../core/errors';
import type { SipRequest, SipResponse } from '../message/message';
import { drop, type MachineContext } from './context';
import { RetransmittingMachine } from './machine';
import type { ServerTransaction, ServerTransactionHandler, TransactionChannel } from './port';
import { retransmit, transmit, type Sent } from './transmit';

const noHandler: ServerTransactionHandler = {};

const ignoreError = (): void => undefined;

/**
 * What the transaction user holds. It owns the request and the handler; the machine, which lives on
 * for 32 seconds after its response, lets go of both when it can.
 */
export class ServerTransactionHandle implements ServerTransaction {
  handler: ServerTransactionHandler = noHandler;

  constructor(
    readonly request: SipRequest,
    private readonly machine: ServerMachine,
  ) {}

  get reliable(): boolean {
    return this.machine.channel.reliable;
  }

  get ended(): boolean {
    return this.machine.ended;
  }

  respond(response: SipResponse): void {
    this.machine.respond(response, this);
  }
}

/** What the INVITE and the non-INVITE server machine have in common. */
export abstract class ServerMachine extends RetransmittingMachine {
  /** What the table finds this machine by: see {@link ServerIndex}. */
  key = '';
  ackKey: string | undefined = undefined;
  mergeKey: string | undefined = undefined;
  /** Another machine with the same key: a CANCEL has the branch of its INVITE. */
  sibling: ServerMachine | undefined = undefined;
  /** The To tag of the final response. */
  localTag: string | undefined = undefined;
  /** What a retransmitted request gets again. */
  protected sent: Sent | undefined = undefined;
  /** Until the final response, and longer if its handler has something to hear. */
  protected held: ServerTransactionHandle | undefined;

  constructor(
    context: MachineContext,
    request: SipRequest,
    readonly channel: TransactionChannel,
    private readonly onEnded: (machine: ServerMachine) => void,
  ) {
    super(context);
    this.held = new ServerTransactionHandle(request, this);
  }

  abstract readonly method: string;
  /** True from the final response on. */
  abstract readonly answered: boolean;
  abstract respond(response: SipResponse, handle: ServerTransactionHandle): void;
  /** The transaction user has seen the request: if it has not answered, it is given some time. */
  abstract awaitUser(): void;
  /** The request came again. */
  abstract receiveRetransmission(): void;
  protected abstract enterTerminated(): void;

  /** Undefined once there is nothing more that its user could do with it. */
  get handle(): ServerTransactionHandle | undefined {
    return this.held;
  }

  /** The last timer fired: I, J or L. */
  onLingered(): void {
    this.terminate();
  }

  destroy(): void {
    this.enterTerminated();
    this.stopRetransmitting();
    this.held = undefined;
    this.sent = undefined;
  }

  /** Sends something that nobody asks for again. */
  protected sendOnce(response: SipResponse, handle: ServerTransactionHandle): void {
    this.channel.send(response, (error) => this.onSendError(error, handle));
  }

  protected sendAndKeep(response: SipResponse, handle: ServerTransactionHandle): void {
    this.sent = transmit(this.channel, response, (error) => this.onSendError(error, handle));
  }

  protected sendAgain(): void {
    const { sent, held } = this;
    if (sent === undefined) return;
    const onError =
      held === undefined ? ignoreError : (error: Error) => this.onSendError(error, held);
    retransmit(this.channel, sent, onError);
  }

  /** Tells the user, in whatever state; what else happens is the machine's to say. */
  protected onSendError(error: Error, handle: ServerTransactionHandle): void {
    handle.handler.onTransportError?.(error);
  }

  /** Lets go of request and handler when the handler waits for nothing but `onTransportError`. */
  protected release(): void {
    const handler = this.held?.handler;
    if (handler?.onTerminated === undefined) this.held = undefined;
  }

  protected terminate(): void {
    if (this.ended) return;
    const handler = this.held?.handler;
    this.destroy();
    this.onEnded(this);
    handler?.onTerminated?.();
  }

  protected dropLate(response: SipResponse): void {
    drop(this.context, 'late-response', `${response.status} ${this.method}`);
  }

  protected unexpected(event: string, state: string): DefectError {
    return new DefectError(`${this.method} server transaction: ${event} in state ${state}`);
  }
}
