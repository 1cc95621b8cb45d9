import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ResolvedConfig } from '../config/resolved';
import { lower } from '../sip/message/characters';
import type { Listener } from '../sip/transport/port';

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** The hosts that a URI may name us by: what we listen on, and what we are announced as. */
export function ownHosts(
  listeners: readonly Listener[],
  externalAddress: ResolvedConfig['sip']['externalAddress'],
): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const { host } of listeners) {
    if (!wildcards.has(host)) hosts.add(lower(host));
    else for (const address of interfaceAddresses(isIP(host))) hosts.add(address);
  }
  const external = typeof externalAddress === 'string' ? [externalAddress] : externalAddress;
  for (const each of external ?? []) {
    hosts.add(lower(typeof each === 'string' ? each : each.address));
  }
  return hosts;
}

/** Of every interface of this machine, without the zone that a link-local IPv6 address may have. */
function interfaceAddresses(family: number): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((each) => isIP(each.address.replace(/%.*$/, '')) === family)
    .map((each) => lower(each.address.replace(/%.*$/, '')));
}
