import type { Credentials } from '../auth/port';
import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import type { Random } from '../../core/random';
import type { DialogReference } from '../message/dialog-reference';
import type { SipRequest, SipResponse } from '../message/message';
import type { Uri } from '../message/uri';
import type { ClientTransactionHandler, ServerTransaction, TimerValues } from '../transaction/port';
import type { Channel, TransportLayer } from '../transport/port';

/** A header that a caller of this layer adds to a message. */
export type ExtraHeader = readonly [name: string, value: string];

/** What ended a session, for the call record. */
export interface SessionEnd {
  readonly by: 'remote' | 'local' | 'system';
  /**
   * `bye`, `cancel`, `rejected` (a final response of 300 or more), `no-ack`, `session-timer`,
   * `transport`, `timeout` (no answer to a request of ours), `gone` (481 or 408 inside the dialog).
   */
  readonly cause:
    'bye' | 'cancel' | 'rejected' | 'no-ack' | 'session-timer' | 'transport' | 'timeout' | 'gone';
  /** The SIP status that belongs to it: 200 for a BYE, 487 for CANCEL, 486, 408, … */
  readonly status: number;
  /** The reason phrase, or the text of the Reason header (RFC 3326). */
  readonly reason: string;
  /** With `rejected`: the final response, whose Contact, Retry-After, … the owner may want. */
  readonly response?: SipResponse;
}

/** A REFER from the peer that waits for its answer (RFC 3515 §2.4.2). */
export interface IncomingRefer {
  readonly request: SipRequest;
  /** The sip, sips or tel URI to call, as text, without headers. */
  readonly target: string;
  /** The dialog at the target that the call is to replace: an attended transfer (RFC 5589 §7). */
  readonly replaces: DialogReference | undefined;
  /** Who refers, as the peer says: the value of Referred-By (RFC 3892 §3). */
  readonly referredBy: string | undefined;
  /** 202, and a NOTIFY that it is being tried. */
  accept(): ReferProgress;
  reject(status: number, reason?: string): void;
}

/** Tells the peer how the call fares that it has asked for; nothing once the session has ended. */
export interface ReferProgress {
  /** A provisional status of 101 to 199, for which a NOTIFY is sent when it says more than the last. */
  progress(status: number, reason?: string): void;
  /**
   * The final status, and the end of the subscription. Resolves when the peer has heard of it, or will not: then
   * its call may be ended.
   */
  done(status: number, reason?: string): Promise<void>;
}

/** What the owner of a session answers to an offer. */
export type OfferAnswer =
  | { readonly type: 'answer'; readonly sdp: string }
  | {
      readonly type: 'reject';
      readonly status: 488 | 500 | 503;
      readonly warning?: { readonly code: number; readonly text: string };
    };

/** Told by the session to the call layer; every member is called with the session alive but `onEnded`. */
export interface SessionHandler {
  /** An offer inside the dialog (re-INVITE, UPDATE, PRACK). */
  onOffer(sdp: string): OfferAnswer | Promise<OfferAnswer>;
  /** A re-INVITE without an offer wants ours (RFC 3261 §14.2). */
  onOfferWanted(): string | Promise<string>;
  /** The answer to an offer of ours (in ACK, PRACK, or the 2xx to our INVITE). A false ends the session with 488's Warning. */
  onAnswer(sdp: string): boolean;
  /** Incoming: the ACK for the 2xx came. Outgoing: the 2xx came and was acknowledged. */
  onEstablished(): void;
  /** Outgoing only: a 1xx other than 100; `sdp` is present with early media. */
  onProgress?(status: number, sdp: string | undefined): void;
  /** SIP INFO: returns the status to answer, 200, 415, 469 …. */
  onInfo(request: SipRequest): number;
  /** A REFER from the peer, to be answered before this returns; one that is not gets 603. */
  onRefer?(refer: IncomingRefer): void;
  /** Always the last call, exactly once. */
  onEnded(end: SessionEnd): void;
}

export interface ResponseOptions {
  readonly reason?: string;
  readonly headers?: readonly ExtraHeader[];
}

