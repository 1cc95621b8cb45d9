import { CallchartError } from '../../../core/errors';
import { insertField } from '../../message/forward-copy';
import type { SipRequest, SipResponse } from '../../message/message';
import type { ClientTransactionHandler } from '../../transaction/port';
import type { Channel } from '../../transport/port';
import type { ExtraHeader, SentRequest } from '../../ua/port';
import type { ForwardTarget } from '../port';
import type { Candidate } from './best-response';
import type { ProxyElement } from './element';
import type { Forwarded } from './forwarding';
import { flowFor, type Side } from './own-uris';
import type { FlowToken } from './seal';

/** What a branch tells the response context it belongs to. */
export interface BranchOwner {
  onProvisional(branch: Branch, response: SipResponse): void;
  /** A 2xx, which may come more than once to an INVITE. */
  onSuccess(branch: Branch, response: SipResponse): void;
  /** It came to an end without a 2xx; told once, and not after a 2xx. */
  onFailure(branch: Branch, candidate: Candidate): void;
}

/** What goes into the request once the way is known (RFC 3261 §16.6 step 4). */
export interface Recording {
  readonly recordRoute: boolean;
  readonly path: boolean;
  readonly from: Side;
}

/** The way that a branch has to take, where it is not left to the URIs. */
export type Way = FlowToken | undefined;

/** One target of a request that we forward: a client transaction, or one after the other (RFC 3263 §4.3). */
export class Branch implements ClientTransactionHandler {
  /** A final response came, or will never come. */
  over = false;
  /** A CANCEL is out, or will be as soon as it may. */
  cancelled = false;
  /** It has rung for too long: whatever comes now but a 2xx means that nobody answered. */
  expired = false;
  /** When it has; timer C (RFC 3261 §16.6 step 11). */
  timerC = Infinity;
  /** When it has in any case. */
  limit = Infinity;
  private heard = false;
  private sent: SentRequest | undefined = undefined;

  constructor(
    private readonly element: ProxyElement,
    private readonly owner: BranchOwner,
    readonly target: ForwardTarget,
    /** What it has of the request's Max-Breadth (RFC 5393 §5.3.3). */
    readonly breadth: number,
    private readonly way: Way,
  ) {}

  get deadline(): number {
    return Math.min(this.timerC, this.limit);
  }

  /** Whether a CANCEL could still change something. */
  get pending(): boolean {
    return !this.over && !this.cancelled;
  }

  start({ request, nextHop, secure }: Forwarded, recording: Recording | undefined): void {
    const { way } = this;
    const insert = (channel: Channel, copy: SipRequest): void => {
      if (recording !== undefined) this.record(channel, copy, secure, recording);
    };
    this.sent = this.element.services.send({
      request,
      // RFC 5626 §5.3.1: where there is nothing but the flow, nothing else is tried.
      nextHop: way?.only === true ? undefined : nextHop,
      flow: way?.flow,
      onChannel: insert,
      handler: this,
    });
  }

  /**
   * Ends it, by CANCEL where it is an INVITE that is out (RFC 3261 §16.7 step 10); it then goes on until its
   * final response. `headers`: why (RFC 3326).
   */
  cancel(headers: readonly ExtraHeader[]): void {
    if (!this.pending) return;
    this.cancelled = true;
    if (this.sent?.cancel(headers) !== true) this.fail({ status: 487 });
  }

  /** Timer C has fired (RFC 3261 §16.8). */
  expire(): void {
    if (!this.pending) return;
    this.expired = true;
    if (this.heard) {
      this.cancel([['Reason', 'SIP;cause=408;text="Request Timeout"']]);
      return;
    }
    this.abandon();
    this.fail({ status: 408 });
  }

  /** Forgets it, without a word to anybody. */
  abandon(): void {
    this.sent?.abandon();
  }

  // Of the client transaction.

  onProvisional(response: SipResponse): void {
    this.heard = true;
    if (!this.over) this.owner.onProvisional(this, response);
  }

  onFinal(response: SipResponse): void {
    if (response.status < 300) {
      this.owner.onSuccess(this, response);
      return;
    }
    // RFC 3261 §16.8: we gave up, and the 487 is the answer to that, not the callee's.
    this.fail(this.expired ? { status: 408 } : { status: response.status, response });
  }

  onTimeout(): void {
    this.fail({ status: this.cancelled && !this.expired ? 487 : 408 });
  }

  onTransportError(error: Error): void {
    // RFC 5626 §5.3.1; RFC 3261 §16.9; and a name that does not exist is nobody's address.
    const missing = error instanceof CallchartError && error.status === 404;
    this.fail({ status: this.way === undefined ? (missing ? 404 : 503) : 430 });
  }

  private fail(candidate: Candidate): void {
    if (this.over) return;
    this.over = true;
    this.owner.onFailure(this, candidate);
  }

  private record(
    channel: Channel,
    request: SipRequest,
    secure: boolean,
    { recordRoute, path, from }: Recording,
  ): void {
    const { uris } = this.element;
    if (path) insertField(request, 'Path', uris.path(from));
    if (!recordRoute) return;
    const { way } = this;
    const flow = way === undefined ? undefined : flowFor(request.uri, channel, channel.flow);
    const values = uris.recordRoutes(request.callId, secure, from, { channel, flow });
    for (let i = values.length - 1; i >= 0; i -= 1) {
      insertField(request, 'Record-Route', values[i] as string);
    }
  }
}
