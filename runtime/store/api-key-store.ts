import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock';
import { describeError } from '../core/errors';
import type { Logger } from '../core/logger';
import type { Random } from '../core/random';
import { ApiKeyTable, type StoredApiKey } from './api-key-table';
import type { Database } from './database';

/** `cc_`, eight characters that find it, and 256 random bits. */
const keyPattern = /^(cc_[0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

/** Milliseconds between two notes that a key was used. */
const useInterval = 60_000;

/** Makes a key, which is to be shown once, and what is kept of it. */
export function makeApiKey(random: Random): Pick<StoredApiKey, 'prefix' | 'hash'> & {
  readonly key: string;
} {
  const words = new Uint32Array(9);
  words.forEach((_, index) => {
    words[index] = random.uint32();
  });
  const prefix = `cc_${(words[8] ?? 0).toString(16).padStart(8, '0')}`;
  const secret = Buffer.from(words.buffer, 0, 32).toString('base64url');
  const key = `${prefix}_${secret}`;
  return { key, prefix, hash: hashOf(key).toString('hex') };
}

/** The keys of the API, looked up with each request. */
export interface ApiKeys {
  /** The key that this text is; undefined for one that there is not, or not any more. */
  find(key: string): StoredApiKey | undefined;
  /** Whether a key that was found is still there. */
  has(prefix: string): boolean;
}

/**
 * The keys in memory. `callchart keys` changes them from another process: SQLite tells in 3 µs that something was
 * written, so each look sees what there is at that moment.
 */
export class ApiKeyStore implements ApiKeys {
  private readonly table: ApiKeyTable;
  private keys: ReadonlyMap<string, StoredApiKey> = new Map();
  private readonly noted = new Map<string, number>();
  private dataVersion = -1;
  private failing = false;

  /** Reads the keys; throws a `StoreError`. */
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.table = new ApiKeyTable(database);
    this.read();
  }

  get size(): number {
    this.look();
    return this.keys.size;
  }

  find(key: string): StoredApiKey | undefined {
    const prefix = keyPattern.exec(key)?.[1];
    if (prefix === undefined) return undefined;
    this.look();
    const stored = this.keys.get(prefix);
    if (stored === undefined) return undefined;
    if (!timingSafeEqual(hashOf(key), Buffer.from(stored.hash, 'hex'))) return undefined;
    this.note(prefix);
    return stored;
  }

  has(prefix: string): boolean {
    this.look();
    return this.keys.has(prefix);
  }

  /** A database that cannot be read leaves all as it is. */
  private look(): void {
    this.attempt(() => this.read());
  }

  private read(): void {
    const dataVersion = this.database.dataVersion();
    if (dataVersion === this.dataVersion) return;
    this.keys = new Map(this.table.list().map((key) => [key.prefix, key]));
    this.dataVersion = dataVersion;
  }

  private note(prefix: string): void {
    const now = this.clock.now();
    if (now - (this.noted.get(prefix) ?? -Infinity) < useInterval) return;
    this.noted.set(prefix, now);
    this.attempt(() => this.table.used(prefix, Math.round(now)));
  }

  private attempt(work: () => void): void {
    try {
      work();
      this.failing = false;
    } catch (error) {
      if (!this.failing) {
        this.logger.error({ error: describeError(error) }, 'keys of the API cannot be read again');
      }
      this.failing = true;
    }
  }
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
