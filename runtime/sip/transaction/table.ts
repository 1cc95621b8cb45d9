import type { Clock } from '../../core/clock';
import { CallchartError, DefectError } from '../../core/errors';
import { SecureRandom, token, type Random } from '../../core/random';
import { createResponse } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import { MessageError } from '../message/message-error';
import type { ClientMachine } from './client-machine';
import { createContext, drop, type MachineContext } from './context';
import { InviteClientMachine } from './invite-client';
import { InviteServerMachine } from './invite-server';
import { clientKey } from './keys';
import { NonInviteClientMachine } from './non-invite-client';
import { NonInviteServerMachine } from './non-invite-server';
import {
  defaultTimers,
  type ClientTransaction,
  type ClientTransactionHandler,
  type TimerValues,
  type TransactionChannel,
  type TransactionUser,
} from './port';
import { ServerIndex } from './server-index';
import type { ServerMachine, ServerTransactionHandle } from './server-machine';
import { deriveTimers } from './timers';

export interface TransactionTableOptions {
  readonly clock: Clock;
  readonly user: TransactionUser;
  readonly timers?: TimerValues;
  /** For the To tags of the few responses that the table gives by itself. */
  readonly random?: Random;
}

/**
 * All transactions of a user agent: takes every message from the transport layer, gives it to the
 * machine it belongs to (RFC 3261 §17.1.3, §17.2.3), and what belongs to none to the transaction user.
 */
export class TransactionTable {
  private readonly context: MachineContext;
  private readonly user: TransactionUser;
  private readonly random: Random;
  private readonly servers = new ServerIndex();
  private readonly clients = new Map<string, ClientMachine>();
  private closed = false;

  constructor({ clock, user, timers = defaultTimers, random }: TransactionTableOptions) {
    this.context = createContext(clock, deriveTimers(timers));
    this.user = user;
    this.random = random ?? new SecureRandom();
  }

  /** Machines that have not terminated, those included that only wait for retransmissions. */
  get open(): number {
    return this.servers.size + this.clients.size;
  }

  /** Whether there is what a CANCEL names (RFC 3261 §9.2). Throws a `MessageError` for a malformed header. */
  hasTarget(cancel: SipRequest): boolean {
    return this.servers.findForCancel(this.servers.keyOf(cancel)) !== undefined;
  }

  /** @param channel leads back to the sender. */
  receiveRequest(request: SipRequest, channel: TransactionChannel): void {
    if (this.closed) return;
    const { method } = request;
    if (method === 'ACK') {
      this.receiveAck(request);
      return;
    }
    const key = this.servers.keyOf(request);
    const known = this.servers.find(key, method);
    if (known !== undefined) {
      known.receiveRetransmission();
      return;
    }
    const target = method === 'CANCEL' ? this.servers.findForCancel(key) : undefined;
    const machine =
      method === 'INVITE'
        ? new InviteServerMachine(this.context, request, channel, this.removeServer)
        : new NonInviteServerMachine(this.context, request, channel, this.removeServer);
    const merged = this.servers.add(key, machine, request);
    const { handle } = machine;
    if (handle === undefined) throw new DefectError('a new server transaction has no handle');

    if (merged) {
      this.receiveMerged(handle, machine);
    } else if (target?.answered === true) {
      // RFC 3261 §9.2: too late to have an effect; 200 with the To tag of the original's response.
      const toTag = target.localTag ?? token(this.random);
      handle.respond(createResponse(request, 200, { toTag }));
    } else {
      this.passUp(handle, machine, () => this.user.onRequest(handle, target?.handle));
    }
    machine.awaitUser();
  }

  // Both methods take what the transport layer hands out; where a response came in says nothing.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- named for its type alone
  receiveResponse(response: SipResponse, _channel?: TransactionChannel): void {
    if (this.closed) return;
    const machine = this.clients.get(clientKey(response));
    this.guarded('response', response, () => {
      if (machine !== undefined) machine.receive(response);
      else this.receiveStray(response);
    });
  }

