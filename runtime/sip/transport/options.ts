import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import type { Random } from '../../core/random';
import type { MessageLimits } from '../message/limits';
import type { ExternalAddressOption } from './external-addresses';
import type { LocalAddresses } from './local-addresses';
import type { DatagramNetwork, Listener, TransportHandler } from './port';
import type { TlsOptions } from './tls-credentials';

/** Bounds on what peers can make us keep. Durations are milliseconds. */
export interface TransportLimits {
  /** A request larger than this many octets leaves UDP for TCP (RFC 3261 §18.1.1): 1 300. */
  readonly maxUdpRequest: number;
  /** Connections in all, of either direction: 1 024. */
  readonly maxConnections: number;
  /** Connections with one IP address: 128. */
  readonly maxConnectionsPerPeer: number;
  /** Handshakes (TLS, WebSocket) that peers have begun and not ended: 256. Each has `messageTimeout`. */
  readonly maxHandshakes: number;
  /** Octets that wait for a peer which does not read: 1 MiB. */
  readonly maxUnsent: number;
  /** A connection without traffic is closed: 10 minutes, more than RFC 5626 §4.4.1's keep-alives. */
  readonly idleTimeout: number;
  /** A message that began to arrive has to be complete: 10 s. */
  readonly messageTimeout: number;
  /** A connection that we open has to be made, its handshakes included: 4 s. */
  readonly connectTimeout: number;
}

export const defaultTransportLimits: TransportLimits = {
  maxUdpRequest: 1_300,
  maxConnections: 1_024,
  maxConnectionsPerPeer: 128,
  maxHandshakes: 256,
  maxUnsent: 1_048_576,
  idleTimeout: 600_000,
  messageTimeout: 10_000,
  connectTimeout: 4_000,
};

export interface TransportOptions {
  readonly clock: Clock;
  /** For the To tags of the responses to requests that cannot be parsed. */
  readonly random: Random;
  readonly handler: TransportHandler;
  /** IP literals; port 0 takes any free one. */
  readonly listen: readonly Listener[];
  /**
   * The address (or name) under which peers beyond a NAT reach us, or one for each network: the first
   * that holds the peer counts, `*` holds all that is not local. It stands in Via and Contact, but not
   * for peers on this machine, on a network that it is attached to, or on one of {@link localNetworks}.
   */
  readonly externalAddress?: ExternalAddressOption | undefined;
  /** Networks without a NAT between, `10.0.0.0/8`, besides those that this machine is attached to. */
  readonly localNetworks?: readonly string[] | undefined;
  /** Needed by listeners of TLS and WSS. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Whether anything is taken from an address: asked for each datagram before it is parsed, for each
   * connection of a peer when it comes, and for what comes along it.
   */
  readonly admit?: (remote: NetworkAddress) => boolean;
  readonly limits?: Partial<TransportLimits>;
  readonly messageLimits?: MessageLimits;
  /** UDP of this machine unless it is replaced by a simulation. */
  readonly network?: DatagramNetwork;
  readonly addresses?: LocalAddresses;
}
