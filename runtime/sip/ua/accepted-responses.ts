import type { TimerHandle } from '../../core/clock';
import type { SipResponse } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import { lifetimeOf, type Environment } from './environment';

/** Told when no ACK came for a 2xx within 64*T1. */
export interface UnacknowledgedListener {
  onUnacknowledged(accepted: AcceptedResponse): void;
}

/**
 * A 2xx to an INVITE on its way: sent again at intervals from T1 up to T2 until its ACK comes, over
 * every transport, because the path beyond the next hop may lose it (RFC 3261 §13.3.1.4).
 */
export class AcceptedResponse {
  private response: SipResponse | undefined;
  private timer: TimerHandle | undefined;
  private interval: number;
  private readonly giveUpAt: number;

  constructor(
    private readonly environment: Environment,
    private readonly transaction: ServerTransaction,
    response: SipResponse,
    private readonly listener: UnacknowledgedListener,
    /** The answer to our offer has to come in the ACK. */
    readonly offered: boolean,
  ) {
    const { clock, timers } = environment;
    this.response = response;
    this.interval = timers.t1;
    this.giveUpAt = clock.now() + lifetimeOf(timers);
    transaction.respond(response);
    this.timer = clock.setTimeout(this.onTimer, this.interval);
  }

  /** The CSeq number that its ACK has. */
  get sequence(): number {
    return this.transaction.request.cseq.sequence;
  }

  stop(): void {
    this.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.response = undefined;
  }

  private readonly onTimer = (): void => {
    const { clock, timers } = this.environment;
    const left = this.giveUpAt - clock.now();
    if (this.response === undefined) return;
    if (left <= 0) {
      this.stop();
      this.listener.onUnacknowledged(this);
      return;
    }
    if (!this.transaction.ended) this.transaction.respond(this.response);
    this.interval = Math.min(this.interval * 2, timers.t2);
    this.timer = clock.setTimeout(this.onTimer, Math.min(this.interval, left));
  };
}

const none: readonly AcceptedResponse[] = [];

/** Those of one session that wait for their ACK: one as a rule. */
export class AcceptedResponses {
  private waiting: readonly AcceptedResponse[] = none;

  /** Whether there is any. */
  get any(): boolean {
    return this.waiting.length > 0;
  }

  add(accepted: AcceptedResponse): void {
    this.waiting = this.waiting.length === 0 ? [accepted] : [...this.waiting, accepted];
  }

  /** The ACK with this CSeq number came: its 2xx, which is sent no more. */
  acknowledge(sequence: number): AcceptedResponse | undefined {
    const accepted = this.waiting.find((each) => each.sequence === sequence);
    accepted?.stop();
    if (accepted !== undefined) this.forget(accepted);
    return accepted;
  }

  forget(accepted: AcceptedResponse): void {
    const { length } = this.waiting;
    this.waiting = length === 1 ? none : this.waiting.filter((each) => each !== accepted);
  }

  stop(): void {
    for (const each of this.waiting) each.stop();
    this.waiting = none;
  }
}
