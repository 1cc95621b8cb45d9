import { MessageError } from '../message/message-error';
import { parseUri, type SipUri } from '../message/uri';
import type { Channel } from '../transport/port';
import type { Via } from '../message/values';
import type { Binding } from './port';

/** Whether its flow is a connection, which can close. */
export function usesConnection(binding: Binding): binding is Binding & { readonly flow: string } {
  return binding.flow !== undefined && binding.source.protocol !== 'UDP';
}

/**
 * Whether nothing leads to the contact once its flow has closed. RFC 5626 §7: a binding of an instance's
 * flow is that flow. Other contacts can be connected to as RFC 3263 says, if they name a host.
 */
export function diesWithFlow(binding: Binding): boolean {
  return isInstanceFlow(binding) || takesNoConnection(binding);
}

/**
 * The same after a restart of ours, which has closed all connections though no phone has left. One whose
 * contact is where it came from has no NAT before it and can be called back, until it registers anew.
 */
export function diesWithProcess(binding: Binding): boolean {
  if (!usesConnection(binding)) return false;
  if (takesNoConnection(binding)) return true;
  return isInstanceFlow(binding) && hostOf(binding.contact) !== binding.source.host;
}

function isInstanceFlow({ instanceId, regId }: Binding): boolean {
  return instanceId !== undefined && regId !== undefined;
}

/** RFC 7118 §5: a browser takes no connections, and its contact names no host. */
function takesNoConnection({ source: { protocol }, contact }: Binding): boolean {
  return protocol === 'WS' || protocol === 'WSS' || hasNoHost(hostOf(contact));
}

/**
 * Whether the way that a REGISTER came by leads to a contact in it. It does when the contact is the
 * sender's own; one of another device (RFC 3261 §10.2: a third party may register it) must be looked up.
 */
export function leadsTo(contact: SipUri, via: Via, channel: Channel): boolean {
  const { host, port } = contact;
  const { remote } = channel;
  if (hasNoHost(host)) return true;
  const connection = channel.protocol !== 'UDP';
  if (host === remote.host) {
    if (connection || samePort(port, remote.port)) return true;
    // Behind a NAT that a phone knows of (STUN): it names the NAT's address, and its own port.
    return via.rport !== undefined && samePort(port, via.port) && via.host !== remote.host;
  }
  // The sender calls itself by an address that is not the one it came from: there is a NAT between.
  if (host === via.host) return connection || samePort(port, via.port);
  return isPrivate(host) && !isPrivate(remote.host);
}

function samePort(port: number | undefined, other: number | undefined): boolean {
  return (port ?? 5060) === (other ?? 5060);
}

/** RFC 2606 §2: a name that never exists. */
function hasNoHost(host: string): boolean {
  return host === 'invalid' || host.endsWith('.invalid');
}

function hostOf(contact: string): string {
  try {
    const uri = parseUri(contact);
    return uri.scheme === 'tel' ? '' : uri.host;
  } catch (error) {
    if (error instanceof MessageError) return '';
    throw error;
  }
}

/** RFC 1918, RFC 6598, RFC 3927; RFC 4193 and the link-local addresses of IPv6. */
function isPrivate(host: string): boolean {
  if (host.includes(':')) return /^(?:f[cd]|fe[89ab])/.test(host);
  const octets = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host);
  if (octets === null) return false;
  const [first, second] = [Number(octets[1]), Number(octets[2])];
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second <= 127)
  );
}
