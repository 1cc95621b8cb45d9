import type { NetworkAddress } from '../../core/address';
import type { Clock } from '../../core/clock';
import type { LogFields, Logger } from '../../core/logger';
import type { SecurityConfig } from '../../core/network-config';
import { NetworkList } from '../../core/network-range';
import { RecentMemory, sourceOf } from './source-guard-memory';

export interface SourceGuardOptions extends Pick<
  SecurityConfig,
  'maxRequestsPerSecond' | 'maxFailures' | 'failureWindow' | 'banTime' | 'trusted'
> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Addresses that are never shut out or limited besides the trusted networks: those of trunks. */
  readonly exempt?: (host: string) => boolean;
  /** Sources that are remembered, of each kind. 16 384. */
  readonly maxSources?: number;
}

/** A source that is shut out. */
interface Ban {
  /** An IPv4 address, or the /64 of IPv6 addresses. */
  readonly source: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  /** Datagrams and connections that were turned away. */
  dropped: number;
}

/** A source that is shut out, as the terminal shows it. */
export type BannedSource = Readonly<Ban>;

/** What a source did of late; numbers only, because there may be many. */
interface SourceRecord {
  /** Requests that it may send at once, as of `filledAt`. */
  tokens: number;
  filledAt: number;
  /** When the first of the failures and challenges that count was. */
  countedSince: number;
  failures: number;
  /** Challenges that nobody has answered well. */
  unanswered: number;
  /** The log was told of its flood, or of its failures, in this window. */
  warned: boolean;
}

const defaultMaxRequests = 200;
const defaultMaxFailures = 10;
const defaultWindow = 60_000;
const defaultBanTime = 600_000;
const defaultMaxSources = 16_384;
/**
 * A challenge without answer is how each phone begins, and all that a scanner does: as bad as one failure when
 * there are so many. An office behind one address starts its phones without harm.
 */
const challengesPerFailure = 10;
/** Milliseconds that a source counts as proven: as long as registrations commonly last. */
const provenTime = 3_600_000;
/** So many more proven sources are remembered: nobody can forge those. */
const provenPerSource = 8;
/** The wait for the answer to the first failure; each further one doubles it. */
const firstDelay = 125;
const longestDelay = 4_000;

/**
 * Keeps those who scan, guess and flood away, by where they come from (an IPv6 source is a /64).
 *
 * A source may send so many requests a second. Its failures slow its answers down, and too many shut it out.
 * The source of a datagram may be forged, so whoever can forge could have others shut out: therefore a source
 * where somebody has logged in during the last hour is limited and slowed, but never shut out; nor are trusted
 * networks and trunks, which are not limited either. All that is kept is bounded: a flood from forged sources
 * makes the guard forget the oldest, and forgetting is in their favour. Nothing here needs a timer.
 */
export class SourceGuard {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly trusted: NetworkList;
  /** What {@link trusted} said of late. */
  private readonly trustedHosts: RecentMemory<boolean>;
  private readonly exempt: (host: string) => boolean;
  private readonly rate: number;
  private readonly maxFailures: number;
  private readonly window: number;
  private readonly banTime: number;
  private readonly maxSources: number;
  private readonly records: RecentMemory<SourceRecord>;
  /** When the proof of each source ends; only those who know a password come in here. */
  private readonly proven: RecentMemory<number>;
  /** In the order in which they end. */
  private readonly bans = new Map<string, Ban>();

  constructor(options: SourceGuardOptions) {
    this.clock = options.clock;
    this.logger = options.logger;
    this.trusted = new NetworkList(options.trusted ?? []);
    this.exempt = options.exempt ?? (() => false);
    this.rate = options.maxRequestsPerSecond ?? defaultMaxRequests;
    this.maxFailures = options.maxFailures ?? defaultMaxFailures;
    this.window = options.failureWindow ?? defaultWindow;
    this.banTime = options.banTime ?? defaultBanTime;
    this.maxSources = options.maxSources ?? defaultMaxSources;
    this.trustedHosts = new RecentMemory(this.maxSources);
    this.records = new RecentMemory(this.maxSources);
    this.proven = new RecentMemory(this.maxSources * provenPerSource);
  }

  /** Sources of which anything is remembered: for tests and metrics. */
  get size(): number {
    return this.records.size + this.proven.size + this.bans.size;
  }

  /**
   * Whether anything is taken from this address. For each datagram and connection, before anything is read:
   * costs nothing while nobody is shut out. What is turned away is counted here; the transport tells the trace.
   */
  admit(host: string): boolean {
    if (this.bans.size === 0) return true;
    const source = sourceOf(host);
    const ban = this.bans.get(source);
    if (ban === undefined) return true;
    if (this.clock.now() >= ban.until) {
      this.bans.delete(source);
      return true;
    }
    ban.dropped += 1;
    return false;
  }

  /** Whether a request outside of dialogs is within the rate of its source. */
  onRequest({ host }: NetworkAddress): boolean {
    if (this.rate === 0 || this.isTrusted(host)) return true;
    const source = sourceOf(host);
    const record = this.recordOf(source);
    const now = this.clock.now();
    const filled = record.tokens + ((now - record.filledAt) * this.rate) / 1000;
    record.tokens = Math.min(filled, this.rate);
    record.filledAt = now;
    if (record.tokens >= 1) {
      record.tokens -= 1;
      return true;
    }
    this.beginWindow(record);
    this.warn(record, { source, rate: this.rate }, 'a source sends more requests than it may');
    return false;
  }

