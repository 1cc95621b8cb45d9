import fc from 'fast-check';
import { createActor, setup } from 'xstate';
import { openingHours, type OpeningHoursOptions } from 'callchart';
import { withFlowTime } from '../../runtime/flow/flow-time';
import { loadProblem } from '../../runtime/flow/load-problem';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const zone = 'Europe/Berlin';
const office = openingHours({
  zone,
  week: { 'mon-fri': ['09:00-12:00', '13:00-17:00'], fri: '09:00-15:00', sat: 'closed' },
});

const at = (text: string): number => Date.parse(text);
const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

describe('hours of the week', () => {
  test.each([
    // 2026-11-23 is a Monday; Berlin is an hour before UTC.
    ['2026-11-23T07:59:59Z', false],
    ['2026-11-23T08:00:00Z', true],
    ['2026-11-23T10:59:59Z', true],
    ['2026-11-23T11:00:00Z', false],
    ['2026-11-23T12:00:00Z', true],
    ['2026-11-23T16:00:00Z', false],
    // A day by itself goes before its range.
    ['2026-11-27T13:59:00Z', true],
    ['2026-11-27T14:00:00Z', false],
    ['2026-11-28T10:00:00Z', false],
    ['2026-11-29T10:00:00Z', false],
  ])('%s: %s', (time, open) => {
    expect(office.isOpen(at(time))).toBe(open);
  });

  it('says until when, and when it opens and closes next', () => {
    const lunch = at('2026-11-23T11:30:00Z');
    expect(office.status(lunch)).toEqual({
      open: false,
      until: at('2026-11-23T12:00:00Z'),
      reason: 'hours',
    });
    expect(iso(office.nextOpening(lunch))).toBe('2026-11-23T12:00:00.000Z');
    expect(iso(office.nextClosing(lunch))).toBe('2026-11-23T16:00:00.000Z');
    const friday = at('2026-11-27T13:00:00Z');
    expect(office.status(friday)).toMatchObject({ open: true, until: at('2026-11-27T14:00:00Z') });
    expect(iso(office.nextOpening(friday))).toBe('2026-11-30T08:00:00.000Z');
  });

  it('holds hours over midnight until their end, also over the end of the week', () => {
    const bar = openingHours({ zone, week: { 'fri-sun': '22:00-02:00' } });
    expect(bar.isOpen(at('2026-11-27T21:00:00Z'))).toBe(true);
    expect(bar.isOpen(at('2026-11-28T00:59:00Z'))).toBe(true);
    expect(bar.isOpen(at('2026-11-28T01:00:00Z'))).toBe(false);
    expect(bar.isOpen(at('2026-11-30T00:59:00Z'))).toBe(true);
    expect(iso(bar.nextClosing(at('2026-11-29T21:30:00Z')))).toBe('2026-11-30T01:00:00.000Z');
  });

  it('joins days that are open to midnight and from midnight', () => {
    const late = openingHours({ zone, week: { mon: '18:00-24:00', tue: '00:00-06:00' } });
    expect(late.status(at('2026-11-23T20:00:00Z'))).toEqual({
      open: true,
      until: at('2026-11-24T05:00:00Z'),
      reason: 'hours',
    });
  });

  it('knows no end of what is always open, and no opening of what is always closed', () => {
    const always = openingHours({ zone, week: { 'mon-sun': '00:00-24:00' } });
    const moment = at('2026-11-23T20:00:00Z');
    expect(always.status(moment)).toEqual({ open: true, reason: 'hours' });
    expect(always.nextOpening(moment)).toBeUndefined();
    const never = openingHours({ zone, week: { mon: 'closed' } });
    expect(never.status(moment)).toEqual({ open: false, reason: 'hours' });
    expect(never.nextClosing(moment)).toBeUndefined();
  });
});

