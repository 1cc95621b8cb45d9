import { DefectError } from '../../core/errors';
import { token } from '../../core/random';
import { createClientAuthentication } from '../auth/client-authentication';
import type { ClientAuthentication } from '../auth/port';
import { asRequestUri } from '../dialog/route-set';
import { createRequest } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import { formatNameAddr } from '../message/name-addr';
import { formatUri, parseUri, type Uri } from '../message/uri';
import type { ClientTransactionHandler } from '../transaction/port';
import type { Channel } from '../transport/port';
import { maxChallenges } from './challenges';
import { addressed, withoutTravel } from './invite-request';
import { asError } from './outbound';
import type {
  ElementServices,
  ExtraHeader,
  OutOfDialogOptions,
  RequestOutcome,
  SentRequest,
} from './port';

/** What may change from one request of a series to the next. */
export type SeriesRequest = Pick<OutOfDialogOptions, 'headers' | 'body' | 'routes' | 'flow'>;

/** What stays the same in a series. */
export type SeriesOptions = Pick<
  OutOfDialogOptions,
  'method' | 'requestUri' | 'to' | 'from' | 'displayName' | 'credentials' | 'onChannel'
>;

/** Those that need more than one transaction that is theirs. */
const otherwise: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL']);

type Resolve = (outcome: RequestOutcome) => void;

/**
 * Requests of one method outside any dialog that belong together: the same Call-ID and From tag, sequence numbers
 * that count up, and what was learnt of the challenges (RFC 3261 §8.1.1, §10.2, §22.2). As a rule one request,
 * and its repetition with credentials.
 */
export class RequestSeries implements ClientTransactionHandler {
  private readonly callId: string;
  private readonly tag: string;
  private sequence = 0;
  private challenges = 0;
  private readonly authentication: ClientAuthentication | undefined;
  private sent: SentRequest | undefined;
  private resolve: Resolve | undefined;
  private current: SeriesRequest = {};

  constructor(
    private readonly services: ElementServices,
    private readonly options: SeriesOptions,
  ) {
    const { random } = services;
    const { credentials = [] } = options;
    this.callId = token(random, 128);
    this.tag = token(random);
    if (credentials.length > 0) {
      this.authentication = createClientAuthentication(credentials, random);
    }
  }

  /**
   * Sends the next request; one that is still out is abandoned. Never rejects: what cannot be sent is a
   * transport error.
   */
  async send(request: SeriesRequest): Promise<RequestOutcome> {
    this.abandon();
    this.challenges = 0;
    this.current = request;
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.begin();
    });
  }

  /** Forgets the request that is out: its outcome is `ended`. */
  abandon(): void {
    this.sent?.abandon();
    this.finish({ type: 'ended' });
  }

  onFinal(response: SipResponse): void {
    if (this.authentication?.take(response) === true && this.challenges < maxChallenges) {
      this.challenges += 1;
      this.begin();
      return;
    }
    this.finish({ type: 'response', response });
  }

  onTimeout(): void {
    this.finish({ type: 'timeout' });
  }

  onTransportError(error: Error): void {
    this.finish({ type: 'transport-error', error });
  }

  private finish(outcome: RequestOutcome): void {
    const { resolve } = this;
    this.resolve = undefined;
    this.sent = undefined;
    resolve?.(outcome);
  }

  private begin(): void {
    const { onChannel } = this;
    const { flow } = this.current;
    try {
      const { request, nextHop } = this.build();
      this.sent = this.services.send({ request, nextHop, flow, onChannel, handler: this });
    } catch (error) {
      this.finish({ type: 'transport-error', error: asError(error) });
    }
  }

  private readonly onChannel = (channel: Channel, request: SipRequest): void => {
    this.options.onChannel?.(channel, request);
    // Last of all, when nothing changes any more.
    this.authentication?.authorize(request);
  };

  /** RFC 3261 §8.1.1. */
  private build(): { readonly request: SipRequest; readonly nextHop: Uri } {
    const { services, options, current } = this;
    if (otherwise.has(options.method)) {
      throw new DefectError(`${options.method} is not sent outside a call`);
    }
    const uri = asRequestUri(parseUri(options.requestUri));
    const to = options.to === undefined ? withoutTravel(uri) : parseUri(options.to);
    const way = addressed(formatUri(uri), uri, current.routes);
    const from = formatNameAddr({
      displayName: options.displayName,
      uri: parseUri(options.from),
      params: new Map([['tag', this.tag]]),
    });
    this.sequence += 1;
    const headers: ExtraHeader[] = [
      ['Via', services.newVia()],
      ['Max-Forwards', '70'],
      ['From', from],
      ['To', formatNameAddr({ uri: to })],
      ['Call-ID', this.callId],
      ['CSeq', `${this.sequence} ${options.method}`],
    ];
    for (const value of way.routes) headers.push(['Route', value]);
    headers.push(['User-Agent', services.product], ...(current.headers ?? []));
    const { body } = current;
    if (body !== undefined) headers.push(['Content-Type', body.type]);
    const request = createRequest({
      method: options.method,
      requestUri: way.requestUri,
      headers,
      body: body?.content,
    });
    return { request, nextHop: way.nextHop };
  }
}
