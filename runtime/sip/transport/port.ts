import type { NetworkAddress } from '../../core/address';
import type { SipMessage, SipRequest, SipResponse } from '../message/message';

/** As the Via header spells it (RFC 3261 §20.42). */
export type TransportProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

/** The next hop of a request: already resolved to an IP literal (RFC 3263). */
export interface Target extends NetworkAddress {
  readonly protocol: TransportProtocol;
}

/** One address that the process listens on. */
export interface Listener extends NetworkAddress {
  readonly protocol: TransportProtocol;
}

/**
 * A way to one peer. For a received request it leads back to the sender (RFC 3261 §18.2.2, RFC 3581);
 * for a request of ours it is what {@link TransportLayer.open} chose.
 */
export interface Channel {
  readonly protocol: TransportProtocol;
  /** False for UDP. */
  readonly reliable: boolean;
  /** The address on our side: a literal, never the wildcard, when it can be known. */
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
  /**
   * Sends now or fails later: `onError` is called at most once, never synchronously. On a channel
   * whose connection has closed, a response opens a new one to the Via's sent-by (RFC 3261 §18.2.2).
   */
  send(message: SipMessage, onError: (error: Error) => void): void;
}

export interface TransportHandler {
  /**
   * A request that can be parsed, `received` and `rport` already in its top Via. The channel leads
   * back. Requests that cannot be parsed but can be answered were answered 400 (or 505, 513).
   */
  onRequest(request: SipRequest, channel: Channel): void;
  onResponse(response: SipResponse, channel: Channel): void;
}

/** What the layers above see of all the listeners together. */
export interface TransportLayer {
  readonly listeners: readonly Listener[];
  /**
   * Chooses the way for a request and completes its top Via (protocol, sent-by, `rport`): UDP falls
   * to TCP when the request is larger than the path allows (RFC 3261 §18.1.1). The caller has put a
   * Via with the branch on top. Throws a {@link CallchartError} when no listener serves the protocol
   * or the address family.
   */
  open(target: Target, request: SipRequest): Channel;
  /** The `host:port` and protocol that a Contact for this peer must name (`externalAddress` applies). */
  contactAddress(channel: Channel): Target;
  /** Open sockets and connections, for leak checks. */
  readonly openConnections: number;
  close(): Promise<void>;
}
