import { isIP } from 'node:net';
import { DefectError } from '../../core/errors';
import { token, type Random } from '../../core/random';
import type { SipRequest, SipResponse } from '../message/message';
import { formatUri, sipUri, type Uri } from '../message/uri';
import type {
  ClientTransaction,
  ClientTransactionHandler,
  TransactionChannel,
} from '../transaction/port';
import type { Channel, Target, TransportLayer, TransportProtocol } from '../transport/port';

/** What a user agent needs of the table of transactions. */
export interface Transactions {
  receiveRequest(request: SipRequest, channel: TransactionChannel): void;
  receiveResponse(response: SipResponse): void;
  startInvite(
    request: SipRequest,
    channel: TransactionChannel,
    handler: ClientTransactionHandler,
  ): ClientTransaction;
  startNonInvite(
    request: SipRequest,
    channel: TransactionChannel,
    handler: ClientTransactionHandler,
  ): ClientTransaction;
}

/** RFC 3261 §8.1.1.7: what every branch begins with. */
export const branchCookie = 'z9hG4bK';

/** The transport layer as requests of ours see it: channels, and our own Via and Contact. */
export class Outbound {
  private transport: TransportLayer | undefined;
  private readonly domains: ReadonlySet<string>;

  constructor(
    private readonly random: Random,
    domains: readonly string[],
  ) {
    this.domains = new Set(domains.map((each) => each.toLowerCase()));
  }

  attach(transport: TransportLayer): void {
    this.transport = transport;
  }

  get layer(): TransportLayer {
    if (this.transport === undefined) throw new DefectError('no transport was attached');
    return this.transport;
  }

  /** A Via with a new branch; the transport puts its own address in (RFC 3261 §18.1.1). */
  newVia(branch = `${branchCookie}${token(this.random, 96)}`): string {
    return `SIP/2.0/UDP unset.invalid;branch=${branch}`;
  }

  /** The value of a Contact header that leads back to us from the other end of this channel. */
  contact(channel: Channel, user: string | undefined, secure = false): string {
    return `<${contactUri(this.layer.contactAddress(channel), user, secure)}>`;
  }

  /** Whether a URI leads to one of our listeners, or is a domain of ours without a port. */
  isOurs(uri: Uri): boolean {
    if (uri.scheme === 'tel') return false;
    const { layer } = this;
    const host = uri.params.get('maddr') ?? uri.host;
    if (uri.port === undefined && this.domains.has(host)) return true;
    const port = uri.port ?? (uri.scheme === 'sips' ? 5061 : 5060);
    return (
      layer.listeners.some((each) => each.host === host && each.port === port) ||
      layer.answersTo(host, port)
    );
  }

  /** Opens the way to a target, which is an IP literal. Throws when no listener of ours serves it. */
  open(target: Target, request: SipRequest): Channel {
    if (isIP(target.host) === 0) throw new DefectError(`${target.host} was not looked up`);
    return this.layer.open(target, request);
  }

  /** Opens a way to where a channel leads: along its flow, if that is open. */
  openAgain(channel: Channel, request: SipRequest): Channel {
    const { flow } = channel;
    const again = flow === undefined ? undefined : this.layer.openFlow(flow, request);
    return again ?? this.openTo(channel, request);
  }

  /** Opens a way to the address that a channel leads to. */
  openTo({ protocol, remote }: Channel, request: SipRequest): Channel {
    return this.layer.open({ protocol, host: remote.host, port: remote.port }, request);
  }
}

/**
 * The URI of a Contact. `secure` for a dialog whose request URI is sips, as RFC 3261 §8.1.1.8 and §12.1.1 want:
 * it says TLS then, and the parameter what is below.
 */
export function contactUri(
  { host, port, protocol }: Target,
  user: string | undefined,
  secure: boolean,
): string {
  const transport = transportParam(protocol, secure);
  const params = transport === undefined ? undefined : new Map([['transport', transport]]);
  return formatUri(sipUri({ user, host, port, params, secure }));
}

function transportParam(protocol: TransportProtocol, secure: boolean): string | undefined {
  switch (protocol) {
    case 'UDP':
      return undefined;
    case 'TLS':
      // RFC 5630 §3.1.4: `tls` is deprecated where sips says it.
      return secure ? undefined : 'tls';
    case 'WS':
    case 'WSS':
      // RFC 7118 §4: the URI has one word for both.
      return 'ws';
    case 'TCP':
      return 'tcp';
  }
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
