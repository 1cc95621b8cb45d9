import type { RouteConditions } from '../core/network-config';

export type TimeCondition = NonNullable<RouteConditions['time']>;

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
type Day = (typeof dayNames)[number];

interface LocalTime {
  readonly day: Day;
  /** Since midnight. */
  readonly minutes: number;
}

/** A span of each day, or of some days of the week, in one time zone. */
export class TimeWindow {
  private readonly format: Intl.DateTimeFormat;
  private readonly days: ReadonlySet<Day> | undefined;
  private readonly from: number;
  private readonly until: number;

  constructor(private readonly condition: TimeCondition) {
    this.format = new Intl.DateTimeFormat('en-US', {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(condition.zone === undefined ? {} : { timeZone: condition.zone }),
    });
    this.days = condition.days === undefined ? undefined : new Set(condition.days);
    this.from = minutesOf(condition.from ?? '00:00');
    this.until = minutesOf(condition.until ?? '24:00');
  }

  /** @param time milliseconds since the epoch */
  holds(time: number): boolean {
    const { day, minutes } = this.localTime(time);
    if (this.from < this.until) {
      return this.isDay(day) && minutes >= this.from && minutes < this.until;
    }
    // Past midnight it is still the span that began the day before.
    return minutes >= this.from ? this.isDay(day) : minutes < this.until && this.isDay(before(day));
  }

  /** Why it does not hold: `it is Sun 10:00 (Europe/Berlin), not mon, tue 09:00–17:30`. */
  reason(time: number): string {
    const { day, minutes } = this.localTime(time);
    const { days, from, until, zone } = this.condition;
    const hours =
      from === undefined && until === undefined ? '' : ` ${from ?? '00:00'}–${until ?? '24:00'}`;
    const where = zone === undefined ? '' : ` (${zone})`;
    return `it is ${day} ${clock(minutes)}${where}, not ${`${days?.join(', ') ?? ''}${hours}`.trim()}`;
  }

  private isDay(day: Day): boolean {
    return this.days === undefined || this.days.has(day);
  }

  private localTime(time: number): LocalTime {
    let day: Day = 'sun';
    let hours = 0;
    let minutes = 0;
    for (const { type, value } of this.format.formatToParts(time)) {
      if (type === 'weekday') day = value.toLowerCase() as Day;
      else if (type === 'hour') hours = Number(value);
      else if (type === 'minute') minutes = Number(value);
    }
    return { day, minutes: hours * 60 + minutes };
  }
}

function before(day: Day): Day {
  return dayNames[(dayNames.indexOf(day) + 6) % 7] as Day;
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function clock(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