  /** Sends an INVITE. Its top Via has a branch that no other transaction of ours has or had. */
  startInvite(
    request: SipRequest,
    channel: TransactionChannel,
    handler: ClientTransactionHandler,
  ): ClientTransaction {
    if (request.method !== 'INVITE') throw new DefectError(`startInvite got ${request.method}`);
    const key = this.newClientKey(request);
    return this.start(
      new InviteClientMachine(this.context, key, request, channel, handler, this.removeClient),
    );
  }

  /** Sends any other request but ACK. A CANCEL has the branch of its INVITE (RFC 3261 §9.1). */
  startNonInvite(
    request: SipRequest,
    channel: TransactionChannel,
    handler: ClientTransactionHandler,
  ): ClientTransaction {
    if (request.method === 'INVITE' || request.method === 'ACK') {
      throw new DefectError(`startNonInvite got ${request.method}`);
    }
    const key = this.newClientKey(request);
    return this.start(
      new NonInviteClientMachine(this.context, key, request, channel, handler, this.removeClient),
    );
  }

  /** Ends all machines, drops all timers, and takes nothing more. Tells no handler. */
  close(): void {
    this.closed = true;
    for (const machine of this.servers.clear()) machine.destroy();
    for (const machine of this.clients.values()) machine.destroy();
    this.clients.clear();
    this.context.lingerLifetime.clear();
    this.context.lingerD.clear();
    this.context.lingerT4.clear();
  }

  private receiveAck(ack: SipRequest): void {
    const machine = this.servers.findForAck(ack);
    this.guarded('ack', ack, () => {
      if (machine === undefined || machine.receiveAck(ack)) this.user.onAck(ack);
    });
  }

  private receiveStray(response: SipResponse): void {
    const { cseq, status } = response;
    if (cseq.method === 'INVITE' && status >= 200 && status < 300) {
      this.user.onStrayResponse(response);
    } else {
      drop(this.context, 'stray-response', `${status} ${cseq.method}`);
    }
  }

  /** RFC 3261 §8.2.2.2, §16.3: a loop to a user agent, and not for us to judge where it is forwarded. */
  private receiveMerged(handle: ServerTransactionHandle, machine: ServerMachine): void {
    let taken = false;
    this.passUp(handle, machine, () => {
      taken = this.user.onMerged?.(handle) === true;
    });
    if (taken || machine.answered) return;
    handle.respond(createResponse(handle.request, 482, { toTag: token(this.random) }));
  }

  private passUp(handle: ServerTransactionHandle, machine: ServerMachine, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      // A header field that is not mandatory is parsed when the user first looks at it.
      if (!hasStatus(error) || machine.answered) throw error;
      const toTag = handle.request.to.tag ?? token(this.random);
      handle.respond(createResponse(handle.request, error.status, { toTag }));
    }
  }

  /** A message that can get no answer and has a malformed header field is dropped. */
  private guarded(kind: string, message: SipRequest | SipResponse, deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      drop(this.context, `malformed-${kind}`, `${message.callId}: ${error.message}`);
    }
  }

  private newClientKey(request: SipRequest): string {
    if (this.closed) throw new DefectError(`${request.method}: the table is closed`);
    const key = clientKey(request);
    if (request.topVia.branch === undefined || this.clients.has(key)) {
      throw new DefectError(`${request.method}: the branch is missing or in use`);
    }
    return key;
  }

  private start(machine: ClientMachine): ClientTransaction {
    this.clients.set(machine.key, machine);
    machine.start();
    return machine;
  }

  private readonly removeServer = (machine: ServerMachine): void => this.servers.remove(machine);

  private readonly removeClient = (machine: ClientMachine): void => {
    this.clients.delete(machine.key);
  };
}

/** An error that names the SIP status it becomes: what the peer wrote, or what we lack. */
function hasStatus(error: unknown): error is CallchartError & { readonly status: number } {
  return error instanceof CallchartError && error.status !== undefined;
}
