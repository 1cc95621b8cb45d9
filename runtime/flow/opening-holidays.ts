import type DateHolidays from 'date-holidays';
import { closest } from '../core/suggest';
import type { HolidayPlace, HolidayType } from './opening-hours';
import { openingHoursInvalid } from './opening-rules';
import { dateOfDay, dayOfDate } from './zone-time';

/** A holiday on one day, in minutes from its midnight: some begin or end at another time. */
export interface HolidayOnDay {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

const WHOLE_DAY = 1_440;

const holidayTypes: readonly HolidayType[] = ['public', 'bank', 'school', 'optional', 'observance'];

/** The holidays of a country, or of a part of one. */
export class HolidayCalendar {
  private readonly calendar: DateHolidays;
  private readonly types: ReadonlySet<string>;
  private readonly years = new Map<number, ReadonlyMap<number, readonly HolidayOnDay[]>>();

  /** Throws {@link openingHoursInvalid} for a place that is not known. */
  constructor(place: string | HolidayPlace) {
    const { country, state, region, types } = placeOf(place);
    // What is known of all countries takes a tenth of a second and 20 MB: for those alone who want it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a flow is built at once, so import() is too late
    const Holidays = require('date-holidays') as new () => DateHolidays;
    this.calendar = new Holidays();
    const codes: string[] = [];
    const add = (member: string, code: string | undefined, known: object | undefined): void => {
      if (code === undefined) return;
      codes.push(oneOf(member, code.toUpperCase(), Object.keys(known ?? {}), codes));
    };
    add('country', country, this.calendar.getCountries());
    add('state', state, this.calendar.getStates(codes[0] ?? ''));
    add('region', region, this.calendar.getRegions(codes[0] ?? '', codes[1] ?? ''));
    this.calendar.init(...(codes as [string, string, string]));
    for (const type of types) oneOf('types', type, holidayTypes, []);
    this.types = new Set(types);
  }

  /** Those on a day, by its number. */
  on(day: number): readonly HolidayOnDay[] {
    const year = Number(dateOfDay(day).slice(0, 4));
    // A holiday of several days may have begun in December.
    return [...(this.ofYear(year - 1).get(day) ?? []), ...(this.ofYear(year).get(day) ?? [])];
  }

  private ofYear(year: number): ReadonlyMap<number, readonly HolidayOnDay[]> {
    let days = this.years.get(year);
    if (days === undefined) this.years.set(year, (days = this.read(year)));
    return days;
  }

  private read(year: number): Map<number, HolidayOnDay[]> {
    const days = new Map<number, HolidayOnDay[]>();
    for (const { date, start, end, name, type } of this.calendar.getHolidays(year)) {
      if (!this.types.has(type)) continue;
      // By the calendar and not by the moment: a country may have other zones than the one of the hours.
      const [, calendarDate = '', hours = '0', minutes = '0'] =
        /^(\S+) (\d+):(\d+)/.exec(date) ?? [];
      let day = dayOfDate(calendarDate);
      let from = Number(hours) * 60 + Number(minutes);
      // To whole hours, of which a day may have 23 or 25.
      let left = Math.round((end.getTime() - start.getTime()) / 3_600_000) * 60;
      if (left % WHOLE_DAY === 60 || left % WHOLE_DAY === WHOLE_DAY - 60) {
        left = Math.round(left / WHOLE_DAY) * WHOLE_DAY;
      }
      for (; day !== undefined && left > 0; day += 1, from = 0) {
        const until = Math.min(WHOLE_DAY, from + left);
        days.set(day, [...(days.get(day) ?? []), { name, from, until }]);
        left -= until - from;
      }
    }
    return days;
  }
}

function placeOf(
  place: string | HolidayPlace,
): HolidayPlace & { readonly types: readonly HolidayType[] } {
  if (typeof place !== 'string') return { ...place, types: place.types ?? ['public'] };
  const [country = '', state, region] = place.split('-');
  return {
    country,
    ...(state === undefined ? {} : { state }),
    ...(region === undefined ? {} : { region }),
    types: ['public'],
  };
}

function oneOf(
  member: string,
  word: string,
  known: readonly string[],
  within: readonly string[],
): string {
  if (known.includes(word)) return word;
  const where = within.length === 0 ? '' : ` in ${within.join('-')}`;
  if (known.length === 0) {
    throw openingHoursInvalid(
      `holidays has the ${member} '${word}', and none is known${where}. Leave it out.`,
    );
  }
  const meant = closest(word, known);
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  throw openingHoursInvalid(
    `holidays has the ${member} '${word}', which is not known${where}: use one of ${known.join(', ')}.${hint}`,
  );
}