describe('changes of the clocks', () => {
  const night = openingHours({ zone, week: { 'mon-sun': ['01:00-02:30', '03:30-04:00'] } });
  const skipped = openingHours({ zone, week: { 'mon-sun': '02:15-02:45' } });
  const across = openingHours({ zone, week: { 'mon-sun': '22:00-06:00' } });
  const span = (hours: typeof night, time: string): (string | undefined)[] => {
    const opens = hours.nextOpening(at(time));
    return [iso(opens), iso(hours.nextClosing(opens))];
  };

  it('in spring, when 02:00 to 03:00 does not exist, what begins or ends there does so at the change', () => {
    // 2026-03-29: 02:00 is 03:00, at 01:00 UTC.
    expect(span(night, '2026-03-28T12:00:00Z')).toEqual([
      '2026-03-29T00:00:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ]);
    expect(span(night, '2026-03-29T01:00:00Z')).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-03-29T02:00:00.000Z',
    ]);
    expect(span(skipped, '2026-03-28T12:00:00Z')).toEqual([
      '2026-03-30T00:15:00.000Z',
      '2026-03-30T00:45:00.000Z',
    ]);
    expect(span(across, '2026-03-28T12:00:00Z')).toEqual([
      '2026-03-28T21:00:00.000Z',
      '2026-03-29T04:00:00.000Z',
    ]);
  });

  it('in autumn, when 02:00 to 03:00 comes twice, the first is meant', () => {
    // 2026-10-25: 03:00 is 02:00 again, at 01:00 UTC.
    expect(span(night, '2026-10-24T12:00:00Z')).toEqual([
      '2026-10-24T23:00:00.000Z',
      '2026-10-25T00:30:00.000Z',
    ]);
    expect(span(skipped, '2026-10-24T12:00:00Z')).toEqual([
      '2026-10-25T00:15:00.000Z',
      '2026-10-25T00:45:00.000Z',
    ]);
    expect(span(across, '2026-10-24T12:00:00Z')).toEqual([
      '2026-10-24T20:00:00.000Z',
      '2026-10-25T05:00:00.000Z',
    ]);
  });

  it('is right where a whole day was skipped, and where clocks change by half an hour', () => {
    const apia = openingHours({ zone: 'Pacific/Apia', week: { 'mon-sun': '09:00-17:00' } });
    // There was no 30 December 2011: the 29th at UTC-10 was followed by the 31st at UTC+14.
    expect(iso(apia.nextOpening(at('2011-12-30T04:00:00Z')))).toBe('2011-12-30T19:00:00.000Z');
    const island = openingHours({ zone: 'Australia/Lord_Howe', week: { sun: '02:15-04:00' } });
    // 2026-10-04: 02:00 at UTC+10:30 is 02:30.
    expect(iso(island.nextOpening(at('2026-10-03T00:00:00Z')))).toBe('2026-10-03T15:30:00.000Z');
  });
});

