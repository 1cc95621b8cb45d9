import type { TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import { token } from '../../core/random';
import { createResponse } from '../message/create';
import type { SipRequest } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import type { Channel } from '../transport/port';
import type { ElementServices, ExtraHeader } from '../ua/port';
import type { Refusal } from './refusal';

/** A REGISTER that was refused for what its sender did: what a guard against guessing counts. */
export interface RegisterFailure {
  /**
   * `credentials`: a wrong password, an unknown user, a nonce that is not ours; `forbidden`: somebody else's
   * address of record; `malformed`: 400.
   */
  readonly kind: 'credentials' | 'forbidden' | 'malformed';
  readonly status: number;
  readonly reason: string;
  readonly username?: string;
  readonly request: SipRequest;
  readonly channel: Channel;
}

export interface Reply extends Refusal {
  readonly failure?: RegisterFailure['kind'];
  readonly username?: string;
  /** For the guard, not for the peer. */
  readonly detail?: string;
}

export interface RegisterRepliesOptions {
  readonly services: Pick<ElementServices, 'clock' | 'random' | 'logger' | 'product'>;
  /** Told of each failure; returns how long the response is to wait, to slow down those who guess. */
  readonly onFailure?: (failure: RegisterFailure) => number | undefined;
}

const noHeaders: readonly ExtraHeader[] = [];

/** A response may wait so long, and so many may wait: the sender's transaction must still be there. */
const longestDelay = 10_000;
const mostDelayed = 1_000;

/** Sends what the registrar answers: at once, or later to those who have failed. */
export class RegisterReplies {
  /** The responses that wait. */
  private readonly delayed = new Set<TimerHandle>();

  constructor(private readonly options: RegisterRepliesOptions) {}

  send(transaction: ServerTransaction, channel: Channel, reply: Reply): void {
    const delay = this.reportFailure(reply, transaction.request, channel);
    if (delay > 0 && this.delayed.size < mostDelayed) this.respondLater(transaction, reply, delay);
    else this.respond(transaction, reply);
  }

  /** Forgets the responses that wait. */
  close(): void {
    for (const timer of this.delayed) this.options.services.clock.clearTimeout(timer);
    this.delayed.clear();
  }

  /** Gives the milliseconds that the response is to wait. */
  private reportFailure(reply: Reply, request: SipRequest, channel: Channel): number {
    const { failure: kind, status, username } = reply;
    const { onFailure, services } = this.options;
    if (kind === undefined || onFailure === undefined) return 0;
    const failure: RegisterFailure = {
      kind,
      status,
      reason: reply.detail ?? reply.reason ?? '',
      ...(username === undefined ? {} : { username }),
      request,
      channel,
    };
    try {
      return Math.min(onFailure(failure) ?? 0, longestDelay);
    } catch (error) {
      services.logger.error({ error: describeError(error) }, 'a failure could not be reported');
      return 0;
    }
  }

  private respondLater(transaction: ServerTransaction, reply: Reply, delay: number): void {
    const { clock } = this.options.services;
    const timer = clock.setTimeout(() => {
      this.delayed.delete(timer);
      this.respond(transaction, reply);
    }, delay);
    this.delayed.add(timer);
  }

  private respond(transaction: ServerTransaction, reply: Reply): void {
    if (transaction.ended) return;
    const { random, product } = this.options.services;
    const { status, reason, headers = noHeaders } = reply;
    const toTag = token(random);
    const response = createResponse(transaction.request, status, { toTag, reason, headers });
    response.headers.append('Server', product);
    transaction.respond(response);
  }
}