/** The outcome of a request of ours that begins no dialog. */
export type RequestOutcome =
  | { readonly type: 'response'; readonly response: SipResponse }
  | { readonly type: 'timeout' }
  | { readonly type: 'transport-error'; readonly error: Error }
  /** The session had ended, or ended meanwhile; outside dialogs: the request was given up by us. */
  | { readonly type: 'ended' };

/** A request inside a dialog that has no member of its own. */
export interface InDialogOptions {
  readonly method: string;
  readonly headers?: readonly ExtraHeader[];
  readonly body?: { readonly type: string; readonly content: string };
}

export interface ReferOptions {
  /** The Refer-To URI, as text. */
  readonly to: string;
  /** The dialog with the target that the peer's call is to replace: an attended transfer (RFC 5589 §7). */
  readonly replaces?: Pick<DialogReference, 'callId' | 'toTag' | 'fromTag' | 'earlyOnly'>;
  readonly headers?: readonly ExtraHeader[];
  /** Milliseconds that the subscription may last before the outcome is `noNotify`. */
  readonly timeout: number;
}

/** RFC 3515 §2.4.4: what the NOTIFYs of a REFER said in the end. */
export type ReferOutcome =
  /** The target answered (2xx in the sipfrag). */
  | { readonly type: 'accepted'; readonly status: number }
  /** The target, or the peer for it, refused (3xx to 6xx in the sipfrag). */
  | { readonly type: 'failed'; readonly status: number; readonly reason: string }
  /** The peer did not take the REFER itself. */
  | { readonly type: 'refused'; readonly status: number; readonly reason: string }
  /** Nothing final within the time. */
  | { readonly type: 'noNotify' }
  /** The peer hung up first: for a blind transfer it is in the peer's hands. */
  | { readonly type: 'ended' };

/** One INVITE-initiated dialog usage, from its INVITE to its end, from either side. */
export interface Session {
  /** Unique in this process. */
  readonly id: string;
  readonly direction: 'incoming' | 'outgoing';
  /** The initial INVITE. */
  readonly request: SipRequest;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string | undefined;
  /** The way to the peer, as of the initial INVITE. */
  readonly channel: Channel;
  /**
   * `proceeding`: no final response yet; `accepted`: 2xx without ACK; `confirmed`; `ended`.
   */
  readonly state: 'proceeding' | 'accepted' | 'confirmed' | 'ended';
  /** Assigned by the owner before the first event is told. */
  handler: SessionHandler;
  /**
   * Answers to the challenges that our requests in this dialog meet (RFC 3261 §22); {@link InviteOptions.credentials}
   * at first.
   */
  useCredentials(credentials: readonly Credentials[]): void;

  /** Ends in whatever way the state asks for: reject 480, CANCEL, or BYE. Idempotent. */
  end(options?: { readonly reason?: string; readonly headers?: readonly ExtraHeader[] }): void;
  /** re-INVITE (or UPDATE) with an offer; the handler's `onAnswer` gets the answer. 491 is retried as RFC 3261 §14.1 says. */
  reoffer(sdp: string, method?: 'INVITE' | 'UPDATE'): Promise<RequestOutcome>;
  info(contentType: string, body: string): Promise<RequestOutcome>;
  /** OPTIONS, MESSAGE, an INFO with headers, or whatever else changes nothing of the session. */
  sendRequest(options: InDialogOptions): Promise<RequestOutcome>;
  refer(options: ReferOptions, onProgress?: (status: number) => void): Promise<ReferOutcome>;
}

/** A session begun by the peer. */
export interface IncomingSession extends Session {
  readonly direction: 'incoming';
  /**
   * The SDP of the INVITE; undefined for a delayed offer (RFC 3261 §13.2.1), and once the session is
   * confirmed or ended, when it and the body of the INVITE are let go.
   */
  readonly offer: string | undefined;
  /**
   * The session in whose place this one comes (RFC 3891), checked and allowed; {@link accept} ends it. Whoever it
   * is connected with is to be connected with this one before that.
   */
  readonly replaces: Session | undefined;
  /**
   * 101 to 199. With `sdp` it carries the answer (or, after a delayed offer, the offer: then reliably).
   * `reliable`: `auto` uses RFC 3262 when the peer supports it and there is SDP, or when it requires it.
   */
  provisional(
    status: number,
    options?: ResponseOptions & { readonly sdp?: string; readonly reliable?: 'auto' | 'never' },
  ): void;
  /** 200; `sdp` is the answer, or the offer when the INVITE had none. Retransmitted until the ACK. */
  accept(sdp: string, options?: ResponseOptions): void;
  /** Any final response of 300 to 699; `contacts` (URIs) for 3xx. */
  reject(
    status: number,
    options?: ResponseOptions & { readonly contacts?: readonly string[] },
  ): void;
}

