import { createRequest } from '../../../runtime/sip/message/create';
import type { SipRequest } from '../../../runtime/sip/message/message';
import { parseMessage } from '../../../runtime/sip/message/parse';
import { serialize } from '../../../runtime/sip/message/serialize';
import type { Channel } from '../../../runtime/sip/transport/port';

export interface RequestParts {
  readonly method?: string;
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly branch?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

let requests = 0;

/** A request as it comes from the network: from alice to bob, unless something else is said. */
export function requestOf(parts: RequestParts = {}): SipRequest {
  requests += 1;
  const { method = 'INVITE', uri = 'sip:bob@example.com', headers = [] } = parts;
  const message = parseMessage(
    serialize(
      createRequest({
        method,
        requestUri: uri,
        headers: [
          ['Via', `SIP/2.0/UDP 192.0.2.10:5062;branch=${parts.branch ?? `z9hG4bK${requests}`}`],
          ['Max-Forwards', '70'],
          ['From', parts.from ?? '<sip:alice@example.com>;tag=a'],
          ['To', parts.to ?? '<sip:bob@example.com>'],
          ['Call-ID', `call-${requests}`],
          ['CSeq', `1 ${method}`],
          ...headers,
        ],
      }),
    ),
  );
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

/** A way to somebody at an address. */
export function channelFrom(host: string, peerNames?: readonly string[]): Channel {
  return {
    protocol: peerNames === undefined ? 'UDP' : 'TLS',
    reliable: peerNames !== undefined,
    local: { host: '192.0.2.1', port: 5060 },
    remote: { host, port: 5062 },
    ...(peerNames === undefined ? {} : { peerNames }),
    send: () => undefined,
  };
}
