import { isIP } from 'node:net';
import type { NetworkAddress } from '../../core/address';
import { withoutZone } from './local-addresses';

/**
 * RFC 5626 §3.1: over UDP a flow is its two addresses, so it outlives the process. `udp/` and the
 * listener's and the peer's, host and port.
 */
export function formatUdpFlow(bound: NetworkAddress, remote: NetworkAddress): string {
  return `udp/${bound.host}/${bound.port}/${remote.host}/${remote.port}`;
}

/** The addresses of a flow over UDP, or undefined for anything else. */
export function parseUdpFlow(
  flow: string,
): { readonly bound: NetworkAddress; readonly remote: NetworkAddress } | undefined {
  const [kind, ...parts] = flow.split('/');
  if (kind !== 'udp' || parts.length !== 4) return undefined;
  const bound = parseAddress(parts[0], parts[1]);
  const remote = parseAddress(parts[2], parts[3]);
  return bound === undefined || remote === undefined ? undefined : { bound, remote };
}

function parseAddress(host = '', port = ''): NetworkAddress | undefined {
  const number = Number(port);
  if (isIP(withoutZone(host)) === 0 || !/^\d{1,5}$/.test(port)) return undefined;
  return number > 0 && number < 65_536 ? { host, port: number } : undefined;
}
