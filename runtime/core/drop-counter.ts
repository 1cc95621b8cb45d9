import type { Clock, TimerHandle } from './clock';
import type { Logger } from './logger';
import { type DropTrace, trace } from './trace';

/** Milliseconds between two lines in the log. */
const defaultInterval = 60_000;

/**
 * Counts what was dropped, by layer and reason. Each drop is a line at debug; at most once an interval
 * the sums are one at info, so that a flood of packets is no flood of lines.
 */
export class DropCounter {
  private readonly counts = new Map<string, number>();
  private readonly unsubscribe: () => void;
  private timer: TimerHandle | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly interval = defaultInterval,
  ) {
    this.unsubscribe = trace.drop.subscribe((drop) => this.count(drop));
  }

  /** Logs what has not been told yet. */
  close(): void {
    this.unsubscribe();
    this.clock.clearTimeout(this.timer);
    this.report();
  }

  private count({ layer, reason, remote, detail, count = 1 }: DropTrace): void {
    const name = `${layer}.${reason}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    this.logger.debug({ layer, reason, remote, detail }, 'dropped');
    this.timer ??= this.clock.setTimeout(() => this.report(), this.interval);
  }

  private report(): void {
    this.timer = undefined;
    if (this.counts.size === 0) return;
    this.logger.info({ counts: Object.fromEntries(this.counts) }, 'dropped since the last report');
    this.counts.clear();
  }
}