  /** A wrong digest, an unknown user, a malformed request: all that those who guess and scan cause. */
  failure({ host }: NetworkAddress, reason: string): void {
    if (this.isTrusted(host)) return;
    const source = sourceOf(host);
    const record = this.recordOf(source);
    this.beginWindow(record);
    record.failures += 1;
    this.judge(source, record, reason);
  }

  /** A request without credentials was asked for some. */
  challenged({ host }: NetworkAddress): void {
    if (this.isTrusted(host)) return;
    const source = sourceOf(host);
    const record = this.recordOf(source);
    this.beginWindow(record);
    record.unanswered += 1;
    this.judge(source, record, 'challenges without an answer');
  }

  /** Somebody has proved who he is. */
  success({ host }: NetworkAddress): void {
    if (this.isTrusted(host)) return;
    const source = sourceOf(host);
    this.proven.set(source, this.clock.now() + provenTime);
    // What failed still counts: whoever has one password could guess those of others meanwhile.
    const record = this.records.get(source);
    if (record !== undefined) record.unanswered = 0;
  }

  /** Milliseconds that the answer to a failure or a challenge is to wait: longer each time. */
  delayFor({ host }: NetworkAddress): number {
    const record = this.records.get(sourceOf(host));
    if (record === undefined || this.clock.now() - record.countedSince > this.window) return 0;
    const steps = Math.floor(weight(record));
    return steps === 0 ? 0 : Math.min(firstDelay * 2 ** (steps - 1), longestDelay);
  }

  /** Shuts a source out at once, unless it is trusted or proven. */
  ban({ host }: NetworkAddress, reason: string): void {
    if (this.maxFailures === 0 || this.isTrusted(host)) return;
    const source = sourceOf(host);
    if (!this.isProven(source)) this.shutOut(source, reason);
  }

  /** Those who are shut out now, the longest first. */
  banned(): readonly BannedSource[] {
    const now = this.clock.now();
    return [...this.bans.values()].filter(({ until }) => now < until).map((ban) => ({ ...ban }));
  }

  /** Forgets everything. */
  close(): void {
    this.trustedHosts.clear();
    this.records.clear();
    this.proven.clear();
    this.bans.clear();
  }

  /** Networks do not change, and asking for them costs more than all the rest. */
  private isTrusted(host: string): boolean {
    let trusted = this.trustedHosts.get(host);
    if (trusted === undefined) {
      trusted = this.trusted.has(host);
      this.trustedHosts.set(host, trusted);
    }
    return trusted || this.exempt(host);
  }

  private isProven(source: string): boolean {
    const until = this.proven.get(source);
    return until !== undefined && this.clock.now() < until;
  }

  private recordOf(source: string): SourceRecord {
    const known = this.records.get(source);
    if (known !== undefined) return known;
    const now = this.clock.now();
    const record: SourceRecord = {
      tokens: this.rate,
      filledAt: now,
      countedSince: now,
      failures: 0,
      unanswered: 0,
      warned: false,
    };
    this.records.set(source, record);
    return record;
  }

  /** Failures of an earlier window count no more. */
  private beginWindow(record: SourceRecord): void {
    const now = this.clock.now();
    const counts = record.failures > 0 || record.unanswered > 0 || record.warned;
    if (counts && now - record.countedSince <= this.window) return;
    record.countedSince = now;
    record.failures = 0;
    record.unanswered = 0;
    record.warned = false;
  }

  private judge(source: string, record: SourceRecord, reason: string): void {
    if (this.maxFailures === 0 || weight(record) < this.maxFailures) return;
    if (this.isProven(source)) {
      const fields = { source, reason, failures: record.failures };
      this.warn(
        record,
        fields,
        'a source fails often, but is not shut out: a user logged in there',
      );
      return;
    }
    this.shutOut(source, reason);
    record.failures = 0;
    record.unanswered = 0;
  }

  private shutOut(source: string, reason: string): void {
    const now = this.clock.now();
    for (const { source: first, until } of this.bans.values()) {
      if (now < until) break;
      this.bans.delete(first);
    }
    // What was on its way when the door closed is no second ban.
    if (this.bans.has(source)) return;
    for (const first of this.bans.keys()) {
      if (this.bans.size < this.maxSources) break;
      this.bans.delete(first);
    }
    const until = now + this.banTime;
    this.bans.set(source, { source, reason, since: now, until, dropped: 0 });
    this.logger.warn({ source, reason, until: new Date(until).toISOString() }, 'source shut out');
  }

  /** One line a window: a flood of packets is no flood of lines. */
  private warn(record: SourceRecord, fields: LogFields, message: string): void {
    if (record.warned) return;
    record.warned = true;
    this.logger.warn(fields, message);
  }
}

/** How many failures all that a source did is worth. */
function weight({ failures, unanswered }: SourceRecord): number {
  return failures + unanswered / challengesPerFailure;
}
