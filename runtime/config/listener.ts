import { isIP } from 'node:net';
import type { NetworkAddress } from '../core/address';
import { SRTP_POLICIES, type SrtpPolicy } from '../core/network-config';

/** One address to listen on. */
export interface ListenerConfig {
  readonly protocol: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';
  /** An IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `media.srtp` for calls that come by it; that itself when absent. */
  readonly srtp?: SrtpPolicy;
}

const protocols: ReadonlySet<string> = new Set<ListenerConfig['protocol']>([
  'UDP',
  'TCP',
  'TLS',
  'WS',
  'WSS',
]);

/**
 * Reads `udp:127.0.0.1:5060` or `tls:[::1]:5061;srtp=required`; undefined when it is none of these.
 */
export function parseListener(line: string): ListenerConfig | undefined {
  const [text = '', ...parameters] = line.split(';');
  const listener = parseAddress(text);
  if (listener === undefined || parameters.length === 0) return listener;
  const [, value] = /^\s*srtp=(\w+)\s*$/i.exec(parameters.join(';')) ?? [];
  const srtp = SRTP_POLICIES.find((policy) => policy === value?.toLowerCase());
  return srtp === undefined ? undefined : { ...listener, srtp };
}

function parseAddress(text: string): ListenerConfig | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || first === last) return undefined;
  const protocol = text.slice(0, first).toUpperCase();
  const host = text.slice(first + 1, last).replace(/^\[(.*)\]$/, '$1');
  const port = Number(text.slice(last + 1));
  if (!isProtocol(protocol)) return undefined;
  if (isIP(host) === 0 || !isPort(port) || text.endsWith(':')) return undefined;
  return { protocol, host, port };
}

/** Reads `127.0.0.1:8080` or `[::1]:8080`; undefined when it is neither. */
export function parseHttpAddress(text: string): NetworkAddress | undefined {
  const found = parseAddress(`tcp:${text}`);
  return found === undefined ? undefined : { host: found.host, port: found.port };
}

function isProtocol(text: string): text is ListenerConfig['protocol'] {
  return protocols.has(text);
}

/** Whether the protocol needs a certificate of ours. */
export function needsCertificate(protocol: ListenerConfig['protocol']): boolean {
  return protocol === 'TLS' || protocol === 'WSS';
}

/** Port 0 lets the system choose. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}
