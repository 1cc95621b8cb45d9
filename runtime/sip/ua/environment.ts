import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import { below, token, type Random } from '../../core/random';
import { trace } from '../../core/trace';
import { createResponse } from '../message/create';
import type { SipRequest, SipResponse } from '../message/message';
import type { ServerTransaction, TimerValues } from '../transaction/port';
import type { Methods } from './capabilities';
import type { Outbound, Transactions } from './outbound';
import type { ExtraHeader, UserAgentOptions } from './port';
import type { RequestSender } from './request-sender';
import type { SessionTable } from './session-table';

/** What every part of one user agent shares. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerValues;
  readonly options: UserAgentOptions;
  readonly logger: Logger;
  readonly methods: Methods;
  readonly outbound: Outbound;
  readonly sender: RequestSender;
  readonly transactions: Transactions;
  readonly sessions: SessionTable;
}

/** RFC 3261 §17.1.1.1: how long anything of ours waits for the peer, in milliseconds. */
export function lifetimeOf(timers: TimerValues): number {
  return 64 * timers.t1;
}

export interface ReplyOptions {
  readonly reason?: string | undefined;
  readonly headers?: readonly ExtraHeader[] | undefined;
  readonly body?: string | undefined;
}

const noHeaders: readonly ExtraHeader[] = [];
const noOptions: ReplyOptions = {};

export const sdpType: ExtraHeader = ['Content-Type', 'application/sdp'];

/** A response with the product's name and, for SDP, the type of its body. */
export function buildResponse(
  environment: Environment,
  request: SipRequest,
  status: number,
  toTag: string | undefined,
  { reason, headers = noHeaders, body }: ReplyOptions = noOptions,
): SipResponse {
  const response = createResponse(request, status, { toTag, reason, body });
  response.headers.append('Server', environment.options.product);
  for (const [name, value] of headers) response.headers.append(name, value);
  if (body !== undefined) response.headers.append(sdpType[0], sdpType[1]);
  return response;
}

/** Answers, unless the transaction has ended meanwhile. A request without a To tag gets `toTag`, or a new one. */
export function reply(
  environment: Environment,
  transaction: ServerTransaction,
  status: number,
  options?: ReplyOptions,
  toTag?: string,
): void {
  if (transaction.ended) return;
  const { request } = transaction;
  const tag = toTag ?? (request.to.tag === undefined ? newTag(environment) : undefined);
  transaction.respond(buildResponse(environment, request, status, tag, options));
}

/** RFC 3261 §14.2, RFC 3311 §5.2: come back in 0 to 10 seconds. */
export function retrySoon(environment: Environment): ExtraHeader {
  return ['Retry-After', String(below(environment.random, 11))];
}

/** RFC 3261 §19.3: at least 32 bits of randomness. */
export function newTag(environment: Environment): string {
  return token(environment.random, 64);
}

/** Counts something that was dropped. */
export function drop(environment: Environment, reason: string, detail: string): void {
  if (!trace.drop.active) return;
  trace.drop.publish({ time: environment.clock.now(), layer: 'dialog', reason, detail });
}
