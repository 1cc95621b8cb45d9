import { isIP } from 'node:net';
import { CallchartError } from '../../core/errors';
import { lower } from '../message/characters';
import type { Uri } from '../message/uri';
import type { Target, TransportProtocol } from '../transport/port';
import type { Resolver } from './port';

/** What a URI says about where its requests go, before anybody is asked (RFC 3263 §4). */
export interface Destination {
  /** An IP literal without brackets, or a name in lower case without a final dot: RFC 3263's TARGET. */
  readonly host: string;
  readonly port: number | undefined;
  /** The `transport` parameter; undefined where the client may choose. */
  readonly protocol: TransportProtocol | undefined;
  /** A sips URI: nothing but TLS will do. */
  readonly secure: boolean;
  /** The name that the peer has to prove: that of the URI, whoever DNS names (RFC 5922 §4). */
  readonly serverName: string | undefined;
}

/** RFC 3261 §19.1.2, RFC 7118 §5.5. */
const defaultPorts: Readonly<Record<TransportProtocol, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
};

const protocols: ReadonlyMap<string, TransportProtocol> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['ws', 'WS'],
  ['wss', 'WSS'],
]);

/** A name that cannot be one: the system would read `2130706433` and `127.1` as addresses. */
const numericEnd = /(^|\.)(\d+|0x[0-9a-f]*)$/;
/** RFC 1035 §2.3.4. */
const maxName = 253;
const maxLabel = 63;

/** There is nowhere to send to; 404 where the name does not exist. */
export function noRoute(message: string, status: 404 | 503 = 503): CallchartError {
  return new CallchartError('CALLCHART_SIP_NO_ROUTE', message, { status });
}

/**
 * Throws a {@link CallchartError} `CALLCHART_SIP_NO_ROUTE` for a URI that names no host, an unknown transport,
 * or a host that can be neither address nor name.
 */
export function destinationOf(uri: Uri): Destination {
  if (uri.scheme === 'tel') throw noRoute('a tel URI has no address to send to');
  if (uri.port === 0) throw noRoute('nothing can be sent to port 0');
  const transport = uri.params.get('transport');
  const named = transport === undefined ? undefined : protocols.get(lower(transport));
  if (transport !== undefined && named === undefined) {
    throw noRoute(`unknown transport ${transport}`);
  }
  const secure = uri.scheme === 'sips';
  const maddr = uri.params.get('maddr');
  // RFC 3263 §4: maddr is asked for in place of the host; the port stays.
  const host = plainHost(maddr === undefined || maddr === '' ? uri.host : maddr);
  if (isIP(host) === 0 && !isName(host)) throw noRoute(`no host has the name ${host}`, 404);
  return {
    host,
    port: uri.port,
    protocol: named === undefined || !secure ? named : secured(named),
    secure,
    serverName: [plainHost(uri.host), host].find((name) => isIP(name) === 0),
  };
}

/** The one place that a destination leads to at this address. */
export function targetAt(
  destination: Destination,
  protocol: TransportProtocol,
  host: string,
  port = defaultPorts[protocol],
): Target {
  const { serverName } = destination;
  const named = serverName !== undefined && (protocol === 'TLS' || protocol === 'WSS');
  return { protocol, host, port, ...(named ? { serverName } : {}) };
}

/** The SRV name of a transport at a domain: `_sips._tcp` is TLS, `_sip._udp` UDP (RFC 3263 §4.2). */
export function serviceName(protocol: TransportProtocol, domain: string): string {
  switch (protocol) {
    case 'UDP':
      return `_sip._udp.${domain}`;
    case 'TCP':
      return `_sip._tcp.${domain}`;
    case 'TLS':
      return `_sips._tcp.${domain}`;
    case 'WS':
      return `_sip._ws.${domain}`;
    case 'WSS':
      return `_sips._ws.${domain}`;
  }
}

/** Where literals lead; every name is refused with 503. For tests, and where there is no DNS. */
export const literalResolver: Resolver = {
  resolve(uri) {
    const destination = destinationOf(uri);
    const { host, port, secure } = destination;
    if (isIP(host) === 0) throw noRoute(`host names are not looked up: ${host}`);
    const protocol = destination.protocol ?? (secure ? 'TLS' : 'UDP');
    return [targetAt(destination, protocol, host, port)];
  },
  close() {
    // Nothing is held.
  },
};

/** RFC 3261 §26.2.2: sips asks for TLS below whatever the transport is. */
function secured(protocol: TransportProtocol): TransportProtocol {
  return protocol === 'WS' || protocol === 'WSS' ? 'WSS' : 'TLS';
}

/** Without brackets (in a maddr), upper case and the dot of the root; a zone (`fe80::1%eth0`) stays. */
function plainHost(text: string): string {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIP(bare) !== 0) return bare;
  return plainName(bare);
}

/** A domain name as it is asked for and compared: lower case, without the dot of the root. */
export function plainName(name: string): string {
  return lower(name.endsWith('.') ? name.slice(0, -1) : name);
}

function isName(host: string): boolean {
  if (host.length > maxName || numericEnd.test(host)) return false;
  return host
    .split('.')
    .every((label) => label !== '' && label.length <= maxLabel && /^[\w-]+$/.test(label));
}
