import type { TimerHandle } from '../../core/clock';
import { formatDialogReference } from '../message/dialog-reference';
import type { SipRequest } from '../message/message';
import { MessageError } from '../message/message-error';
import { formatUri, parseUri } from '../message/uri';
import type { ServerTransaction } from '../transaction/port';
import { acceptSipfrag, allowEvents } from './capabilities';
import { reply, type Environment } from './environment';
import type { ReferOptions, ReferOutcome, RequestOutcome } from './port';
import { parseSipfrag } from './sipfrag';

/** One REFER of ours and the subscription that it implies (RFC 3515 §2.4.4). */
class ReferSubscription {
  private timer: TimerHandle | undefined;

  constructor(
    private readonly environment: Environment,
    /** The REFER's CSeq number: the `id` of its events (RFC 3515 §2.4.6). */
    public sequence: number,
    timeout: number,
    private resolve: ((outcome: ReferOutcome) => void) | undefined,
    readonly onProgress: ((status: number) => void) | undefined,
    onExpired: (subscription: ReferSubscription) => void,
  ) {
    this.timer = environment.clock.setTimeout(() => onExpired(this), timeout);
  }

  get finished(): boolean {
    return this.resolve === undefined;
  }

  finish(outcome: ReferOutcome): void {
    const { resolve } = this;
    if (resolve === undefined) return;
    this.resolve = undefined;
    this.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
    resolve(outcome);
  }
}

/** The subscriptions that the REFERs of one session imply, and the NOTIFYs that tell how they went. */
export class ReferSubscriptions {
  private list: ReferSubscription[] = [];

  constructor(private readonly environment: Environment) {}

  /** A REFER was sent; its outcome is told once. NOTIFYs may overtake the response (RFC 3515 §2.4.4). */
  add(
    sequence: number,
    timeout: number,
    onProgress: ((status: number) => void) | undefined,
    resolve: (outcome: ReferOutcome) => void,
  ): void {
    const { environment } = this;
    this.list.push(
      new ReferSubscription(environment, sequence, timeout, resolve, onProgress, this.expire),
    );
  }

  /** The REFER was challenged, and sent again with another number. */
  renumber(from: number, to: number): void {
    const found = this.list.find((each) => each.sequence === from);
    if (found !== undefined) found.sequence = to;
  }

  /** The response to the REFER itself, or its absence. */
  onOutcome(sequence: number, outcome: RequestOutcome): void {
    const found = this.list.find((each) => each.sequence === sequence);
    if (found === undefined) return;
    const end = refusalIn(outcome);
    if (end === undefined) return;
    this.remove(found);
    found.finish(end);
  }

  /** The session is over. */
  stop(): void {
    const { list } = this;
    this.list = [];
    for (const each of list) each.finish({ type: 'ended' });
  }

  receiveNotify(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { environment } = this;
    const event = request.event;
    if (event === undefined || event.value.toLowerCase() !== 'refer') {
      // RFC 6665 §4.1.3: 489 for a package that we do not know.
      reply(environment, transaction, 489, { headers: [allowEvents] });
      return;
    }
    const subscription = this.find(event.params.get('id'));
    if (subscription === undefined) {
      reply(environment, transaction, 481);
      return;
    }
    if (request.body.length > 0 && request.contentType?.value !== 'message/sipfrag') {
      reply(environment, transaction, 415, { headers: [acceptSipfrag] });
      return;
    }
    reply(environment, transaction, 200);
    this.notice(subscription, request);
  }

  private notice(subscription: ReferSubscription, request: SipRequest): void {
    const fragment = parseSipfrag(request.body);
    const terminated = request.subscriptionState?.value.toLowerCase() === 'terminated';
    if (terminated) this.remove(subscription);
    if (fragment !== undefined && !subscription.finished) {
      const { status, reason } = fragment;
      if (status >= 300) subscription.finish({ type: 'failed', status, reason });
      else if (status >= 200) subscription.finish({ type: 'accepted', status });
      else subscription.onProgress?.(status);
    }
    // RFC 3515 §2.4.7: over without a final word, as when the peer's patience ran out.
    if (terminated) subscription.finish({ type: 'noNotify' });
  }

  /** RFC 3515 §2.4.6: the events of the first REFER may come without an `id`. */
  private find(id: string | undefined): ReferSubscription | undefined {
    if (id === undefined) return this.list[0];
    return this.list.find((each) => String(each.sequence) === id);
  }

  /** From now on a NOTIFY gets 481, which ends the subscription at the peer (RFC 6665 §4.1.3). */
  private readonly expire = (subscription: ReferSubscription): void => {
    this.remove(subscription);
    subscription.finish({ type: 'noNotify' });
  };

  private remove(subscription: ReferSubscription): void {
    this.list = this.list.filter((each) => each !== subscription);
  }
}

/**
 * The URI of a Refer-To: with what is to be replaced among its headers (RFC 3891 §4).
 *
 * @throws {MessageError} when the target of an attended transfer is no sip URI
 */
export function referTo({ to, replaces }: Pick<ReferOptions, 'to' | 'replaces'>): string {
  if (replaces === undefined) return to;
  const uri = parseUri(to);
  if (uri.scheme === 'tel') throw new MessageError('a tel URI names no dialog to replace');
  const header = ['Replaces', formatDialogReference(replaces)] as const;
  return formatUri({ ...uri, headers: [...uri.headers, header] });
}

/** The outcome that a REFER has before any NOTIFY; undefined when the peer took it. */
function refusalIn(outcome: RequestOutcome): ReferOutcome | undefined {
  switch (outcome.type) {
    case 'ended':
      return { type: 'ended' };
    case 'timeout':
      return { type: 'refused', status: 408, reason: 'Request Timeout' };
    case 'transport-error':
      return { type: 'refused', status: 503, reason: outcome.error.message };
    case 'response': {
      const { response } = outcome;
      const { status, reason } = response;
      if (status >= 300) return { type: 'refused', status, reason };
      // RFC 4488 §4: the peer made no subscription, so no NOTIFY will ever come.
      const refused = response.headers.get('Refer-Sub')?.trim().toLowerCase().startsWith('false');
      return refused === true ? { type: 'noNotify' } : undefined;
    }
  }
}