/** A session begun by us. */
export interface OutgoingSession extends Session {
  readonly direction: 'outgoing';
}

export interface InviteOptions {
  /** The request URI, as text; its host and port are where the request goes (a literal, or a name to look up). */
  readonly to: string;
  /** The From URI, as text, and its display name. */
  readonly from: string;
  readonly displayName?: string;
  /** The offer; a function is called with the way to the peer once that is known, before each attempt. */
  readonly sdp: string | ((channel: Channel) => string | Promise<string>);
  readonly headers?: readonly ExtraHeader[];
  /** A preloaded route set, the first hop first: name-addrs as in Route (RFC 3261 §8.1.1.1, RFC 3327, RFC 3608). */
  readonly routes?: readonly string[];
  /** Send along this flow (RFC 5626) as long as it is open; otherwise where the URIs say. */
  readonly flow?: string;
  /** Answers to 401 and 407. */
  readonly credentials?: readonly Credentials[];
  /** Milliseconds without a final response; `ringTimeout` when absent. */
  readonly timeout?: number;
  /** 3xx: followed where this says so (RFC 3261 §8.1.3.4), at most five times in all; not at all when absent. */
  readonly followRedirect?: (contact: string) => boolean;
  /** Hops that are left (RFC 3261 §8.1.1.6): less than a call had that this one is made for; 70 when absent. */
  readonly maxForwards?: number;
  readonly handler: SessionHandler;
}

/** A request outside any dialog: OPTIONS, MESSAGE, REGISTER, …. */
export interface OutOfDialogOptions {
  readonly method: string;
  /** The request URI, as text. */
  readonly requestUri: string;
  /** The To URI; the request URI when absent. */
  readonly to?: string;
  readonly from: string;
  readonly displayName?: string;
  readonly headers?: readonly ExtraHeader[];
  readonly body?: { readonly type: string; readonly content: string };
  readonly routes?: readonly string[];
  readonly flow?: string;
  readonly credentials?: readonly Credentials[];
  /** Called with each way that is tried, before sending: for a Contact, or an outbound keep-alive. */
  readonly onChannel?: (channel: Channel, request: SipRequest) => void;
}

export interface UserAgentHandler {
  /**
   * A new INVITE that passed every check (method, extensions, draining, `maxCalls`, loops …); 100 has
   * been sent. The owner assigns `session.handler` before it returns, and answers now or later.
   */
  onInvite(session: IncomingSession): void;
  /**
   * A MESSAGE (RFC 3428), outside dialogs or in that of a session: returns the status to answer, 200, 202, 415, ….
   * Without this member MESSAGE gets 405.
   */
  onMessage?(request: SipRequest, session: Session | undefined): number;
  /**
   * Whether whoever sends this INVITE may take the place of a session's peer (RFC 3891 §3). Nobody may without this
   * member: it would be enough to know a dialog's identifiers to take a call from somebody.
   */
  mayReplace?(request: SipRequest, session: Session): boolean;
  /** Whether OPTIONS is answered 200, or 486/503, as an INVITE would be (RFC 3261 §11.2); and 404. */
  statusForOptions?(request: SipRequest): number;
}

/** Limits and identity; durations are milliseconds. */
export interface UserAgentOptions {
  /** `Server` and `User-Agent`: `Callchart/0.1.0`. */
  readonly product: string;
  /** New calls beyond this get 503. */
  readonly maxCalls: number;
  /** Seconds in Retry-After of the 503. */
  readonly retryAfter: number;
  /** RFC 4028: what we propose; 0 proposes none but honours the peer's. */
  readonly sessionExpires: number;
  readonly minSessionExpires: number;
  /** How long an INVITE may stay without a final response: 180 000 (timer C's value). */
  readonly ringTimeout: number;
  /** Option tags that a caller must support; one that does not gets 421. None by default. */
  readonly requiredExtensions: readonly string[];
  /** Host names that are ours, besides what we listen on. None by default. */
  readonly domains: readonly string[];
}

