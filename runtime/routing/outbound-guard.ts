import type { Clock } from '../core/clock';
import type { Logger } from '../core/logger';
import type { Pattern } from '../core/network-config';
import { type CompiledPattern, compilePattern } from '../core/pattern';
import { parseUri, type Uri } from '../sip/message/uri';
import { CallWindow } from './call-window';
import { userOf } from './facts';
import type { OutboundVerdict } from './port';

/** `outbound` of the configuration, every default in place. 0 calls: none at all. */
export interface OutboundLimits {
  /** Undefined: all. */
  readonly allow: readonly Pattern[] | undefined;
  readonly deny: readonly Pattern[];
  readonly hosts: readonly string[];
  readonly maxCalls: number;
  readonly maxCallsPerMinute: number;
  readonly maxCallsPerDay: number;
  readonly maxCallsPerCaller: number;
}

export interface OutboundCall {
  /** A number for a trunk, a URI, or the name of a user. */
  readonly to: string;
  /**
   * What it goes by. `user`: to the phones of a registered user, which costs nothing and is always allowed, but
   * counts as a call at once. `uri`: to a host that no trunk stands for.
   */
  readonly by:
    | { readonly type: 'trunk'; readonly name: string }
    | { readonly type: 'user' }
    | { readonly type: 'uri' };
  /** `user:alice`, `trunk:carrier`, `flow:menu`: whose calls count together; undefined counts for nobody. */
  readonly caller: string | undefined;
}

export interface OutboundGuard {
  /** Whether a call may go out, and if so its place among those at once. Never throws. */
  check(call: OutboundCall): OutboundVerdict;
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

  check(call: OutboundCall): OutboundVerdict {
    const problem = this.destinationProblem(call);
    if (problem !== undefined) return this.refuse(403, problem, call);
    const limit = this.limitReached(call);
    if (limit !== undefined) return this.refuse(503, limit, call);
    return this.allowed(call);
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.log();
  }

  private destinationProblem({ to, by }: OutboundCall): string | undefined {
    if (by.type === 'user') return undefined;
    if (by.type === 'uri') {
      const host = hostOf(to);
      if (host === undefined || !this.hosts.some((pattern) => pattern.match(host) !== undefined)) {
        return `outbound.hosts does not name ${host ?? 'the host'}`;
      }
    }
    const number = numberOf(to);
    const denied = this.deny.find((pattern) => pattern.match(number) !== undefined);
    if (denied !== undefined) return `outbound.deny has "${denied.source}"`;
    const { allow } = this;
    return by.type === 'trunk' &&
      allow !== undefined &&
      !allow.some((pattern) => pattern.match(number) !== undefined)
      ? 'outbound.allow does not have the number'
      : undefined;
  }

  private limitReached({ by, caller }: OutboundCall): string | undefined {
    const { maxCalls, maxCallsPerCaller, maxCallsPerMinute, maxCallsPerDay } = this.limits;
    if (this.open >= maxCalls) return `outbound.maxCalls (${maxCalls}) is reached`;
    if (caller !== undefined && (this.byCaller.get(caller) ?? 0) >= maxCallsPerCaller) {
      return `outbound.maxCallsPerCaller (${maxCallsPerCaller}) is reached`;
    }
    if (by.type === 'user') return undefined;
    const now = this.clock.now();
    if (this.lastMinute.count(now) >= maxCallsPerMinute) {
      return `outbound.maxCallsPerMinute (${maxCallsPerMinute}) is reached`;
    }
    return this.lastDay.count(now) >= maxCallsPerDay
      ? `outbound.maxCallsPerDay (${maxCallsPerDay}) is reached`
      : undefined;
  }

  private allowed({ by, caller }: OutboundCall): OutboundVerdict {
    if (by.type !== 'user') {
      const now = this.clock.now();
      this.lastMinute.add(now);
      this.lastDay.add(now);
    }
    this.open += 1;
    if (caller !== undefined) this.byCaller.set(caller, (this.byCaller.get(caller) ?? 0) + 1);
    let held = true;
    return {
      type: 'allowed',
      release: () => {
        if (!held) return;
        held = false;
        this.open -= 1;
        if (caller !== undefined) this.forget(caller);
      },
    };
  }

  private forget(caller: string): void {
    const left = (this.byCaller.get(caller) ?? 1) - 1;
    if (left === 0) this.byCaller.delete(caller);
    else this.byCaller.set(caller, left);
  }

  /** The first of a minute is logged with its call, the others are counted for the minute's end. */
  private refuse(status: 403 | 503, reason: string, call: OutboundCall): OutboundVerdict {
    this.refused += 1;
    if (this.timer === undefined) {
      this.logger.warn({ reason, to: call.to, caller: call.caller }, 'outbound call refused');
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

function parsed(to: string): Uri | undefined {
  try {
    return /^(?:sips?|tel):/i.test(to) ? parseUri(to) : undefined;
  } catch {
    return undefined;
  }
}

/** The user or number of a URI, and what is none as it is, without visual separators. */
function numberOf(to: string): string {
  const uri = parsed(to);
  return uri === undefined
    ? to.replace(/^\+?[\d\s\-.()/]+$/, (number) => number.replace(/[\s\-.()/]/g, ''))
    : userOf(uri);
}

function hostOf(to: string): string | undefined {
  const uri = parsed(to);
  return uri === undefined || uri.scheme === 'tel' ? undefined : uri.host;
}
