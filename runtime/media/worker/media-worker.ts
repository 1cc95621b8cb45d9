import type { Clock, TimerHandle } from '../../core/clock';
import { describeError } from '../../core/errors';
import type { Logger } from '../../core/logger';
import { trace } from '../../core/trace';
import type { EncodingRegistry } from './encoding-registry';
import type { Command, Id, Report, ThreadReport, ThreadSettings } from './protocol';
import type { StartThread, ThreadPort } from './thread-port';

/** Something in a media thread that has a counterpart here. */
export interface Remote {
  receive(report: Report): void;
  /** Its thread is gone, and it with it. */
  onDeath(reason: string): void;
}

export interface MediaWorkerParts {
  readonly index: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: ThreadSettings;
  readonly start: StartThread;
  /** Told of each death that nobody asked for. */
  readonly onDeath: () => void;
  /** What all threads have encoded. */
  readonly encodings: EncodingRegistry;
}

/** Milliseconds: one that lives longer has started well, and is replaced at once. */
const HEALTHY = 10_000;
/** Milliseconds to wait before another is started: at first, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;
/** Milliseconds that a thread has to end by itself: recordings are closed meanwhile. */
const PATIENCE = 15_000;

/** One of the media threads, and its successors: what dies is replaced. */
export class MediaWorker {
  /** Sessions that were placed here and whose ports have not come back. */
  load = 0;
  private readonly remotes = new Map<Id, Remote>();
  private port: ThreadPort | undefined;
  private startedAt = 0;
  private pause = 0;
  private timer: TimerHandle | undefined;
  private closing: { readonly resolve: () => void } | undefined;

  constructor(private readonly parts: MediaWorkerParts) {
    this.begin();
  }

  /** Whether somebody would obey. */
  get alive(): boolean {
    return this.port !== undefined && this.closing === undefined;
  }

  /** Whether there is a thread, be it one that is about to end. */
  get running(): boolean {
    return this.port !== undefined;
  }

  /** Commands to a thread that is gone are forgotten: whoever waits for it hears of its death. */
  post(command: Command): void {
    this.port?.post(command);
  }

  /** `remote` is told what is reported under `id`. */
  watch(id: Id, remote: Remote): void {
    this.remotes.set(id, remote);
  }

  forget(id: Id): void {
    this.remotes.delete(id);
  }

  /** Ends the thread; resolves when it is gone. */
  async close(): Promise<void> {
    const { clock } = this.parts;
    clock.clearTimeout(this.timer);
    const { port } = this;
    if (port === undefined) return;
    const gone = new Promise<void>((resolve) => {
      this.closing = { resolve };
    });
    port.post({ type: 'shut-down' });
    const timer = clock.setTimeout(() => void port.terminate(), PATIENCE);
    await gone;
    clock.clearTimeout(timer);
  }

  private begin(): void {
    const { start, settings, clock, logger, index } = this.parts;
    this.timer = undefined;
    this.startedAt = clock.now();
    try {
      this.port = start(settings, {
        onReport: (report) => this.take(report),
        onEnd: (reason) => this.ended(reason),
      });
      for (const encoding of this.parts.encodings.all()) this.post({ type: 'encoding', encoding });
    } catch (thrown) {
      logger.error({ worker: index, error: describeError(thrown) }, 'no media worker starts');
      this.replace();
    }
  }

  private take(report: Report): void {
    switch (report.type) {
      case 'ready':
      case 'ended':
        return;
      case 'log': {
        const { level, fields, message } = report;
        this.parts.logger[level]({ ...fields, worker: this.parts.index }, message);
        return;
      }
      case 'encoding':
        this.parts.encodings.add(report.encoding, this);
        return;
      case 'report':
        this.takeReport(report.report);
        return;
      default:
        this.remotes.get(report.id)?.receive(report);
    }
  }

  private takeReport({ statistics, drops }: ThreadReport): void {
    for (const [id, each] of statistics) {
      this.remotes.get(id)?.receive({ type: 'statistics', id, statistics: each });
    }
    const time = this.parts.clock.now();
    for (const [reason, count] of Object.entries(drops)) {
      trace.drop.publish({ time, layer: 'media', reason, count });
    }
  }

  private ended(reason: string): void {
    const { logger, index, onDeath } = this.parts;
    this.port = undefined;
    this.load = 0;
    const { closing } = this;
    if (closing === undefined) {
      logger.error({ worker: index, reason, sessions: this.remotes.size }, 'a media worker died');
      onDeath();
      this.replace();
    }
    // Those who are told may ask for something else at once.
    const bereaved = [...this.remotes.values()];
    this.remotes.clear();
    for (const remote of bereaved) {
      try {
        remote.onDeath(reason);
      } catch (thrown) {
        logger.error({ error: describeError(thrown) }, 'a media handler failed');
      }
    }
    closing?.resolve();
  }

  /** At once, or after a while where the last one did not live long: it may be the machine. */
  private replace(): void {
    const { clock } = this.parts;
    const lived = clock.now() - this.startedAt;
    const short = Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, 2 * this.pause));
    this.pause = lived >= HEALTHY ? 0 : short;
    this.timer = clock.setTimeout(() => this.begin(), this.pause);
  }
}
