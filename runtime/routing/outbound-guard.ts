import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { OutboundLimits } from '../core/network-settings';
import { type CompiledPattern, compilePattern } from '../core/pattern';
import { CallWindow } from './call-window';
import type { OutboundVerdict } from './port';

/** `caller`: whose calls count together, `user:alice`, `trunk:carrier`. Nothing throws. */
export interface OutboundGuard {
  /** Whether a call to this number may go out by a trunk, and if so its place among those at once. */
  number(number: string, caller: string): OutboundVerdict;
  /** The same for a SIP URI's host that no trunk stands for. */
  host(host: string, caller: string): OutboundVerdict;
  /** Calls that were let out and are not over. */
  readonly open: number;
  readonly refused: number;
  /** Ends its timer; logs what is left. */
  close(): void;
}

/** Between two lines about refusals, in milliseconds. */
const logInterval = 60_000;
const minute = 60_000;
const day = 86_400_000;

/** The guard against toll fraud: destinations, calls at once, a minute, a day. */
export function createOutboundGuard(options: {
  readonly limits: OutboundLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}): OutboundGuard {
  return new Guard(options.limits, options.clock, options.logger);
}

class Guard implements OutboundGuard {
  refused = 0;
  open = 0;
  private readonly allow: readonly CompiledPattern[] | undefined;
  private readonly deny: readonly CompiledPattern[];
  private readonly hosts: readonly CompiledPattern[];
  private readonly lastMinute: CallWindow;
  private readonly lastDay: CallWindow;
  /** Callers with calls at once: one that has none is not kept. */
  private readonly byCaller = new Map<string, number>();
  /** Refusals since the last line, by reason. */
  private unlogged = new Map<string, number>();
  private timer: object | undefined;

  constructor(
    private readonly limits: OutboundLimits,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.allow = limits.allow?.map(compilePattern);
    this.deny = limits.deny.map(compilePattern);
    this.hosts = limits.hosts.map(compilePattern);
    this.lastMinute = new CallWindow(minute);
    this.lastDay = new CallWindow(day);
  }

  number(number: string, caller: string): OutboundVerdict {
    return this.check(number, caller, this.numberProblem(plainNumber(number)));
  }

  host(host: string, caller: string): OutboundVerdict {
    const named = this.hosts.some((pattern) => pattern.match(host) !== undefined);
    return this.check(host, caller, named ? undefined : `outbound.hosts does not name ${host}`);
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.log();
  }

  private check(to: string, caller: string, problem: string | undefined): OutboundVerdict {
    if (problem !== undefined) return this.refuse(403, problem, to, caller);
    const limit = this.limitReached(caller);
    return limit === undefined ? this.allowed(caller) : this.refuse(503, limit, to, caller);
  }

  private numberProblem(number: string): string | undefined {
    const { allow, deny } = this;
    const denied = deny.find((pattern) => pattern.match(number) !== undefined);
    if (denied !== undefined) return `outbound.deny has "${denied.source}"`;
    return allow === undefined || allow.some((pattern) => pattern.match(number) !== undefined)
      ? undefined
      : 'outbound.allow does not have the number';
  }

  private limitReached(caller: string): string | undefined {
    const { maxCalls, maxCallsPerCaller, maxCallsPerMinute, maxCallsPerDay } = this.limits;
    if (this.open >= maxCalls) return `outbound.maxCalls (${maxCalls}) is reached`;
    if ((this.byCaller.get(caller) ?? 0) >= maxCallsPerCaller) {
      return `outbound.maxCallsPerCaller (${maxCallsPerCaller}) is reached`;
    }
    const now = this.clock.now();
    if (this.lastMinute.count(now) >= maxCallsPerMinute) {
      return `outbound.maxCallsPerMinute (${maxCallsPerMinute}) is reached`;
    }
    return this.lastDay.count(now) >= maxCallsPerDay
      ? `outbound.maxCallsPerDay (${maxCallsPerDay}) is reached`
      : undefined;
  }

  private allowed(caller: string): OutboundVerdict {
    const now = this.clock.now();
    this.lastMinute.add(now);
    this.lastDay.add(now);
    this.open += 1;
    this.byCaller.set(caller, (this.byCaller.get(caller) ?? 0) + 1);
    let held = true;
    return {
      type: 'allowed',
      release: () => {
        if (!held) return;
        held = false;
        this.open -= 1;
        this.forget(caller);
      },
    };
  }

  private forget(caller: string): void {
    const left = (this.byCaller.get(caller) ?? 1) - 1;
    if (left === 0) this.byCaller.delete(caller);
    else this.byCaller.set(caller, left);
  }

  /** The first of a minute is logged with its call, the others are counted for the minute's end. */
  private refuse(status: 403 | 503, reason: string, to: string, caller: string): OutboundVerdict {
    this.refused += 1;
    if (this.timer === undefined) {
      this.logger.warn({ reason, to, caller }, 'outbound call refused');
      this.timer = this.clock.setTimeout(() => {
        this.timer = undefined;
        this.log();
      }, logInterval);
    } else {
      this.unlogged.set(reason, (this.unlogged.get(reason) ?? 0) + 1);
    }
    return { type: 'refused', status, reason };
  }

  private log(): void {
    if (this.unlogged.size === 0) return;
    this.logger.warn({ refused: Object.fromEntries(this.unlogged) }, 'more outbound calls refused');
    this.unlogged = new Map();
  }
}

/**
 * Without visual separators (RFC 3966 §5.1.1), when it is a number: as a carrier would read it that overlooks what
 * cannot be seen, and takes digits of any script for digits.
 */
function plainNumber(text: string): string {
  const shown = text.normalize('NFKC');
  return /\d/.test(shown) && !/[\p{L}@_]/u.test(shown) ? shown.replace(/[^\d+*#]/g, '') : text;
}