export interface UserAgent {
  readonly openSessions: number;
  /** From now on new calls get 503 with Retry-After; those in progress go on. */
  drain(): void;
  /**
   * Sends a request outside any dialog, with fail-over (RFC 3263 §4.3) and authentication. Never rejects; `ended`
   * when the user agent closes first.
   */
  request(options: OutOfDialogOptions): Promise<RequestOutcome>;
  /** Places a call; never throws: failure is told to the handler's `onEnded`. */
  invite(options: InviteOptions): OutgoingSession;
  close(): Promise<void>;
}

/** A request on its way through the targets of RFC 3263, whatever element sends it. */
export interface SendOptions {
  /** Its top Via is ours, from {@link ElementServices.newVia}. */
  readonly request: SipRequest;
  /**
   * The URI that decides where it goes: of the topmost Route, or the request URI (RFC 3261 §8.1.2, §16.6 step 7).
   * Undefined: along the flow and nowhere else (RFC 5626 §5.3.1).
   */
  readonly nextHop: Uri | undefined;
  /** Tried first, while it is open. */
  readonly flow?: string | undefined;
  /** Taken when the next hop cannot be resolved. */
  readonly fallback?: Channel | undefined;
  /**
   * Called before each attempt, with the way and the request that will be sent on it, Via complete: a Contact or
   * a Record-Route goes in here. It is {@link request} itself for the last attempt that is possible, as a rule
   * the only one, and a copy of it for those before. A promise holds the sending up; its rejection is a transport
   * error.
   */
  readonly onChannel?: (channel: Channel, request: SipRequest) => void | Promise<void>;
  /**
   * Told what a client transaction tells; a time-out, a transport error and a 503 only once no target is left
   * (RFC 3263 §4.3: each attempt is a transaction of its own, with its own branch: the first as given, the others
   * with `.2`, `.3`, … at its end, so that a hash in it stays). Never called while {@link ElementServices.send}
   * still runs.
   */
  readonly handler: ClientTransactionHandler;
}

export interface SentRequest {
  /** As sent last. */
  readonly request: SipRequest;
  /** Undefined until the next hop is resolved. */
  readonly channel: Channel | undefined;
  /** Forgets it: its handler hears nothing more. Idempotent. */
  abandon(): void;
  /**
   * Of an INVITE: sends CANCEL (RFC 3261 §9.1) the same way and with the same branch, once a provisional response
   * has come, and tries no further target. The handler hears how the INVITE ends: 487, a late 2xx, or a time-out
   * 64*T1 after the CANCEL. False when nothing is out yet: then it is abandoned. `headers`: a Reason (RFC 3326).
   */
  cancel(headers?: readonly ExtraHeader[]): boolean;
}

/** What servers and proxies need of the user agent's foundations: one table of transactions, one way out. */
export interface ElementServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerValues;
  readonly logger: Logger;
  /** `Server` and `User-Agent`. */
  readonly product: string;
  /** A Via value with a new branch; the branch may be given whole (`z9hG4bK…`). */
  newVia(branch?: string): string;
  send(options: SendOptions): SentRequest;
  /** Sends without a transaction: an ACK. What cannot be sent is a counted drop. */
  sendStateless(request: SipRequest, nextHop: Uri | undefined, flow?: string): void;
  /** Whether a URI's host and port are a listener of ours, as bound or as announced, or a domain of ours without port. */
  isOurs(uri: Uri): boolean;
  /** Whether a dialog of the user agent's own has this Call-ID and local tag. */
  hasDialog(callId: string, localTag: string): boolean;
  readonly transport: TransportLayer;
}

/**
 * Sees each request before the user agent does. `true`: it is taken, and whoever took it answers. An exception
 * with a `status` becomes that response, as in the user agent.
 */
export interface RequestGate {
  /** `target`: what a CANCEL names. */
  onRequest(
    transaction: ServerTransaction,
    target: ServerTransaction | undefined,
    channel: Channel,
  ): boolean;
  /** An ACK that belongs to no transaction. */
  onAck(ack: SipRequest, channel: Channel): boolean;
}
