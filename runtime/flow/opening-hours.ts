import { now } from './flow-time';
import { HolidayCalendar } from './opening-holidays';
import { openingHoursInvalid, openingRules, type Hours, type OpeningRules } from './opening-rules';
import { weekdayOf, ZoneTime } from './zone-time';

type DayName = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

export type HolidayType = 'public' | 'bank' | 'school' | 'optional' | 'observance';

/** Where which holidays are kept, by the codes of ISO 3166: `{ country: 'DE', state: 'BE' }`. */
export interface HolidayPlace {
  readonly country: string;
  readonly state?: string;
  readonly region?: string;
  /** Which kinds count; `['public']`. */
  readonly types?: readonly HolidayType[];
}

export interface OpeningHoursOptions {
  /** Whose clocks the hours are told by: an IANA name such as `Europe/Berlin`. */
  readonly zone: string;
  /**
   * By the day, `mon`, or by several, `mon-fri`; a day by itself goes before a range that it is in. Hours are
   * `'09:00-17:00'`, `'22:00-02:00'` over midnight, `'00:00-24:00'` all day, a list of these, or `'closed'`, as is
   * every day that is not named.
   */
  readonly week: {
    readonly [day in DayName | `${DayName}-${DayName}`]?: string | readonly string[];
  };
  /** Closed on the public holidays of a country, `'DE'`, or of a part of it, `'DE-BE'`; none when absent. */
  readonly holidays?: string | HolidayPlace;
  /** Hours of single dates, `'2026-12-24'`, or of several, `'2026-12-28/2026-12-31'`: before week and holidays. */
  readonly exceptions?: Readonly<Record<string, string | readonly string[]>>;
}

/** Plain data: it may stand in the context of a flow. */
export interface OpeningStatus {
  readonly open: boolean;
  /** When that changes, milliseconds since the epoch; undefined if not within two years. */
  readonly until?: number;
  /** What decides it: the week's `hours`, a `holiday`, or an `exception`. */
  readonly reason: 'hours' | 'holiday' | 'exception';
  /** The name of the holiday, in the language of its country, if that is the reason. */
  readonly holiday?: string;
}

/** All times are milliseconds since the epoch; absent, they are {@link now}, so that tests and replays say when it is. */
export interface OpeningHours {
  readonly isOpen: (at?: number) => boolean;
  readonly status: (at?: number) => OpeningStatus;
  /** When it opens the next time after `at`; undefined if not within two years. */
  readonly nextOpening: (at?: number) => number | undefined;
  /** When it closes the next time after `at`; undefined if not within two years. */
  readonly nextClosing: (at?: number) => number | undefined;
}

/** Days that are looked at for a change. */
const horizon = 731;
/** Days whose hours are kept. */
const mostDays = 4_096;

/** A time of being open: from `start` up to, and without, `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface DayPlan {
  readonly spans: readonly Span[];
  readonly reason: OpeningStatus['reason'];
  /** When a holiday closes, with its name. */
  readonly holidays: readonly (Span & { readonly name: string })[];
}

/**
 * When somebody is there:
 *
 * ```ts
 * const hours = openingHours({ zone: 'Europe/Berlin', week: { 'mon-fri': '09:00-17:00' }, holidays: 'DE-BE' });
 * ```
 *
 * The times are those of the clocks: at a change to or from summer time, a time that is skipped is the moment of the
 * change, and of one that comes twice the first is meant. Hours over midnight belong to the day on which they begin;
 * a holiday or an exception on the next day does not shorten them. Throws `CALLCHART_OPENING_HOURS_INVALID`, which
 * names the member and the remedy.
 */
export function openingHours(options: OpeningHoursOptions): OpeningHours {
  const rules = openingRules(options);
  const { holidays } = options;
  const plans = new Plans(
    new ZoneTime(options.zone),
    rules,
    holidays === undefined ? undefined : new HolidayCalendar(holidays),
  );
  return {
    isOpen: (at = now()) => plans.spanAt(at) !== undefined,
    status: (at = now()) => plans.status(at),
    nextOpening: (at = now()) => plans.nextOpening(at),
    nextClosing: (at = now()) => plans.nextClosing(at),
  };
}

