import { isIP } from 'node:net';

/** One address to listen on. */
export interface ListenerConfig {
  readonly protocol: 'UDP' | 'TCP';
  /** An IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `udp:127.0.0.1:5060` or `tcp:[::1]:5060`; undefined when it is neither. */
export function parseListener(text: string): ListenerConfig | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || first === last) return undefined;
  const protocol = text.slice(0, first).toUpperCase();
  const host = text.slice(first + 1, last).replace(/^\[(.*)\]$/, '$1');
  const port = Number(text.slice(last + 1));
  if (protocol !== 'UDP' && protocol !== 'TCP') return undefined;
  if (isIP(host) === 0 || !isPort(port) || text.endsWith(':')) return undefined;
  return { protocol, host, port };
}

/** Port 0 lets the system choose. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}
