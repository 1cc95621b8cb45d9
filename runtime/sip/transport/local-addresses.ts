import { createSocket } from 'node:dgram';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../core/clock';

/** Chooses the address of ours that a peer can reach when we listen on all. */
export interface LocalAddresses {
  /** The literal of the interface that leads to `peer`. */
  towards(peer: string): string;
  /** Whether `peer` is on this machine or on a network that it is attached to: no NAT between. */
  isNear(peer: string): boolean;
  /** Whether a literal in {@link canonicalHost canonical form} is an address of this machine. */
  isOwn(host: string): boolean;
}

/** Milliseconds that a choice stands: interfaces come and go. */
const freshness = 60_000;

/** Networks that are remembered; then all are forgotten. */
const maxKnown = 4_096;

interface Choice {
  readonly address: string;
  readonly near: boolean;
  readonly at: number;
}

/** Asks the system's routing table, once a minute for each peer network. */
export class SystemAddresses implements LocalAddresses {
  private readonly known = new Map<string, Choice>();
  private own: { readonly hosts: ReadonlySet<string>; readonly at: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly interfaces: typeof networkInterfaces = networkInterfaces,
    private readonly probe: (peer: string) => string | undefined = routeTo,
  ) {}

  towards(peer: string): string {
    return this.choose(peer).address;
  }

  isNear(peer: string): boolean {
    return this.choose(peer).near;
  }

  isOwn(host: string): boolean {
    if (isIP(host) === 0) return false;
    if (isLoopback(host)) return true;
    const now = this.clock.now();
    if (this.own === undefined || now - this.own.at >= freshness) {
      const entries = Object.values(this.interfaces()).flatMap((list) => list ?? []);
      const hosts = new Set(entries.map(({ address }) => canonicalHost(address)));
      this.own = { hosts, at: now };
    }
    return this.own.hosts.has(host);
  }

  private choose(peer: string): Choice {
    const network = networkOf(peer);
    const known = this.known.get(network);
    const now = this.clock.now();
    if (known !== undefined && now - known.at < freshness) return known;
    if (this.known.size >= maxKnown) this.known.clear();
    const choice = { ...this.look(peer), at: now };
    this.known.set(network, choice);
    return choice;
  }

  private look(peer: string): { readonly address: string; readonly near: boolean } {
    const family = isIPv6(peer) ? 'IPv6' : 'IPv4';
    const loopback = family === 'IPv6' ? '::1' : '127.0.0.1';
    if (isLoopback(peer)) return { address: loopback, near: true };
    const routed = this.probe(peer);
    let first: string | undefined;
    for (const list of Object.values(this.interfaces())) {
      for (const entry of list ?? []) {
        if (entry.family !== family || entry.internal) continue;
        const prefix = Number(entry.cidr?.split('/')[1]);
        if (Number.isInteger(prefix) && contains(entry.address, prefix, peer)) {
          return { address: routed ?? entry.address, near: true };
        }
        first ??= entry.address;
      }
    }
    return { address: routed ?? first ?? loopback, near: false };
  }
}

/** `127.0.0.0/8` and `::1`. */
export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

/** `0.0.0.0` and `::`. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Lower case, without a dot at the end; IPv6 in its shortest form, without a zone. */
export function canonicalHost(host: string): string {
  if (!host.includes(':')) {
    const end = host.endsWith('.') ? host.length - 1 : host.length;
    return host.slice(0, end).toLowerCase();
  }
  const literal = withoutZone(host);
  return isIPv6(literal) ? new URL(`http://[${literal}]`).hostname.slice(1, -1) : literal;
}

/** Without the zone of a link-local IPv6 address, which means nothing to anybody else. */
export function withoutZone(host: string): string {
  const zone = host.indexOf('%');
  return zone < 0 ? host : host.slice(0, zone);
}

/** What shares a route, near enough: /24 and /64. */
function networkOf(peer: string): string {
  if (!isIPv6(peer)) return peer.slice(0, peer.lastIndexOf('.'));
  return isLoopback(peer) ? peer : peer.split(':', 4).join(':');
}

function contains(address: string, prefix: number, peer: string): boolean {
  const type = isIPv6(peer) ? 'ipv6' : 'ipv4';
  const network = new BlockList();
  network.addSubnet(address, prefix, type);
  return network.check(withoutZone(peer), type);
}

/**
 * The source address that the system would take. Connecting a UDP socket sends nothing; with a lookup
 * that answers at once, dgram binds and connects before it returns.
 */
function routeTo(peer: string): string | undefined {
  const v6 = isIPv6(peer);
  const socket = createSocket({
    type: v6 ? 'udp6' : 'udp4',
    lookup: (host, _options, callback) => callback(null, host, v6 ? 6 : 4),
  });
  socket.on('error', () => undefined);
  try {
    socket.connect(9, peer);
    const { address } = socket.address();
    return address === '0.0.0.0' || address === '::' ? undefined : withoutZone(address);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
