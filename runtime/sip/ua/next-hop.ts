import { isIP } from 'node:net';
import { CallchartError } from '../../core/errors';
import type { SipRequest } from '../message/message';
import type { Uri } from '../message/uri';
import type { Resolver } from '../resolve/port';
import type { Channel, Target, TransportProtocol } from '../transport/port';

/** The addresses of a host name, the best first; rejects when there are none. */
export type HostLookup = (host: string) => Promise<readonly string[]>;

/** Where a URI leads before its host was looked up. */
export interface Hop extends Target {
  /** The host is an IP literal: nothing to look up. */
  readonly literal: boolean;
}

const protocols: Readonly<Record<string, TransportProtocol>> = {
  udp: 'UDP',
  tcp: 'TCP',
  tls: 'TLS',
  ws: 'WS',
  wss: 'WSS',
};

const defaultPorts: Readonly<Record<TransportProtocol, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
};

/**
 * The transport, host and port that a URI names (RFC 3263 §4.1 and §4.2 as far as they need no DNS
 * records). Throws a {@link CallchartError} for a URI that names none, as `tel` does.
 */
export function hopOf(uri: Uri): Hop {
  if (uri.scheme === 'tel') {
    throw noRoute('a tel URI has no address to send to');
  }
  const name = uri.params.get('transport')?.toLowerCase();
  const plain = name === undefined ? 'UDP' : protocols[name];
  if (plain === undefined) {
    throw noRoute(`unknown transport ${name ?? ''}`);
  }
  const protocol = uri.scheme === 'sips' ? secured(plain) : plain;
  // RFC 3261 §19.1.1: maddr overrides the address, not the port.
  const host = uri.params.get('maddr') ?? uri.host;
  return {
    protocol,
    host,
    port: uri.port ?? defaultPorts[protocol],
    literal: isIP(host) !== 0,
  };
}

/** RFC 3261 §26.2.2: sips asks for TLS below whatever the transport is. */
function secured(protocol: TransportProtocol): TransportProtocol {
  return protocol === 'WS' || protocol === 'WSS' ? 'WSS' : 'TLS';
}

/** Resolves literals, and names by their addresses alone: RFC 3263 without NAPTR and SRV. */
export class AddressResolver implements Resolver {
  constructor(private readonly lookup?: HostLookup) {}

  resolve(uri: Uri): readonly Target[] | Promise<readonly Target[]> {
    const { literal, protocol, host, port } = hopOf(uri);
    return literal ? [{ protocol, host, port }] : this.byName(host, protocol, port);
  }

  close(): void {
    // Nothing is held.
  }

  private async byName(
    name: string,
    protocol: TransportProtocol,
    port: number,
  ): Promise<readonly Target[]> {
    if (this.lookup === undefined) throw noRoute(`host names are not looked up: ${name}`);
    const addresses = await this.lookup(name);
    if (addresses.length === 0) throw noRoute(`no address for ${name}`);
    return addresses.map((host) => ({ protocol, host, port, serverName: name }));
  }
}

function noRoute(message: string): CallchartError {
  return new CallchartError('CALLCHART_SIP_NO_ROUTE', message, { status: 503 });
}

/**
 * Whether a Contact cannot be reached and the way the request came must be kept: its sender stands
 * behind an address translator (its Via names an IP that is not the one it sends from), no proxy is
 * between us, and the Contact names that same inner address.
 */
export function isBehindTranslator(request: SipRequest, channel: Channel): boolean {
  const target = request.contacts[0]?.uri;
  if (target === undefined || target.scheme === 'tel' || isIP(target.host) === 0) return false;
  if (request.headers.has('Record-Route') || request.via.length !== 1) return false;
  const { host } = request.topVia;
  return isIP(host) !== 0 && host === target.host && host !== channel.remote.host;
}

/**
 * The flow that requests back to the sender of a request take: where its Contact cannot be reached, and where
 * a connection of its own stands, which often is the only way to it (RFC 7118 §5; a client without a
 * certificate that could be verified). Undefined when a proxy is between, whose connection it is.
 */
export function flowTo(
  request: SipRequest,
  channel: Channel,
  behindTranslator: boolean,
): string | undefined {
  if (behindTranslator) return channel.flow;
  if (!channel.reliable || channel.flow === undefined) return undefined;
  const direct = request.via.length === 1 && !request.headers.has('Record-Route');
  return direct ? channel.flow : undefined;
}
