import { isIP } from 'node:net';
import type { SipRequest } from '../message/message';
import type { Channel } from '../transport/port';

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
