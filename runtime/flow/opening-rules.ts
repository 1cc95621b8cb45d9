import { CallchartError } from '../core/errors';
import { closest } from '../core/suggest';
import type { OpeningHoursOptions } from './opening-hours';
import { dateOfDay, dayOfDate, isZone } from './zone-time';

/** Minutes from the midnight that a day begins with; `until` may be in the next day. */
export interface Hours {
  readonly from: number;
  readonly until: number;
}

export interface OpeningRules {
  /** From Monday to Sunday. */
  readonly week: readonly (readonly Hours[])[];
  /** By the number of the day. */
  readonly exceptions: ReadonlyMap<number, readonly Hours[]>;
}

export const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** The longest span of dates in one exception: more is a mistake in the year. */
const mostDates = 366;

export function openingHoursInvalid(message: string): CallchartError {
  return new CallchartError('CALLCHART_OPENING_HOURS_INVALID', `openingHours: ${message}`);
}

/** Reads what a flow has written. Throws {@link openingHoursInvalid} with the member and the remedy. */
export function openingRules({ zone, week, exceptions = {} }: OpeningHoursOptions): OpeningRules {
  if (typeof zone !== 'string' || !isZone(zone)) {
    throw openingHoursInvalid(
      `zone is ${shown(zone)}, which is no time zone. Use an IANA name, such as 'Europe/Berlin'.`,
    );
  }
  return { week: readWeek(week), exceptions: readExceptions(exceptions) };
}

function readWeek(week: unknown): (readonly Hours[])[] {
  if (typeof week !== 'object' || week === null || Object.keys(week).length === 0) {
    throw openingHoursInvalid("week is missing. Write it as { 'mon-fri': '09:00-17:00' }.");
  }
  const ranges: (readonly Hours[] | undefined)[] = [];
  const single: (readonly Hours[] | undefined)[] = [];
  for (const [key, value] of Object.entries(week)) {
    const hours = readHours(value, `week.${key}`);
    const days = daysOf(key);
    for (const day of days) {
      // A day by itself says more than a range that it is in.
      const list = days.length === 1 ? single : ranges;
      if (list[day] !== undefined) {
        throw openingHoursInvalid(
          `week has ${dayNames[day] ?? ''} twice. Name each day in one range only; a day by itself goes before a range.`,
        );
      }
      list[day] = hours;
    }
  }
  return dayNames.map((_, day) => single[day] ?? ranges[day] ?? []);
}

function daysOf(key: string): number[] {
  const parts = key.split('-');
  const [first = -1, last = first] = parts.map((part) => dayNames.findIndex((day) => day === part));
  if (parts.length > 2 || first < 0 || last < 0) {
    const meant = closest(key, dayNames);
    throw openingHoursInvalid(
      `week has the day '${key}', and days are ${dayNames.join(', ')}, or two of them as in 'mon-fri'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
    );
  }
  // `fri-mon` goes over the end of the week.
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => (first + index) % 7);
}

function readExceptions(exceptions: object): Map<number, readonly Hours[]> {
  const found = new Map<number, readonly Hours[]>();
  for (const [key, value] of Object.entries(exceptions)) {
    const [first, last] = datesOf(key);
    const hours = readHours(value, `exceptions['${key}']`);
    for (let day = first; day <= last; day += 1) {
      if (found.has(day)) {
        throw openingHoursInvalid(`exceptions has ${dateOfDay(day)} twice. Say it once.`);
      }
      found.set(day, hours);
    }
  }
  return found;
}

function datesOf(key: string): [first: number, last: number] {
  const parts = key.split('/');
  const [first, last = first] = parts.map(dayOfDate);
  if (parts.length > 2 || first === undefined || last === undefined) {
    throw openingHoursInvalid(
      `exceptions has '${key}', which is no date. Write one as '2026-12-24', several as '2026-12-28/2026-12-31'.`,
    );
  }
  if (last < first || last - first >= mostDates) {
    throw openingHoursInvalid(
      `exceptions has '${key}', which is not one to ${mostDates} days. The first date goes first.`,
    );
  }
  return [first, last];
}

function readHours(value: unknown, member: string): Hours[] {
  if (value === 'closed') return [];
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const hours = texts.map((text) => readSpan(text, member));
  const sorted = [...hours].sort((a, b) => a.from - b.from);
  const overlap = sorted.some(({ from }, index) => from < (sorted[index - 1]?.until ?? 0));
  if (overlap) {
    throw openingHoursInvalid(
      `${member} has hours that overlap: ${texts.join(', ')}. Put them together, or correct one.`,
    );
  }
  return sorted;
}

function readSpan(text: unknown, member: string): Hours {
  const [, ...parts] =
    /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(typeof text === 'string' ? text : '') ?? [];
  const [h1 = NaN, m1 = NaN, h2 = NaN, m2 = NaN] = parts.map(Number);
  const from = h1 * 60 + m1;
  const until = h2 * 60 + m2;
  if (!(m1 < 60 && m2 < 60 && from < 1_440 && until <= 1_440 && from !== until)) {
    throw openingHoursInvalid(
      `${member} is ${shown(text)}. Write hours as '09:00-17:00', over midnight as '22:00-02:00', a whole day as '00:00-24:00', none as 'closed'.`,
    );
  }
  return { from, until: until < from ? until + 1_440 : until };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'missing');
}
