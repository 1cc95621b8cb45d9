import type { NetworkAddress } from '../../core/address';
import type { SipRequest } from '../message/message';
import type { Via } from '../message/values';
import { formatVia } from '../message/via';
import { withoutZone } from './local-addresses';
import type { Target, TransportProtocol } from './port';

/** RFC 3261 §18.2.2, RFC 7118 §5.5: the port of a sent-by that names none. */
export function defaultPort(protocol: TransportProtocol): number {
  switch (protocol) {
    case 'TLS':
      return 5061;
    case 'WS':
      return 80;
    case 'WSS':
      return 443;
    case 'UDP':
    case 'TCP':
      return 5060;
  }
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
 *
 * @param alias the peer may send its own requests along the connection (RFC 5923 §8.1).
 */
export function completeVia(request: SipRequest, announced: Target, alias = false): void {
  const { branch, params: given } = request.topVia;
  const { protocol, host, port } = announced;
  const params = kept(given, alias);
  replaceTop(request, formatVia({ protocol, host, port, branch, rport: '', params }));
}

/** What a former hop of ours wrote is not for the next. */
function kept(params: Via['params'], alias: boolean): Via['params'] {
  if (!params.has('received') && params.has('alias') === alias) return params;
  const changed = new Map(params);
  changed.delete('received');
  if (alias) changed.set('alias', '');
  else changed.delete('alias');
  return changed;
}

function replaceTop(request: SipRequest, via: string): void {
  request.headers.removeFirst('Via');
  request.headers.prepend('Via', via);
}
