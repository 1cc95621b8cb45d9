import { isIP } from 'node:net';
import { CallchartError } from '../../core/errors';
import type { SipRequest } from '../message/message';
import type { Uri } from '../message/uri';
import type { Channel, Target, TransportProtocol } from '../transport/port';

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
    throw new CallchartError('CALLCHART_SIP_NO_ROUTE', 'a tel URI has no address to send to');
  }
  const name = uri.params.get('transport')?.toLowerCase();
  const plain = name === undefined ? 'UDP' : protocols[name];
  if (plain === undefined) {
    throw new CallchartError('CALLCHART_SIP_NO_ROUTE', `unknown transport ${name ?? ''}`);
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
