import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import { token } from '../core/random';
import type { Authenticator, ChallengeKind } from '../sip/auth/port';
import { createResponse } from '../sip/message/create';
import type { ServerTransaction } from '../sip/transaction/port';
import type { Channel } from '../sip/transport/port';
import type { ElementServices, ExtraHeader } from '../sip/ua/port';

export interface ReplyParts {
  readonly services: Pick<ElementServices, 'clock' | 'random' | 'logger' | 'product'>;
  readonly authenticator: Pick<Authenticator, 'challenge'>;
  /** Milliseconds that the answer to a source waits. */
  readonly judge: { delayFor(channel: Channel): number };
}

interface ReplyOptions {
  readonly reason?: string;
  readonly headers?: readonly ExtraHeader[];
}

/** The most answers that wait at once. */
const maxDelayed = 1_000;

/** Responses of our own to requests that go no further: those to strangers wait the longer the more they try. */
export class StrangerReplies {
  private readonly delayed = new Set<ReturnType<Clock['setTimeout']>>();

  constructor(private readonly parts: ReplyParts) {}

  /** Forgets those that wait. */
  close(): void {
    for (const timer of this.delayed) this.parts.services.clock.clearTimeout(timer);
    this.delayed.clear();
  }

  /** 401 or 407 (RFC 3261 §22). */
  challenge(
    transaction: ServerTransaction,
    channel: Channel,
    kind: ChallengeKind,
    stale: boolean,
  ): void {
    const headers = this.parts.authenticator.challenge(kind, stale);
    this.answer(transaction, channel, kind === 'www' ? 401 : 407, { headers });
  }

  /** Answers a stranger, who waits the longer the more he has tried. */
  answer(
    transaction: ServerTransaction,
    channel: Channel,
    status: number,
    options: ReplyOptions = {},
  ): void {
    const { clock } = this.parts.services;
    const delay = this.parts.judge.delayFor(channel);
    if (delay === 0 || this.delayed.size >= maxDelayed) {
      this.reply(transaction, status, options);
      return;
    }
    const timer = clock.setTimeout(() => {
      this.delayed.delete(timer);
      this.reply(transaction, status, options);
    }, delay);
    this.delayed.add(timer);
  }

  /** At once; nothing when it was answered before. */
  reply(
    transaction: ServerTransaction,
    status: number,
    { reason, headers = [] }: ReplyOptions = {},
  ): void {
    if (transaction.ended) return;
    const { logger, product, random } = this.parts.services;
    const { request } = transaction;
    try {
      const response = createResponse(request, status, { reason, toTag: token(random, 64) });
      response.headers.append('Server', product);
      for (const [name, value] of headers) response.headers.append(name, value);
      transaction.respond(response);
    } catch (error) {
      logger.error({ status, error: describeError(error) }, 'a request was not answered');
    }
  }
}
