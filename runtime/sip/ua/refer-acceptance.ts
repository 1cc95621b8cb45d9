import type { TimerHandle } from '../../core/clock';
import { reasonPhrase } from '../message/create';
import { sendInDialog, type DialogWay } from './dialog-requests';
import type { ExtraHeader, ReferProgress, RequestOutcome } from './port';
import type { SessionCore } from './session-core';

/** The session that a REFER came in. */
export type ReferredSession = SessionCore & DialogWay;

interface Word {
  readonly status: number;
  readonly reason: string;
  /** `reason` of a Subscription-State that is `terminated`; undefined while it is active. */
  readonly terminated: string | undefined;
}

/** RFC 3515 §2.4.5; RFC 3420 §2. */
const sipfrag: ExtraHeader = ['Content-Type', 'message/sipfrag;version=2.0'];

/**
 * A REFER of the peer's that was taken, and the subscription that it implies (RFC 3515 §2.4.4): tells how the
 * call to the target fares. One NOTIFY at a time, so that none overtakes another; of what happens meanwhile the
 * latest is told next. Nothing is told any more once the session has ended, or the peer wants to hear nothing.
 */
export class ReferAcceptance implements ReferProgress {
  private readonly expires: number;
  private timer: TimerHandle | undefined;
  /** What was told last, or is being told. */
  private last: Word = { status: 100, reason: reasonPhrase(100), terminated: undefined };
  private next: Word | undefined;
  private sending = false;
  private over = false;
  private waiting: (() => void)[] = [];

  /** @param sequence the CSeq number of the REFER: the `id` of its events (RFC 3515 §2.4.6) */
  constructor(
    private readonly session: ReferredSession,
    private readonly sequence: number,
    lifetime: number,
    private readonly onOver: (acceptance: ReferAcceptance) => void,
  ) {
    const { clock } = session.environment;
    this.expires = clock.now() + lifetime;
    this.timer = clock.setTimeout(() => {
      this.timer = undefined;
      this.tell({ ...this.last, terminated: 'timeout' });
    }, lifetime);
    this.send(this.last);
  }

  progress(status: number, reason = reasonPhrase(status)): void {
    if (status >= 200) void this.done(status, reason);
    else if (status > this.last.status) this.tell({ status, reason, terminated: undefined });
  }

  done(status: number, reason = reasonPhrase(status)): Promise<void> {
    if (this.over) return Promise.resolve();
    const told = new Promise<void>((resolve) => this.waiting.push(resolve));
    // RFC 3515 §2.4.7: with the final status there is nothing left to subscribe to.
    this.tell({ status, reason, terminated: 'noresource' });
    return told;
  }

  /** Nothing more is told. Idempotent. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    this.session.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.next = undefined;
    for (const resolve of this.waiting.splice(0)) resolve();
    this.onOver(this);
  }

  private tell(word: Word): void {
    // A word that ends the subscription is the last one.
    if (this.over || (this.next ?? this.last).terminated !== undefined) return;
    if (this.sending) this.next = word;
    else this.send(word);
  }

  private send(word: Word): void {
    const { session } = this;
    const { dialog, environment } = session;
    if (dialog === undefined || session.state === 'ended') {
      this.stop();
      return;
    }
    this.last = word;
    this.sending = true;
    const left = Math.max(1, Math.ceil((this.expires - environment.clock.now()) / 1_000));
    const state =
      word.terminated === undefined
        ? `active;expires=${left}`
        : `terminated;reason=${word.terminated}`;
    const headers: ExtraHeader[] = [
      ['Event', `refer;id=${this.sequence}`],
      ['Subscription-State', state],
      ['Contact', session.contact],
      sipfrag,
    ];
    // A NOTIFY that fails ends the subscription, and not the call (RFC 5057 §5.1): it is not asked as others are.
    sendInDialog(
      session,
      dialog,
      'NOTIFY',
      headers,
      `SIP/2.0 ${word.status} ${oneLine(word.reason)}\r\n`,
      (outcome) => this.onOutcome(word, outcome),
    );
  }

  private onOutcome(word: Word, outcome: RequestOutcome): void {
    this.sending = false;
    if (this.over) return;
    // RFC 6665 §4.2.2: whoever cannot be told, or refuses to hear of it, is not told more.
    const heard = outcome.type === 'response' && outcome.response.status < 300;
    const { next } = this;
    if (!heard || word.terminated !== undefined) this.stop();
    else if (next !== undefined) {
      this.next = undefined;
      this.send(next);
    }
  }
}

/** A reason phrase may come from another peer: it fits into a status line, and ends there. */
function oneLine(reason: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not reach a status line
  return reason.replace(/[\0-\x1f\x7f]+/g, ' ').slice(0, 200);
}
