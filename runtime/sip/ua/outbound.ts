import { CallchartError, DefectError } from '../../core/errors';
import { token, type Random } from '../../core/random';
import type { SipRequest, SipResponse } from '../message/message';
import { formatNameAddr } from '../message/name-addr';
import { formatUri, sipUri, type Uri } from '../message/uri';
import type {
  ClientTransaction,
  ClientTransactionHandler,
  TransactionChannel,
} from '../transaction/port';
import type { Channel, TransportLayer } from '../transport/port';
import { hopOf, type Hop } from './next-hop';

/** The addresses of a host name, the best first; rejects when there are none. */
export type HostLookup = (host: string) => Promise<readonly string[]>;

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

const noLookup: HostLookup = (host) =>
  Promise.reject(
    new CallchartError('CALLCHART_SIP_NO_ROUTE', `host names are not looked up: ${host}`),
  );

/** Requests of ours on their way out: host names, channels, and our own Via and Contact. */
export class Outbound {
  private transport: TransportLayer | undefined;

  constructor(
    private readonly random: Random,
    private readonly lookup: HostLookup = noLookup,
  ) {}

  attach(transport: TransportLayer): void {
    this.transport = transport;
  }

  /** A Via with a new branch; the transport puts its own address in (RFC 3261 §18.1.1). */
  newVia(): string {
    return `SIP/2.0/UDP unset.invalid;branch=${branchCookie}${token(this.random, 96)}`;
  }

  /** The value of a Contact header that leads back to us from the other end of this channel. */
  contact(channel: Channel, user: string | undefined): string {
    const { host, port, protocol } = this.layer.contactAddress(channel);
    const params =
      protocol === 'UDP' ? undefined : new Map([['transport', protocol.toLowerCase()]]);
    return formatNameAddr({ uri: formatUri(sipUri({ user, host, port, params })) });
  }

  /** Whether a URI names one of our listeners. */
  isOurs(uri: Uri): boolean {
    if (uri.scheme === 'tel') return false;
    const port = uri.port ?? 5060;
    return this.layer.listeners.some((each) => each.host === uri.host && each.port === port);
  }

  /**
   * Finds the way to the next hop. `done` is called at once when its host is a literal; `failed`
   * always later. `fallback` is taken when the host cannot be found.
   */
  open(
    request: SipRequest,
    nextHop: Uri,
    fallback: Channel | undefined,
    done: (channel: Channel) => void,
    failed: (error: Error) => void,
  ): void {
    let channel: Channel;
    try {
      const hop = hopOf(nextHop);
      if (!hop.literal) {
        this.openByName(hop, request, fallback).then(done).catch(later(failed));
        return;
      }
      channel = this.layer.open(hop, request);
    } catch (error) {
      Promise.reject(asError(error)).catch(failed);
      return;
    }
    done(channel);
  }

  /** Like {@link open}, back along a channel that a request came by. */
  openAgain(
    channel: Channel,
    request: SipRequest,
    done: (channel: Channel) => void,
    failed: (error: Error) => void,
  ): void {
    let again: Channel;
    try {
      again = this.back(channel, request);
    } catch (error) {
      Promise.reject(asError(error)).catch(failed);
      return;
    }
    done(again);
  }

  private async openByName(
    hop: Hop,
    request: SipRequest,
    fallback: Channel | undefined,
  ): Promise<Channel> {
    let addresses: readonly string[];
    try {
      addresses = await this.lookup(hop.host);
    } catch (error) {
      if (fallback === undefined) throw error;
      return this.back(fallback, request);
    }
    const { protocol, port } = hop;
    let problem: Error | undefined;
    for (const host of addresses) {
      try {
        return this.layer.open({ protocol, host, port }, request);
      } catch (error) {
        // No listener of ours has this address family: the next may do.
        problem ??= asError(error);
      }
    }
    throw problem ?? new CallchartError('CALLCHART_SIP_NO_ROUTE', `no address for ${hop.host}`);
  }

  private back(channel: Channel, request: SipRequest): Channel {
    const { protocol, remote } = channel;
    return this.layer.open({ protocol, host: remote.host, port: remote.port }, request);
  }

  private get layer(): TransportLayer {
    if (this.transport === undefined) throw new DefectError('no transport was attached');
    return this.transport;
  }
}

function later(failed: (error: Error) => void): (reason: unknown) => void {
  return (reason) => failed(asError(reason));
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
