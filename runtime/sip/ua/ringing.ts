import type { TimerHandle } from '../../core/clock';
import type { SipRequest } from '../message/message';
import type { Environment } from './environment';
import { readable } from './readable';

/** RFC 3261 §13.3.1.1: a proxy gives up on an INVITE that has rung for long without another 1xx. */
const repeatEvery = 60_000;

export interface RingingOwner {
  /** A minute has passed since the last provisional response. */
  onRepeatDue(): void;
  /** Nobody answered in time; `theirs` when the limit was the caller's (RFC 3261 §13.3.1, Expires). */
  onRingEnd(theirs: boolean): void;
}

/** The two clocks of an INVITE from the peer that has no final response. */
export class Ringing {
  private repeat: TimerHandle | undefined;
  private limit: TimerHandle | undefined;
  private readonly theirs: boolean;

  constructor(
    private readonly environment: Environment,
    request: SipRequest,
    private readonly owner: RingingOwner,
  ) {
    const { clock, options } = environment;
    const seconds = request.headers.has('Expires') ? readable(() => request.expires) : undefined;
    const expires = seconds === undefined ? Infinity : seconds * 1_000;
    this.theirs = expires < options.ringTimeout;
    this.limit = clock.setTimeout(() => this.onLimit(), Math.min(expires, options.ringTimeout));
  }

  /** A provisional response went out. */
  restart(): void {
    const { clock } = this.environment;
    clock.clearTimeout(this.repeat);
    this.repeat = clock.setTimeout(() => this.onRepeat(), repeatEvery);
  }

  stop(): void {
    const { clock } = this.environment;
    clock.clearTimeout(this.limit);
    clock.clearTimeout(this.repeat);
    this.limit = undefined;
    this.repeat = undefined;
  }

  private onRepeat(): void {
    this.repeat = undefined;
    this.owner.onRepeatDue();
  }

  private onLimit(): void {
    this.limit = undefined;
    this.owner.onRingEnd(this.theirs);
  }
}
