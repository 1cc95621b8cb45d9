import { createRequest } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import { route, routeSetOf, type RouteSet, type Routing } from './route-set';

type Header = readonly [name: string, value: string];

export interface DialogRequestOptions {
  readonly headers?: readonly Header[];
  readonly body?: string;
}

/** What a dialog is made of (RFC 3261 §12): computed by {@link incomingDialog} and {@link outgoingDialog}. */
interface DialogState {
  readonly callId: string;
  readonly localTag: string;
  /** '' when the peer is older than RFC 3261 and has none (§12.1.1). */
  readonly remoteTag: string;
  /** Values of From and To of our requests, tags included. */
  readonly local: string;
  readonly remote: string;
  readonly localSequence: number;
  readonly remoteSequence: number;
  readonly routeSet: RouteSet;
  readonly remoteTarget: string;
}

/** No request of the peer's was seen yet. */
const noSequence = -1;

/** RFC 3261 §8.1.1.6. */
const maxForwards: Header = ['Max-Forwards', '70'];

/** A peer-to-peer relationship between two user agents (RFC 3261 §12), in the early or confirmed state. */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly local: string;
  readonly remote: string;
  private localSequence: number;
  private remoteSequence: number;
  private routeSet: RouteSet;
  private target: string;
  /** Computed when first needed: most dialogs send one request or none. */
  private routing: Routing | undefined = undefined;

  constructor(state: DialogState) {
    this.callId = state.callId;
    this.localTag = state.localTag;
    this.remoteTag = state.remoteTag;
    this.local = state.local;
    this.remote = state.remote;
    this.localSequence = state.localSequence;
    this.remoteSequence = state.remoteSequence;
    this.routeSet = state.routeSet;
    this.target = state.remoteTarget;
  }

  /** The URI of the peer's Contact. */
  get remoteTarget(): string {
    return this.target;
  }

  /** How the next request goes. Throws a `MessageError` when the peer's Contact is no URI of ours. */
  get way(): Routing {
    return (this.routing ??= route(this.routeSet, this.target));
  }

  /** The sequence number of the last request of ours. */
  get lastSequence(): number {
    return this.localSequence;
  }

  /** A message belongs to a dialog by its Call-ID and both tags (RFC 3261 §12). */
  matches(callId: string, localTag: string, remoteTag: string | undefined): boolean {
    return (
      localTag === this.localTag && (remoteTag ?? '') === this.remoteTag && callId === this.callId
    );
  }

  /** RFC 3261 §12.2.2: false for a request that is older than one we have seen. */
  acceptSequence(sequence: number): boolean {
    if (sequence < this.remoteSequence) return false;
    this.remoteSequence = sequence;
    return true;
  }

  /** The Contact of a target refresh request, or of its 2xx, becomes the target (RFC 3261 §12.2). */
  refreshTarget(message: SipRequest | SipResponse): void {
    const contact = message.contacts[0];
    if (contact === undefined || contact.uriText === this.target) return;
    this.target = contact.uriText;
    this.routing = undefined;
  }

  /** The 2xx decides the route set, whatever a provisional response said (RFC 3261 §13.2.2.4). */
  confirm(response: SipResponse): void {
    this.routeSet = routeSetOf(response, 'uac');
    this.routing = undefined;
    this.refreshTarget(response);
  }

  /**
   * A request inside the dialog with the next sequence number (RFC 3261 §12.2.1.1). `via` is the
   * value of its Via header, with a new branch.
   */
  createRequest(method: string, via: string, options: DialogRequestOptions = {}): SipRequest {
    this.localSequence += 1;
    return this.request(method, via, this.localSequence, options);
  }

  /** The ACK for a 2xx: its sequence number is the INVITE's (RFC 3261 §13.2.2.4). */
  createAck(via: string, sequence: number, options: DialogRequestOptions = {}): SipRequest {
    return this.request('ACK', via, sequence, options);
  }

  private request(
    method: string,
    via: string,
    sequence: number,
    { headers, body }: DialogRequestOptions,
  ): SipRequest {
    const { requestUri, routes } = this.way;
    const list: Header[] = [
      ['Via', via],
      maxForwards,
      ['From', this.local],
      ['To', this.remote],
      ['Call-ID', this.callId],
      ['CSeq', `${sequence} ${method}`],
    ];
    for (const value of routes) list.push(['Route', value]);
    if (headers !== undefined) list.push(...headers);
    return createRequest({
      method,
      requestUri,
      headers: list,
      ...(body === undefined ? {} : { body }),
    });
  }
}

/**
 * The dialog that an INVITE from the peer begins (RFC 3261 §12.1.1). A peer that is older than RFC 3261
 * may have no Contact: it is reached at its From.
 */
export function incomingDialog(request: SipRequest, localTag: string): Dialog {
  const contact = request.contacts[0] ?? request.from;
  return new Dialog({
    callId: request.callId,
    localTag,
    remoteTag: request.from.tag ?? '',
    local: `${request.headers.get('To') ?? ''};tag=${localTag}`,
    remote: request.headers.get('From') ?? '',
    localSequence: 0,
    remoteSequence: request.cseq.sequence,
    routeSet: routeSetOf(request, 'uas'),
    remoteTarget: contact.uriText,
  });
}

/**
 * The dialog that a response to an INVITE of ours begins (RFC 3261 §12.1.2). One that breaks the rules
 * and has no Contact is reached as the INVITE was.
 */
export function outgoingDialog(request: SipRequest, response: SipResponse): Dialog {
  return new Dialog({
    callId: request.callId,
    localTag: request.from.tag ?? '',
    remoteTag: response.to.tag ?? '',
    local: request.headers.get('From') ?? '',
    remote: response.headers.get('To') ?? '',
    localSequence: request.cseq.sequence,
    remoteSequence: noSequence,
    routeSet: routeSetOf(response, 'uac'),
    remoteTarget: response.contacts[0]?.uriText ?? request.requestUri,
  });
}
