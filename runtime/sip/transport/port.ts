import type { NetworkAddress } from '../../core/address';
import type { SipMessage, SipRequest, SipResponse } from '../message/message';

/** As the Via header spells it (RFC 3261 §20.42). */
export type TransportProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

/** The next hop of a request: already resolved to an IP literal (RFC 3263). */
export interface Target extends NetworkAddress {
  readonly protocol: TransportProtocol;
  /**
   * TLS and WSS: the name that the peer's certificate must carry, which is the host of the URI before it was
   * resolved (RFC 5922 §4), and what SNI asks for; the address itself when absent.
   */
  readonly serverName?: string;
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
  /** A large request may turn UDP into TCP when it is sent (RFC 3261 §18.1.1). */
  readonly protocol: TransportProtocol;
  /** False for UDP, and while it is open whether a large request can go by TCP. */
  readonly reliable: boolean;
  /** The address on our side: a literal, never the wildcard, when it can be known. */
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
  /**
   * Names the way that a request came by (RFC 5626 §3.1), for {@link TransportLayer.openFlow}: a connection, or
   * for UDP the two addresses. May be stored: a connection of an earlier process is one that has closed.
   */
  readonly flow?: string | undefined;
  /** TLS: the names in the verified certificate of the client, where it showed one. */
  readonly peerNames?: readonly string[] | undefined;
  /**
   * Sends now or fails later: `onError` is called at most once, never synchronously. On a channel
   * whose connection has closed, a response opens a new one to the Via's sent-by (RFC 3261 §18.2.2).
   */
  send(message: SipMessage, onError: (error: Error) => void): void;
  /**
   * Like {@link send}, for a message that was serialized before. Absent where the message may have to
   * be changed on its way.
   */
  sendBytes?(bytes: Uint8Array, onError: (error: Error) => void): void;
}

export interface TransportHandler {
  /**
   * A request that can be parsed, `received` and `rport` already in its top Via. The channel leads
   * back. Requests that cannot be parsed but can be answered were answered 400 (or 505, 513).
   */
  onRequest(request: SipRequest, channel: Channel): void;
  onResponse(response: SipResponse, channel: Channel): void;
  /**
   * A connection has closed: what was bound to its flow cannot be reached by it any more. Not called for
   * those that close together with the layer.
   */
  onFlowClosed?(flow: string): void;
}

export interface KeepAliveOptions {
  /** Milliseconds between two pings at most; each waits up to a fifth less (RFC 5626 §4.4.1). */
  readonly interval: number;
  /**
   * No pong came within 10 s, and the connection was closed for that, or it closed otherwise. Called once, never
   * synchronously; the pings have ended then.
   */
  onFailed(): void;
}

/** What the layers above see of all the listeners together. */
export interface TransportLayer {
  readonly listeners: readonly Listener[];
  /**
   * Chooses the way for a request and completes its top Via (protocol, sent-by, `rport`). The caller
   * has put a Via with the branch on top. When the request is sent and turns out larger than a path
   * may allow, UDP becomes TCP and the Via follows (RFC 3261 §18.1.1); a CANCEL takes the same channel
   * and so the same way. Throws a {@link CallchartError} (`CALLCHART_NO_LISTENER`, status 503) when no
   * listener serves the protocol or the address family.
   */
  open(target: Target, request: SipRequest): Channel;
  /**
   * Like {@link open}, along a flow that a request came by, in either direction; undefined when it is closed.
   */
  openFlow(flow: string, request: SipRequest): Channel | undefined;
  /** Sends pings along a connection until the returned function is called; nothing for UDP flows. */
  keepAlive(flow: string, options: KeepAliveOptions): () => void;
  /**
   * Whether requests can be sent by this protocol to this family of addresses: UDP and TCP where they are
   * listened on; TLS, WS and WSS wherever anything over TCP is, since along a connection that we open all goes
   * both ways. Via and Contact name that other listener's address then.
   */
  serves(protocol: TransportProtocol, family: 4 | 6): boolean;
  /**
   * Whether a request for this host (as in a URI) and port comes to a listener of ours: as bound, as announced,
   * or an address of this machine where all are listened on.
   */
  answersTo(host: string, port: number): boolean;
  /** Reads certificates and keys again; connections that stand go on. Rejects when they cannot be used. */
  reloadCertificates(): Promise<void>;
  /** The `host:port` and protocol that a Contact for this peer must name (`externalAddress` applies). */
  contactAddress(channel: Channel): Target;
  /** Open sockets and connections, for leak checks. */
  readonly openConnections: number;
  close(): Promise<void>;
}

/** Datagrams in and out of one bound address: UDP, or the in-memory network of the simulation. */
export interface DatagramSocket {
  readonly local: NetworkAddress;
  /** Copies or sends at once. `onError` is called at most once, never synchronously. */
  send(bytes: Uint8Array, host: string, port: number, onError: (error: Error) => void): void;
  close(): Promise<void>;
}

export interface DatagramReceiver {
  /** The bytes belong to the receiver. `host` is an IP literal. */
  onDatagram(bytes: Uint8Array, host: string, port: number): void;
  /** The socket reported an error that belongs to no datagram; it goes on working. */
  onSocketError(error: Error): void;
}

/** Where the datagram listeners of a transport layer come from. */
export interface DatagramNetwork {
  /** Port 0 takes any free one. Rejects with the error of the system, its `code` included. */
  bind(address: NetworkAddress, receiver: DatagramReceiver): Promise<DatagramSocket>;
}
