import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, TimerHandle } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';

export interface DailyLinesOptions {
  readonly folder: string;
  /** `calls` gives `calls-2026-01-05.jsonl`. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds that a line may wait to be written with others. */
  readonly delay?: number;
  /** Characters that may wait; what comes beyond is dropped, counted and logged. */
  readonly limit?: number;
}

const retryDelay = 1000;

/**
 * Appends lines to a file a day (UTC), many at a time: an append costs some 100 µs, which is half of
 * what a call may cost, so lines wait up to 100 ms for company. A disk that fails costs a warning, and
 * lines once the limit is reached, but never a call.
 */
export class DailyLines {
  /** What waits, by the day; in order. */
  private waiting = new Map<string, string[]>();
  private size = 0;
  private dropped = 0;
  private failing = false;
  private timer: TimerHandle | undefined;
  private writing: Promise<void> | undefined;
  private closed = false;
  private readonly delay: number;
  private readonly limit: number;

  constructor(private readonly options: DailyLinesOptions) {
    this.delay = options.delay ?? 100;
    this.limit = options.limit ?? 16 * 1024 * 1024;
  }

  /** @param day `2026-01-05`; @param line without its line end */
  append(day: string, line: string): void {
    if (this.closed || this.size + line.length > this.limit) {
      this.drop();
      return;
    }
    this.size += line.length + 1;
    const lines = this.waiting.get(day);
    if (lines === undefined) this.waiting.set(day, [line]);
    else lines.push(line);
    this.schedule(this.delay);
  }

  /** Resolves when all that was appended until now is written, or could not be. */
  async flush(): Promise<void> {
    await this.writing;
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    await this.write();
  }

  /** Writes what waits; lines that come later are dropped. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.flush();
    for (const lines of this.waiting.values()) this.dropped += lines.length;
    this.waiting.clear();
    this.size = 0;
    if (this.dropped > 0) {
      this.options.logger.error(
        { folder: this.options.folder, lines: this.dropped },
        'lines were lost',
      );
    }
  }

  private schedule(delay: number): void {
    if (this.timer !== undefined || this.writing !== undefined) return;
    this.timer = this.options.clock.setTimeout(() => {
      this.timer = undefined;
      void this.write();
    }, delay);
  }

  private write(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    const batch = this.waiting;
    this.waiting = new Map();
    this.writing = this.writeAll(batch).then(() => {
      this.writing = undefined;
      if (this.size > 0 && !this.closed) this.schedule(this.failing ? retryDelay : this.delay);
    });
    return this.writing;
  }

  private async writeAll(batch: Map<string, string[]>): Promise<void> {
    const { folder, logger } = this.options;
    for (const [day, lines] of batch) {
      const text = `${lines.join('\n')}\n`;
      try {
        // After a failure the file may end within a line: the empty line costs only that one.
        await this.appendText(day, this.failing ? `\n${text}` : text);
        this.size -= text.length;
        if (this.failing) logger.info({ folder }, 'lines are being written again');
        this.failing = false;
      } catch (error) {
        this.putBack(day, lines);
        if (!this.failing) {
          logger.warn(
            { folder, error: describeError(error) },
            'lines cannot be written: they wait',
          );
        }
        this.failing = true;
      }
    }
  }

  /** Makes the folder when it is missed. */
  private async appendText(day: string, text: string): Promise<void> {
    const { folder, prefix } = this.options;
    const file = join(folder, `${prefix}-${day}.jsonl`);
    try {
      await appendFile(file, text);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await mkdir(folder, { recursive: true });
      await appendFile(file, text);
    }
  }

  /** Before those that came meanwhile. */
  private putBack(day: string, lines: readonly string[]): void {
    this.waiting.set(day, [...lines, ...(this.waiting.get(day) ?? [])]);
  }

  private drop(): void {
    this.dropped += 1;
    if (this.dropped === 1) {
      this.options.logger.error(
        { folder: this.options.folder },
        'too many lines wait: they are lost',
      );
    }
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
