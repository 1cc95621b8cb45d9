import type { Clock } from '../core/clock';

/** The first answer to a wrong key waits so many milliseconds, each further one twice as long, up to the longest. */
const shortest = 250;
const longest = 8_000;
/** A source without a wrong key for so long begins anew. */
const forgetAfter = 600_000;
/** Sources that are remembered; the oldest goes first. */
const mostSources = 10_000;
/** Answers that one source may have waiting, and all together: beyond it they are refused at once. */
const mostWaiting = { source: 10, all: 1_000 } as const;

interface Source {
  failures: number;
  last: number;
  waiting: number;
}

/** Makes those who guess keys wait, each source for itself. */
export class SlowDown {
  private readonly sources = new Map<string, Source>();
  private readonly waits = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** How many answers wait. */
  get waiting(): number {
    return this.waits.size;
  }

  /**
   * A source has given a wrong key: resolves when it may be told so. Undefined when too many of its answers wait
   * already.
   */
  failed(source: string, signal: AbortSignal): Promise<void> | undefined {
    const known = this.note(source);
    if (known.waiting >= mostWaiting.source || this.waits.size >= mostWaiting.all) return undefined;
    known.waiting += 1;
    return this.wait(Math.min(longest, shortest * 2 ** (known.failures - 1)), signal).then(() => {
      known.waiting -= 1;
    });
  }

  /** All that wait go on at once. */
  close(): void {
    for (const end of [...this.waits]) end();
  }

  private note(name: string): Source {
    const now = this.clock.now();
    const before = this.sources.get(name);
    const fresh = before === undefined || now - before.last > forgetAfter;
    const source = fresh ? { failures: 0, last: now, waiting: before?.waiting ?? 0 } : before;
    // Past the longest it counts no further.
    source.failures = Math.min(source.failures + 1, 10);
    source.last = now;
    this.sources.delete(name);
    this.sources.set(name, source);
    if (this.sources.size > mostSources) {
      const [oldest] = this.sources.keys();
      if (oldest !== undefined) this.sources.delete(oldest);
    }
    return source;
  }

  private wait(delay: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.clock.clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.waits.delete(end);
        resolve();
      };
      const timer = this.clock.setTimeout(end, delay);
      signal.addEventListener('abort', end);
      this.waits.add(end);
      if (signal.aborted) end();
    });
  }
}
