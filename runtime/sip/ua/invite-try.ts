import type { SipResponse } from '../message/message';
import type { ClientTransactionHandler } from '../transaction/port';
import type { SentRequest } from './port';

/** The call that INVITEs are sent for. */
export interface InviteOwner extends Required<ClientTransactionHandler> {
  isLatest(each: InviteTry): boolean;
}

/** One INVITE of a call. What is told of an older one, after it was refused, does not concern the newer. */
export class InviteTry implements ClientTransactionHandler {
  sent: SentRequest | undefined = undefined;

  constructor(private readonly owner: InviteOwner) {}

  onProvisional(response: SipResponse): void {
    if (this.isLatest) this.owner.onProvisional(response);
  }

  onFinal(response: SipResponse): void {
    if (this.isLatest) this.owner.onFinal(response);
  }

  onTimeout(): void {
    if (this.isLatest) this.owner.onTimeout();
  }

  onTransportError(error: Error): void {
    if (this.isLatest) this.owner.onTransportError(error);
  }

  onTerminated(): void {
    if (this.isLatest) this.owner.onTerminated();
  }

  private get isLatest(): boolean {
    return this.owner.isLatest(this);
  }
}
