import { DefectError } from '../../core/errors';
import { parseDialogReference, type DialogReference } from '../message/dialog-reference';
import type { SipRequest } from '../message/message';
import { MessageError } from '../message/message-error';
import { formatUri } from '../message/uri';
import type { ServerTransaction } from '../transaction/port';
import { retrySoon } from './environment';
import type { ExtraHeader, IncomingRefer, ReferProgress } from './port';
import { ReferAcceptance, type ReferredSession } from './refer-acceptance';

/** Milliseconds that the subscription lasts beyond the longest ringing. */
const grace = 10_000;

/** REFERs of one session whose subscriptions live at once. */
const maxReferrals = 4;

const noSubscription: ExtraHeader = ['Refer-Sub', 'false'];

/** What is told when nobody wants to hear it (RFC 4488). */
const silent: ReferProgress = {
  progress: () => undefined,
  done: () => Promise.resolve(),
};

/** REFERs that the peer of one session has sent and we have taken. */
export class Referrals {
  private readonly open = new Set<ReferAcceptance>();

  constructor(private readonly session: ReferredSession) {}

  receive(transaction: ServerTransaction): void {
    const { session } = this;
    const { request } = transaction;
    // RFC 3515 §2.4.1: exactly one Refer-To.
    if (request.headers.getAll('Refer-To').length !== 1 || request.referTo === undefined) {
      session.reply(transaction, 400, { reason: 'Bad Refer-To' });
      return;
    }
    const { target, method, replaces } = readTarget(request);
    if (method !== 'INVITE') {
      // RFC 3515 §2.4.2: whoever is referred may decline what he has no use for.
      session.reply(transaction, 603);
      return;
    }
    if (this.open.size >= maxReferrals) {
      // RFC 3261 §21.5.1: those that are under way are enough to be told of.
      session.reply(transaction, 500, { headers: [retrySoon(session.environment)] });
      return;
    }
    const refer = new WaitingRefer(this, transaction, target, replaces);
    session.handler.onRefer?.(refer);
    if (refer.waiting) refer.reject(603);
  }

  /** The session is over. */
  stop(): void {
    for (const each of [...this.open]) each.stop();
  }

  accept(transaction: ServerTransaction): ReferProgress {
    const { session } = this;
    const { request } = transaction;
    if (wantsNoSubscription(request)) {
      // RFC 4488 §4: said back, or else the peer would expect NOTIFYs.
      session.reply(transaction, 202, { headers: [...this.contact, noSubscription] });
      return silent;
    }
    session.reply(transaction, 202, { headers: this.contact });
    const lifetime = session.environment.options.ringTimeout + grace;
    const acceptance = new ReferAcceptance(session, request.cseq.sequence, lifetime, (over) =>
      this.open.delete(over),
    );
    this.open.add(acceptance);
    return acceptance;
  }

  reply(transaction: ServerTransaction, status: number, reason: string | undefined): void {
    this.session.reply(transaction, status, { reason });
  }

  /** RFC 6665 §8.2.1: a 2xx that makes a subscription names where we are. */
  private get contact(): readonly ExtraHeader[] {
    return [['Contact', this.session.contact]];
  }
}

class WaitingRefer implements IncomingRefer {
  waiting = true;

  constructor(
    private readonly referrals: Referrals,
    private readonly transaction: ServerTransaction,
    readonly target: string,
    readonly replaces: DialogReference | undefined,
  ) {}

  get request(): SipRequest {
    return this.transaction.request;
  }

  get referredBy(): string | undefined {
    return this.request.headers.get('Referred-By');
  }

  accept(): ReferProgress {
    this.decide();
    return this.referrals.accept(this.transaction);
  }

  reject(status: number, reason?: string): void {
    this.decide();
    this.referrals.reply(this.transaction, status, reason);
  }

  private decide(): void {
    if (!this.waiting) throw new DefectError('a REFER was answered twice');
    this.waiting = false;
  }
}

/**
 * What a Refer-To asks for. Of the headers in its URI only Replaces counts (RFC 3261 §19.1.5: others would let the
 * peer write what we send).
 */
function readTarget(request: SipRequest): {
  readonly target: string;
  readonly method: string;
  readonly replaces: DialogReference | undefined;
} {
  const uri = request.referTo?.uri;
  if (uri === undefined) throw new MessageError('no Refer-To');
  if (uri.scheme === 'tel')
    return { target: formatUri(uri), method: 'INVITE', replaces: undefined };
  const replaces = uri.headers.filter(([name]) => name.toLowerCase() === 'replaces');
  // RFC 3891 §4: there is no sense in more than one.
  if (replaces.length > 1) throw new MessageError('more than one Replaces in a Refer-To');
  const params = new Map(uri.params);
  params.delete('method');
  const [found] = replaces;
  return {
    target: formatUri({ ...uri, params, headers: [] }),
    method: uri.params.get('method') ?? 'INVITE',
    replaces: found === undefined ? undefined : parseDialogReference(found[1]),
  };
}

function wantsNoSubscription({ headers }: SipRequest): boolean {
  return headers.get('Refer-Sub')?.trim().toLowerCase().startsWith('false') === true;
}
