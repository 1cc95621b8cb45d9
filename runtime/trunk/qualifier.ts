import type { Clock, TimerHandle } from '../core/clock';
import { fraction, type Random } from '../core/random';
import type { OutOfDialogOptions, RequestOutcome } from '../sip/ua/port';

/** How an OPTIONS ended, for whoever shows it. */
export interface Reachability {
  readonly reachable: 'unknown' | 'up' | 'down';
  /** Milliseconds of the last one that was answered. */
  readonly roundTrip: number | undefined;
  readonly error: string | undefined;
}

export interface QualifierOptions {
  /** The server's URI. */
  readonly server: string;
  readonly from: string;
  /** Milliseconds between two. */
  readonly interval: number;
  readonly request: (options: OutOfDialogOptions) => Promise<RequestOutcome>;
  readonly clock: Clock;
  readonly random: Random;
  /** It is up, or down, from now on. */
  readonly onChange: (state: Reachability) => void;
}

/** So many failures in a row make a server down; one success makes it up again. */
const failuresToDown = 2;
/** A server that takes longer to say what it can do would be of no use to a caller either. */
const longestWait = 5_000;
/** After a first failure the next one follows soon: a lost packet, or an outage? */
const soon = 2_000;

/** Asks a server with OPTIONS (RFC 3261 §11) whether it is there. */
export class Qualifier {
  private state: Reachability = { reachable: 'unknown', roundTrip: undefined, error: undefined };
  private failures = 0;
  private timer: TimerHandle | undefined;
  private running = false;
  /** Of the OPTIONS that counts: what an earlier one brings is too late. */
  private round = 0;

  constructor(private readonly options: QualifierOptions) {}

  get reachability(): Reachability {
    return this.state;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.ask();
  }

  stop(): void {
    this.running = false;
    this.round += 1;
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private ask(): void {
    const { clock, interval, server, from, request } = this.options;
    this.round += 1;
    const { round } = this;
    const began = clock.now();
    this.timer = clock.setTimeout(
      () => this.onOutcome(round, began, { type: 'timeout' }),
      Math.min(longestWait, interval),
    );
    const headers = [['Accept', 'application/sdp']] as const;
    void request({ method: 'OPTIONS', requestUri: server, from, headers }).then((outcome) =>
      this.onOutcome(round, began, outcome),
    );
  }

  private onOutcome(round: number, began: number, outcome: RequestOutcome): void {
    if (round !== this.round) return;
    const { clock, interval, random } = this.options;
    this.round += 1;
    clock.clearTimeout(this.timer);
    const error = errorOf(outcome);
    if (error === undefined) {
      this.failures = 0;
      this.become({ reachable: 'up', roundTrip: clock.now() - began, error: undefined });
    } else {
      this.failures += 1;
      const { reachable, roundTrip } = this.state;
      const down = this.failures >= failuresToDown;
      this.become({ reachable: down ? 'down' : reachable, roundTrip, error });
    }
    const first = this.failures > 0 && this.failures < failuresToDown;
    // Servers that were asked together are not asked together for ever.
    const wait = first ? Math.min(soon, interval) : interval * (1 - 0.1 * fraction(random));
    this.timer = clock.setTimeout(() => this.ask(), wait);
  }

  private become(state: Reachability): void {
    const changed = state.reachable !== this.state.reachable;
    this.state = state;
    if (changed) this.options.onChange(state);
  }
}

/**
 * Whatever a server answers shows that it is there, be it a refusal, but for those that say that it is not: 503,
 * and 408, which a proxy before it gives.
 */
function errorOf(outcome: RequestOutcome): string | undefined {
  switch (outcome.type) {
    case 'response': {
      const { status, reason } = outcome.response;
      return status === 503 || status === 408 ? `OPTIONS: ${status} ${reason}` : undefined;
    }
    case 'timeout':
      return 'OPTIONS: no answer';
    case 'transport-error':
      return `OPTIONS: ${outcome.error.message}`;
    case 'ended':
      return 'OPTIONS: given up';
  }
}
