import { isIPv6 } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import type { SipMessage } from '../message/message';
import type { ExternalAddresses } from './external-addresses';
import {
  canonicalHost,
  isLoopback,
  isWildcard,
  withoutZone,
  type LocalAddresses,
} from './local-addresses';
import type { Channel, Listener, Target, TransportProtocol } from './port';

/** One bound address, as peers see it. */
export class Endpoint {
  readonly v6: boolean;
  private readonly wildcard: boolean;
  /** Every host that {@link announced} has named, as it is and canonical: few, since there are few interfaces. */
  private readonly named = new Set<string>();

  constructor(
    readonly protocol: TransportProtocol,
    /** What is bound, its port known. */
    readonly bound: NetworkAddress,
    private readonly addresses: LocalAddresses,
    private readonly external: ExternalAddresses,
  ) {
    this.v6 = isIPv6(bound.host);
    this.wildcard = isWildcard(bound.host);
  }

  get listener(): Listener {
    return { protocol: this.protocol, host: this.bound.host, port: this.bound.port };
  }

  /** Our side of the way to a peer: a literal. */
  towards(peer: string): NetworkAddress {
    if (!this.wildcard) return this.bound;
    return { host: this.addresses.towards(peer), port: this.bound.port };
  }

  /** What Via and Contact tell a peer: the external address when there may be a NAT between. */
  announced(peer: string): Target {
    const host = this.hostFor(peer);
    if (!this.named.has(host)) this.named.add(host).add(canonicalHost(host));
    return { protocol: this.protocol, host, port: this.bound.port };
  }

  /** RFC 3261 §18.1.2: whether a sent-by is one that we write. */
  hasAnnounced(host: string, port: number): boolean {
    if (port !== this.bound.port) return false;
    return this.named.has(host) || this.named.has(canonicalHost(host));
  }

  /** Whether a peer that sends to this host and port means us. */
  answersTo(host: string, port: number): boolean {
    if (port !== this.bound.port) return false;
    const asked = canonicalHost(host);
    if (asked === canonicalHost(this.bound.host) || this.named.has(asked)) return true;
    if (this.external.includes(asked, this.v6)) return true;
    return this.wildcard && isIPv6(asked) === this.v6 && this.addresses.isOwn(asked);
  }

  /** How well this serves as the source for a peer: more is better. */
  fitness(peer: string): number {
    if (this.wildcard) return 2;
    if (isLoopback(this.bound.host) !== isLoopback(peer)) return 0;
    return this.bound.host === this.addresses.towards(peer) ? 3 : 1;
  }

  private hostFor(peer: string): string {
    const own = withoutZone(this.towards(peer).host);
    return this.external.towards(peer, own) ?? own;
  }
}

/** The endpoint to send from, or undefined when none has the family of the peer. */
export function bestFor<T extends { readonly endpoint: Endpoint }>(
  candidates: readonly T[],
  peer: string,
): T | undefined {
  const v6 = isIPv6(peer);
  let best: T | undefined;
  for (const candidate of candidates) {
    if (candidate.endpoint.v6 !== v6) continue;
    if (best === undefined || candidate.endpoint.fitness(peer) > best.endpoint.fitness(peer)) {
      best = candidate;
    }
  }
  return best;
}

/** What every channel of this layer is besides: one that knows its own side. */
export abstract class EndpointChannel implements Channel {
  abstract readonly protocol: TransportProtocol;
  abstract readonly reliable: boolean;
  abstract readonly remote: NetworkAddress;
  /** Whose address a Contact names. */
  abstract readonly endpoint: Endpoint;
  abstract send(message: SipMessage, onError: (error: Error) => void): void;

  get local(): NetworkAddress {
    return this.endpoint.towards(this.remote.host);
  }

  /** Whether the peer is told that it may send requests this way (RFC 5923 §8.1). */
  get offersAlias(): boolean {
    return false;
  }

  get flow(): string | undefined {
    return undefined;
  }

  get peerNames(): readonly string[] | undefined {
    return undefined;
  }
}
