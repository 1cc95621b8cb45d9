import type { IANAZone } from 'luxon';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Every flow loads this file, and luxon takes longer than all else that it loads: for those alone who have hours. */
function zones(): typeof IANAZone {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a flow is built at once, so import() is too late
  return (require('luxon') as { readonly IANAZone: typeof IANAZone }).IANAZone;
}

export function isZone(name: string): boolean {
  return zones().isValidZone(name);
}

/** Days and times of the clocks in one time zone. Days are counted, from 1970-01-01, which is 0. */
export class ZoneTime {
  private readonly zone: IANAZone;

  /** @param name an IANA name that {@link isZone} knows */
  constructor(name: string) {
    this.zone = zones().create(name);
  }

  /** The day that the calendar shows at a moment. */
  dayAt(moment: number): number {
    return Math.floor((moment + this.offset(moment)) / DAY);
  }

  /**
   * When the clocks show a time: the first moment where they show it twice, and the moment of the change where they
   * skip it. More than 1,440 minutes is a time of the next day.
   */
  momentOf(day: number, minutes: number): number {
    const shown = day * DAY + minutes * MINUTE;
    // No change is within a day of another, and no offset is larger.
    const before = this.offset(shown - DAY);
    const after = this.offset(shown + DAY);
    for (const offset of [Math.max(before, after), Math.min(before, after)]) {
      if (this.offset(shown - offset) === offset) return shown - offset;
    }
    let [earlier, later] = [shown - DAY, shown + DAY];
    while (later - earlier > MINUTE) {
      const middle = Math.floor((earlier + later) / 2 / MINUTE) * MINUTE;
      if (this.offset(middle) === before) earlier = middle;
      else later = middle;
    }
    return later;
  }

  private offset(moment: number): number {
    return this.zone.offset(moment) * MINUTE;
  }
}

/** The number of a day by its date, `2026-12-24`; undefined when there is no such day. */
export function dayOfDate(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const time = Date.parse(`${date}T00:00:00Z`);
  // The thirtieth of February is taken for the second of March.
  return Number.isNaN(time) || dateOfDay(time / DAY) !== date ? undefined : time / DAY;
}

export function dateOfDay(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** 0 is Monday. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return (((day + 3) % 7) + 7) % 7;
}
