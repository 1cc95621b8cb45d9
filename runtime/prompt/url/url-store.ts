import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../core/errors';
import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/logger';
import { pruneDirectory } from '../tts/prune';

/** Files written between two looks at the size of the folder. */
const LOOK_EVERY = 16;

export interface UrlStoreOptions {
  /** Made when missing; without one nothing is kept on disk. */
  readonly directory: string | undefined;
  /** Bytes; what was not used for longest goes first. */
  readonly maxSize: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An answer, and what is to be known of it. */
export interface Stored {
  /** Plain data. */
  readonly about: unknown;
  /** Of the body: {@link digestOf}. */
  readonly digest: string;
  readonly body: Uint8Array;
}

/**
 * Answers of servers on disk, a file each: a line of JSON with the URL, the digest of the body and what is known of it,
 * then the body. The name is a hash of the URL. A damaged file counts as none.
 */
export class UrlStore {
  private readonly writing = new Map<string, Promise<void>>();
  private written = 0;
  private usable = true;

  constructor(private readonly options: UrlStoreOptions) {}

  /** With a digest only what has it. */
  async read(url: string, digest?: string): Promise<Stored | undefined> {
    const path = this.pathOf(url);
    if (path === undefined) return undefined;
    await this.writing.get(url);
    try {
      const bytes = await readFile(path);
      const end = bytes.indexOf(10);
      const head = JSON.parse(bytes.toString('utf8', 0, end)) as Readonly<Record<string, unknown>>;
      const body = bytes.subarray(end + 1);
      const whole = digestOf(body);
      if (head['url'] !== url || head['digest'] !== whole) return undefined;
      if (digest !== undefined && digest !== whole) return undefined;
      const now = this.options.clock.now() / 1000;
      await utimes(path, now, now).catch(() => undefined);
      return { about: head['about'], digest: whole, body };
    } catch {
      return undefined;
    }
  }

  /** Nobody waits for the disk; what cannot be written is said once. */
  write(url: string, stored: Stored): void {
    const path = this.pathOf(url);
    if (path === undefined || !this.usable) return;
    const before = this.writing.get(url) ?? Promise.resolve();
    const writing = before
      .then(() => this.put(path, url, stored))
      .finally(() => {
        if (this.writing.get(url) === writing) this.writing.delete(url);
      });
    this.writing.set(url, writing);
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    await Promise.all(this.writing.values());
  }

  private async put(path: string, url: string, { about, digest, body }: Stored): Promise<void> {
    const { directory = '', maxSize, clock, logger } = this.options;
    const temporary = path.replace(/wav$/, `${process.pid.toString(16)}.tmp`);
    try {
      await mkdir(directory, { recursive: true });
      const head = `${JSON.stringify({ url, digest, about })}\n`;
      await writeFile(temporary, Buffer.concat([Buffer.from(head), body]));
      await rename(temporary, path);
      this.written += 1;
      if (this.written % LOOK_EVERY === 1) await pruneDirectory(directory, maxSize, clock.now());
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      if (!this.usable) return;
      this.usable = false;
      logger.warn(
        { directory, reason: describeError(error) },
        'fetched prompts are not kept on disk: the cache cannot be written',
      );
    }
  }

  /** Named as the files of the speech cache, which are pruned by the same rule. */
  private pathOf(url: string): string | undefined {
    const { directory } = this.options;
    const hash = createHash('sha256').update(url).digest('hex').slice(0, 40);
    return directory === undefined ? undefined : join(directory, `${hash}.wav`);
  }
}

/** Equal for equal bodies. */
export function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
