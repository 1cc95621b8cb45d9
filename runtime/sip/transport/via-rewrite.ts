import type { NetworkAddress } from '../../core/address';
import type { SipRequest } from '../message/message';
import type { Via } from '../message/values';
import { formatVia } from '../message/via';
import { withoutZone } from './local-addresses';
import type { Target, TransportProtocol } from './port';

/** RFC 3261 §18.2.2: the port of a sent-by that names none. */
export function defaultPort(protocol: TransportProtocol): number {
  return protocol === 'TLS' || protocol === 'WSS' ? 5061 : 5060;
}

/**
 * Writes into the top Via where a request came from (RFC 3261 §18.2.1, RFC 3581 §4). What the sender
 * wrote there itself is replaced.
 */
export function markReceived(request: SipRequest, source: NetworkAddress): void {
  const via = request.topVia;
  const host = withoutZone(source.host);
  const wantsPort = via.rport !== undefined;
  if (!wantsPort && via.received === undefined && via.host === host) return;
  const rport = wantsPort ? String(source.port) : undefined;
  replaceTop(request, formatVia({ ...via, received: host, rport }));
}

/**
 * Completes the top Via of a request of ours: protocol, sent-by (RFC 3261 §18.1.1), and `rport` so
 * that the response comes back through a NAT (RFC 3581 §3).
 */
export function completeVia(request: SipRequest, announced: Target): void {
  const { branch, params } = request.topVia;
  const { protocol, host, port } = announced;
  replaceTop(request, formatVia({ protocol, host, port, branch, rport: '', params: kept(params) }));
}

/** What a former hop of ours wrote is not for the next. */
function kept(params: Via['params']): Via['params'] {
  if (!params.has('received')) return params;
  const without = new Map(params);
  without.delete('received');
  return without;
}

function replaceTop(request: SipRequest, via: string): void {
  request.headers.removeFirst('Via');
  request.headers.prepend('Via', via);
}
