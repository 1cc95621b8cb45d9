import { below } from '../../core/random';
import type { TimerHandle } from '../../core/clock';
import type { Hub } from './hub';
import type { KeepAliveOptions } from './port';

/** Milliseconds until the answer to a ping must be there (RFC 5626 §4.4.1). */
export const pongTimeout = 10_000;

/** What is kept alive. */
interface Pinged {
  ping(): void;
  /** No answer came: the connection is of no use to anybody. */
  onFailed(): void;
}

/** Pings one connection and waits for the answers (RFC 5626 §4.4.1). */
export class KeepAlive {
  private timer: TimerHandle | undefined;
  private waiting = false;
  private stopped = false;

  constructor(
    private readonly hub: Pick<Hub, 'clock' | 'random'>,
    private readonly options: KeepAliveOptions,
    private readonly pinged: Pinged,
  ) {
    this.schedule();
  }

  onPong(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.schedule();
  }

  /** The connection has closed. */
  onClosed(): void {
    if (this.stopped) return;
    this.stop();
    // The one who asked for this may not have what it got back yet.
    process.nextTick(() => this.options.onFailed());
  }

  stop(): void {
    this.stopped = true;
    this.hub.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** RFC 5626 §4.4.1: each time another interval, up to a fifth shorter, so that clients spread. */
  private schedule(): void {
    if (this.stopped) return;
    const { clock, random } = this.hub;
    const spread = below(random, Math.floor(this.options.interval / 5) + 1);
    clock.clearTimeout(this.timer);
    this.timer = clock.setTimeout(() => this.onDue(), this.options.interval - spread);
  }

  private onDue(): void {
    const { clock } = this.hub;
    this.waiting = true;
    this.timer = clock.setTimeout(() => {
      this.stop();
      this.pinged.onFailed();
      this.options.onFailed();
    }, pongTimeout);
    this.pinged.ping();
  }
}