class Plans {
  private readonly plans = new Map<number, DayPlan>();

  constructor(
    private readonly time: ZoneTime,
    private readonly rules: OpeningRules,
    private readonly holidays: HolidayCalendar | undefined,
  ) {}

  /** Where it is open at a moment, and the day whose hours that are. */
  spanAt(at: number): { readonly plan: DayPlan } | undefined {
    const day = this.dayAt(at);
    // Hours over midnight are those of the day before.
    for (const each of [day, day - 1]) {
      const plan = this.plan(each);
      if (plan.spans.some(({ start, end }) => at >= start && at < end)) return { plan };
    }
    return undefined;
  }

  status(at: number): OpeningStatus {
    const open = this.spanAt(at);
    const { reason, holidays } = open?.plan ?? this.plan(this.dayAt(at));
    const until = open === undefined ? this.nextOpening(at) : this.nextClosing(at);
    const holiday = holidays.find(({ start, end }) => at >= start && at < end)?.name;
    const shut = open === undefined && holiday !== undefined;
    return {
      open: open !== undefined,
      ...(until === undefined ? {} : { until }),
      reason: shut ? 'holiday' : reason,
      ...(shut ? { holiday } : {}),
    };
  }

  nextOpening(at: number): number | undefined {
    for (const { start } of this.spansFrom(at)) if (start > at) return start;
    return undefined;
  }

  nextClosing(at: number): number | undefined {
    for (const { end } of this.spansFrom(at)) {
      if (end > at) return end === Infinity ? undefined : end;
    }
    return undefined;
  }

  /** Those that end after `at` or some hours before, each as long as it is open without a break. */
  private *spansFrom(at: number): Generator<Span> {
    const today = this.dayAt(at);
    let last: Span | undefined;
    for (let day = today - 1; day <= today + horizon; day += 1) {
      for (const span of this.plan(day).spans) {
        if (last !== undefined && span.start <= last.end) {
          last = { start: last.start, end: Math.max(last.end, span.end) };
          continue;
        }
        if (last !== undefined) yield last;
        last = span;
      }
    }
    if (last === undefined) return;
    // Open up to the last day that is looked at: nobody knows when that ends.
    const edge = this.time.momentOf(today + horizon + 1, 0);
    yield { start: last.start, end: last.end >= edge ? Infinity : last.end };
  }

  private dayAt(at: number): number {
    if (!Number.isFinite(at)) {
      throw openingHoursInvalid(
        `the time is ${String(at)}. Hand in milliseconds since the epoch, or nothing for now.`,
      );
    }
    return this.time.dayAt(at);
  }

  private plan(day: number): DayPlan {
    let plan = this.plans.get(day);
    if (plan !== undefined) return plan;
    if (this.plans.size >= mostDays) this.plans.clear();
    const exception = this.rules.exceptions.get(day);
    const holidays = exception === undefined ? (this.holidays?.on(day) ?? []) : [];
    let hours: readonly Hours[] = exception ?? this.rules.week[weekdayOf(day)] ?? [];
    for (const holiday of holidays) hours = hours.flatMap((each) => without(each, holiday));
    plan = {
      reason: exception === undefined ? 'hours' : 'exception',
      spans: hours.map((each) => this.span(day, each)).filter(({ start, end }) => start < end),
      holidays: holidays.map((each) => ({ ...this.span(day, each), name: each.name })),
    };
    this.plans.set(day, plan);
    return plan;
  }

  private span(day: number, { from, until }: Hours): Span {
    return { start: this.time.momentOf(day, from), end: this.time.momentOf(day, until) };
  }
}

/** What is left of some hours; those that begin before a holiday may go on after it. */
function without(hours: Hours, holiday: Hours): Hours[] {
  // A holiday that goes up to midnight takes the hours after it along.
  const end = holiday.until === 1_440 ? Infinity : holiday.until;
  return [
    { from: hours.from, until: Math.min(hours.until, holiday.from) },
    { from: Math.max(hours.from, end), until: hours.until },
  ].filter(({ from, until }) => from < until);
}
