import type { Day } from './language';

/** Milliseconds of the first moment of the year 1000 and of the last day of 9999: what years are said for. */
const FIRST = Date.UTC(1000, 0, 2);
const LAST = Date.UTC(9999, 11, 30);

const formats = new Map<string | undefined, Intl.DateTimeFormat>();

/** The clock and calendar of a zone, or of this machine; undefined where there is no such zone. */
function formatOf(zone: string | undefined): Intl.DateTimeFormat | undefined {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en', {
        ...{ calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23', timeZone: zone },
        ...{
          year: 'numeric',
          month: 'numeric',
          day: 'numeric',
          hour: 'numeric',
          minute: 'numeric',
        },
      });
    } catch {
      return undefined;
    }
    formats.set(zone, format);
  }
  return format;
}

export function isZone(zone: string): boolean {
  return formatOf(zone) !== undefined;
}

/** Whether milliseconds since the epoch are a moment whose year can be said. */
export function isMoment(value: number): boolean {
  return value >= FIRST && value <= LAST;
}

/** What clocks and calendars show at a moment, in milliseconds since the epoch. */
export function zoned(moment: number, zone?: string): Day & { hour: number; minute: number } {
  const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0 };
  for (const { type, value } of formatOf(zone)?.formatToParts(moment) ?? []) {
    if (type in part) part[type as keyof typeof part] = Number(value);
  }
  return { ...part, weekday: weekdayOf(part.year, part.month, part.day) };
}

/** The day that `2026-11-22` means, or undefined where the calendar has none. */
export function readDay(text: string): Day | undefined {
  const [, year = 0, month = 0, day = 0] = (/^([1-9]\d{3})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(
    Number,
  );
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year === 0 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return { year, month, day, weekday: date.getUTCDay() };
}

/** The hour and minute that `14:30` means, or undefined. */
export function readTime(text: string): { hour: number; minute: number } | undefined {
  const [, hour, minute] = (/^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []).map(Number);
  return hour === undefined || minute === undefined ? undefined : { hour, minute };
}

function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}
