import type { SipMessage, SipRequest, SipResponse } from '../message/message';

/**
 * Where a transaction sends: a way to one peer, already chosen by the transport layer. The transport
 * layer's `Channel` has this shape; neither layer imports the other.
 */
export interface TransactionChannel {
  /**
   * True for TCP and the like: no retransmission, no wait states (RFC 3261 §17). It may turn true
   * once a connection that could still fall back to UDP (§18.1.1) has been made.
   */
  readonly reliable: boolean;
  /** Sends now or fails later: `onError` is called at most once, never synchronously. */
  send(message: SipMessage, onError: (error: Error) => void): void;
  /**
   * Like {@link send}, for a message that was serialized before. Where it is present, a machine that
   * may have to send a message again keeps its octets alone.
   */
  sendBytes?(bytes: Uint8Array, onError: (error: Error) => void): void;
}

/** RFC 3261 §17.1.1.1 and table 4, in milliseconds; every other timer derives from these. */
export interface TimerValues {
  /** Round-trip estimate: 500. */
  readonly t1: number;
  /** Longest interval between retransmissions: 4 000. */
  readonly t2: number;
  /** How long a message can stay in the network: 5 000. */
  readonly t4: number;
}

export const defaultTimers: TimerValues = { t1: 500, t2: 4_000, t4: 5_000 };

/** What a transaction user may do with a request that started a server transaction. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly reliable: boolean;
  readonly ended: boolean;
  /** Assigned by the transaction user; all members are optional. */
  handler: ServerTransactionHandler;
  /**
   * Passes a response to the machine. A final response to a non-INVITE request later than RFC 4320
   * allows is dropped. Throws a defect on a second final response (but see RFC 6026: further 2xx to an
   * INVITE are legal).
   */
  respond(response: SipResponse): void;
}

export interface ServerTransactionHandler {
  /** INVITE only: the ACK for our non-2xx final response arrived. */
  onAck?(ack: SipRequest): void;
  /** INVITE only: no ACK came for a non-2xx response (timer H). */
  onTimeout?(): void;
  /**
   * A response could not be sent. A non-INVITE transaction has ended with it; an INVITE one stays, so
   * that retransmissions of the request are absorbed (RFC 6026 §7.1).
   */
  onTransportError?(error: Error): void;
  /**
   * The machine reached Terminated, for whatever reason but the closing of the table; always the last
   * call. A handler with this member is kept as long as the machine waits for retransmissions (32 s);
   * one without is let go with the final response.
   */
  onTerminated?(): void;
}

export interface ClientTransaction {
  readonly request: SipRequest;
  readonly ended: boolean;
  /**
   * Ends it without another call to its handler: for an INVITE that was cancelled and never answered
   * (RFC 3261 §9.1), or whose ringing has lasted too long. Idempotent.
   */
  abandon(): void;
}

/** All members are called at most as the machines of RFC 3261 §17.1 and RFC 6026 say. */
export interface ClientTransactionHandler {
  onProvisional?(response: SipResponse): void;
  /** A final response; an INVITE may bring several 2xx (RFC 6026 §7.2). */
  onFinal(response: SipResponse): void;
  /** Timer B or F. */
  onTimeout(): void;
  onTransportError(error: Error): void;
  onTerminated?(): void;
}

/** What the layer above the table of transactions hears. */
export interface TransactionUser {
  /**
   * A request that belongs to no transaction yet. For CANCEL, `target` is the INVITE (or other)
   * server transaction that its branch names, if any (RFC 3261 §9.2). The table itself answers merged
   * requests (482) that {@link onMerged} does not take, and a CANCEL that comes after the final response,
   * which has no effect (200).
   */
  onRequest(transaction: ServerTransaction, target: ServerTransaction | undefined): void;
  /**
   * A request outside any dialog that has come before by another way (RFC 3261 §8.2.2.2). True when it is
   * taken all the same: a proxy forwards it, for it may be a spiral, and where it is not, that is for its
   * targets to find out (§16.3). None is taken when absent.
   */
  onMerged?(transaction: ServerTransaction): boolean;
  /** An ACK that matches no INVITE transaction awaiting it: one for a 2xx (RFC 3261 §13.3.1.4). */
  onAck(ack: SipRequest): void;
  /** A 2xx to an INVITE whose client transaction has ended; anything else stray is counted and dropped. */
  onStrayResponse(response: SipResponse): void;
}