describe('holidays and exceptions', () => {
  const shop = openingHours({
    zone,
    week: { 'mon-sat': '09:00-20:00' },
    holidays: 'DE-BE',
    exceptions: {
      '2026-12-24': '09:00-12:00',
      '2026-12-28/2026-12-30': 'closed',
      '2026-12-26': '10:00-12:00',
    },
  });

  test.each([
    ['2026-12-23T12:00:00Z', { open: true, reason: 'hours', until: at('2026-12-23T19:00:00Z') }],
    [
      '2026-12-24T10:00:00Z',
      { open: true, reason: 'exception', until: at('2026-12-24T11:00:00Z') },
    ],
    [
      '2026-12-24T12:00:00Z',
      { open: false, reason: 'exception', until: at('2026-12-26T09:00:00Z') },
    ],
    [
      '2026-12-25T12:00:00Z',
      {
        open: false,
        reason: 'holiday',
        holiday: '1. Weihnachtstag',
        until: at('2026-12-26T09:00:00Z'),
      },
    ],
    // An exception opens on a holiday.
    [
      '2026-12-26T10:00:00Z',
      { open: true, reason: 'exception', until: at('2026-12-26T11:00:00Z') },
    ],
    [
      '2026-12-29T12:00:00Z',
      { open: false, reason: 'exception', until: at('2026-12-31T08:00:00Z') },
    ],
    ['2026-12-27T12:00:00Z', { open: false, reason: 'hours', until: at('2026-12-31T08:00:00Z') }],
  ])('%s', (time, status) => {
    expect(shop.status(at(time))).toEqual(status);
  });

  it('keeps the holidays of a state only there', () => {
    const women = at('2027-03-08T12:00:00Z');
    const week = { 'mon-fri': '09:00-17:00' };
    expect(openingHours({ zone, week, holidays: 'DE-BE' }).isOpen(women)).toBe(false);
    expect(openingHours({ zone, week, holidays: { country: 'DE' } }).isOpen(women)).toBe(true);
  });

  it('closes in the middle of a day where a kind of holiday does', () => {
    const bank = openingHours({
      zone,
      week: { 'mon-fri': '09:00-17:00' },
      holidays: { country: 'de', types: ['public', 'bank'] },
    });
    expect(bank.status(at('2026-12-24T12:59:00Z'))).toMatchObject({
      open: true,
      until: at('2026-12-24T13:00:00Z'),
    });
    expect(bank.status(at('2026-12-24T13:00:00Z'))).toMatchObject({ holiday: 'Heiliger Abend' });
  });

  it('keeps holidays of several days, and those of its calendar in another zone of the country', () => {
    const turkey = openingHours({
      zone: 'Europe/Istanbul',
      week: { 'mon-sun': '09:00-17:00' },
      holidays: 'TR',
    });
    for (const day of ['20', '21', '22']) {
      expect(turkey.isOpen(at(`2026-03-${day}T09:00:00Z`))).toBe(false);
    }
    const pacific = openingHours({
      zone: 'America/Los_Angeles',
      week: { 'mon-sun': '00:00-24:00' },
      holidays: 'US',
    });
    expect(iso(pacific.nextClosing(at('2026-12-20T12:00:00Z')))).toBe('2026-12-25T08:00:00.000Z');
    expect(iso(pacific.nextOpening(at('2026-12-25T12:00:00Z')))).toBe('2026-12-26T08:00:00.000Z');
  });
});

test('without a time it is that of the flow, also in a guard, and its status is plain data', () => {
  const machine = setup({ guards: { isOpen: () => office.isOpen() } }).createMachine({
    initial: 'ask',
    states: {
      ask: { always: [{ guard: 'isOpen', target: 'open' }, { target: 'closed' }] },
      open: {},
      closed: {},
    },
  });
  const stateAt = (time: string): unknown =>
    withFlowTime(
      () => at(time),
      () => createActor(machine).start().getSnapshot().value,
    );
  expect(stateAt('2026-11-23T09:00:00Z')).toBe('open');
  expect(stateAt('2026-11-22T03:00:00Z')).toBe('closed');
  const status = office.status(at('2026-11-23T09:00:00Z'));
  expect(JSON.parse(JSON.stringify(status))).toEqual(status);
});

describe('bad input is one error that names the member and the remedy', () => {
  const week = { mon: '09:00-17:00' };
  test.each<[string, unknown, RegExp]>([
    ['zone', { zone: 'Europe/Berln', week }, /zone is 'Europe\/Berln'.*'Europe\/Berlin'/],
    ['no zone', { week }, /zone is missing/],
    ['no week', { zone }, /week is missing.*'mon-fri'/],
    ['day', { zone, week: { monn: '09:00-17:00' } }, /day 'monn'.*Did you mean 'mon'/],
    ['days twice', { zone, week: { 'mon-fri': '09:00-17:00', 'fri-sat': 'closed' } }, /fri twice/],
    ['hours', { zone, week: { mon: '9-17' } }, /week\.mon is '9-17'.*'09:00-17:00'/],
    ['a time that is none', { zone, week: { mon: '09:00-24:30' } }, /week\.mon is '09:00-24:30'/],
    ['no hours', { zone, week: { mon: '09:00-09:00' } }, /week\.mon.*'00:00-24:00'/],
    ['a number', { zone, week: { mon: 9 } }, /week\.mon is 9/],
    ['overlap', { zone, week: { mon: ['09:00-12:00', '11:00-13:00'] } }, /week\.mon.*overlap/],
    ['date', { zone, week, exceptions: { '2026-02-30': 'closed' } }, /'2026-02-30'.*no date/],
    ['dates', { zone, week, exceptions: { '2026-03-02/2026-03-01': 'closed' } }, /first date goes/],
    [
      'a date twice',
      { zone, week, exceptions: { '2026-03-01/2026-03-03': 'closed', '2026-03-02': 'closed' } },
      /2026-03-02 twice/,
    ],
    ['country', { zone, week, holidays: 'XX' }, /country 'XX', which is not known: use one of AD,/],
    ['state', { zone, week, holidays: 'DE-XX' }, /state 'XX', which is not known in DE/],
    ['no states', { zone, week, holidays: 'AD-XX-Y' }, /which is not known in AD/],
    [
      'type',
      { zone, week, holidays: { country: 'DE', types: ['pubic'] } },
      /types 'pubic'.*Did you mean 'public'/,
    ],
  ])('%s', (_, options, message) => {
    expect(() => openingHours(options as OpeningHoursOptions)).toThrow(message);
  });
});

