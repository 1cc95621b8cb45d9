import type { TimerHandle } from '../../core/clock';
import type { RAck } from '../message/values';
import type { SipResponse } from '../message/message';
import type { ServerTransaction } from '../transaction/port';
import { lifetimeOf, type Environment } from './environment';

/** What is sent reliably, without its RSeq. */
export interface ReliableResponse {
  readonly response: SipResponse;
  /** It carries a session description: a 2xx has to wait for its PRACK (RFC 3262 §3). */
  readonly sdp: boolean;
}

export interface ReliableListener {
  /** No PRACK came within 64*T1. */
  onUnconfirmed(): void;
}

/** RFC 3262 §3: the first RSeq is below 2^31. */
const largestFirst = 0x7fff_ffff;

/**
 * The reliable provisional responses to one INVITE (RFC 3262 §3): one is out at a time, sent again at
 * doubling intervals until its PRACK comes; the others wait in line.
 */
export class ReliableProvisionals {
  private readonly queue: ReliableResponse[] = [];
  private current: ReliableResponse | undefined;
  private rseq: number;
  private timer: TimerHandle | undefined;
  private interval = 0;
  private giveUpAt = 0;

  constructor(
    private readonly environment: Environment,
    private readonly transaction: ServerTransaction,
    private readonly listener: ReliableListener,
  ) {
    this.rseq = environment.random.uint32() % largestFirst;
  }

  /** Something is out or waits. */
  get pending(): boolean {
    return this.current !== undefined;
  }

  /** A session description is out, or waits, that no PRACK has confirmed. */
  get holdsAccept(): boolean {
    return this.current?.sdp === true || this.queue.some((each) => each.sdp);
  }

  send(reliable: ReliableResponse): void {
    this.queue.push(reliable);
    if (this.current === undefined) this.next();
  }

  /** RFC 3262 §3: whether the RAck names the response that is out; if so it is confirmed. */
  confirm(rack: RAck): 'confirmed' | 'unknown' {
    const { current } = this;
    if (current === undefined || rack.rseq !== this.rseq) return 'unknown';
    const { cseq } = current.response;
    if (rack.sequence !== cseq.sequence || rack.method !== cseq.method) return 'unknown';
    this.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.current = undefined;
    return 'confirmed';
  }

  /** Sends what waits, after {@link confirm}. */
  next(): void {
    const next = this.queue.shift();
    if (next === undefined) return;
    const { clock, timers } = this.environment;
    this.current = next;
    this.rseq += 1;
    next.response.headers.set('RSeq', String(this.rseq));
    this.interval = timers.t1;
    this.giveUpAt = clock.now() + lifetimeOf(timers);
    this.transaction.respond(next.response);
    this.timer = clock.setTimeout(this.onTimer, this.interval);
  }

  /** A final response was sent: nothing is sent again, but a late PRACK still matches (RFC 3262 §3). */
  stop(): void {
    this.environment.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.queue.length = 0;
  }

  private readonly onTimer = (): void => {
    const { clock } = this.environment;
    const left = this.giveUpAt - clock.now();
    if (this.current === undefined) return;
    if (left <= 0) {
      this.timer = undefined;
      this.listener.onUnconfirmed();
      return;
    }
    this.transaction.respond(this.current.response);
    // RFC 3262 §3: unlike those of a 2xx, the intervals are not capped at T2.
    this.interval *= 2;
    this.timer = clock.setTimeout(this.onTimer, Math.min(this.interval, left));
  };
}