test('a flow that is loaded with a mistake in its hours is told that mistake alone', () => {
  let thrown: unknown;
  try {
    openingHours({ zone, week: { mon: '9-17' } });
  } catch (error) {
    thrown = error;
  }
  expect(loadProblem(thrown)).toMatchObject({
    message: expect.stringMatching(/^openingHours: week\.mon is '9-17'\. .*\.$/) as string,
    remedy: '',
  });
});

describe('for any week', () => {
  const time = fc.integer({ min: 0, max: 95 }).map((quarter) => quarter * 15);
  const text = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const hours = fc
    .tuple(time, time)
    .filter(([from, until]) => from !== until)
    .map(([from, until]) => `${text(from)}-${text(until)}`);
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
  const week = fc
    .dictionary(fc.constantFrom(...days), hours, { minKeys: 1, maxKeys: 7 })
    .map((given) => given as OpeningHoursOptions['week']);
  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Apia',
  );
  const moments = fc
    .integer({ min: 0, max: 2 * 365 * 24 * 60 })
    .map((minutes) => Date.UTC(2026, 0, 1) + minutes * MINUTE);

  it('the next opening is the first minute that is open, and the next closing the first that is not', () => {
    fc.assert(
      fc.property(zones, week, moments, (inZone, given, moment) => {
        const house = openingHours({ zone: inZone, week: given });
        const first = (open: boolean, from: number): number => {
          let minute = from;
          while (house.isOpen(minute) !== open) minute += MINUTE;
          return minute;
        };
        const now = house.isOpen(moment);
        const change = now ? house.nextClosing(moment) : house.nextOpening(moment);
        // A week that is open without a break has no end.
        if (change === undefined) return now && isOpenAllWeek(house.isOpen, moment);
        return (
          change === first(!now, moment) &&
          house.status(moment).until === change &&
          !house.isOpen(change - 1) === !now
        );
      }),
      { numRuns: 100 },
    );
  });

  it('it is open when the clock on the wall says so, on days on which that does not change', () => {
    const names = ['sun', ...days.slice(0, 6)];
    fc.assert(
      fc.property(week, moments, (given, moment) => {
        // Kolkata's clocks never change; half an hour off the hour.
        const wall = new Date(moment + 5.5 * HOUR);
        const minute = wall.getUTCHours() * 60 + wall.getUTCMinutes();
        const minutesOf = (each: string): number[] =>
          each.split('-').map((part) => Number(part.slice(0, 2)) * 60 + Number(part.slice(3)));
        const spanOf = (day: number): number[] => {
          const span = given[names[(day + 7) % 7] as 'mon'];
          return typeof span === 'string' ? minutesOf(span) : [0, 0];
        };
        const [from = 0, until = 0] = spanOf(wall.getUTCDay());
        const [before = 0, tail = 0] = spanOf(wall.getUTCDay() - 1);
        const open =
          (minute >= from && (minute < until || until < from)) || (tail < before && minute < tail);
        return openingHours({ zone: 'Asia/Kolkata', week: given }).isOpen(moment) === open;
      }),
      { numRuns: 500 },
    );
  });

  function isOpenAllWeek(isOpen: (at: number) => boolean, from: number): boolean {
    for (let minute = from; minute < from + 8 * DAY; minute += MINUTE) {
      if (!isOpen(minute)) return false;
    }
    return true;
  }
});
