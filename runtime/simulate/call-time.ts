import { DateTime } from 'luxon';
import { SimulationError } from './simulation-error';

/** When a call comes whose test does not say: Monday, 5 January 2026, nine o'clock, UTC. */
export const usualStart = Date.UTC(2026, 0, 5, 9);

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/**
 * Milliseconds since the epoch of `2026-11-22T03:00`, or of `Sunday 03:00` in the week of {@link usualStart}, in a
 * time zone; UTC when absent. A text with an offset of its own, `…+01:00` or `…Z`, keeps it.
 */
export function timeOf(at: string | number | undefined, zone = 'UTC'): number {
  if (at === undefined) return usualStart;
  if (typeof at === 'number') return at;
  const time = DateTime.fromISO(isoOf(at), { zone });
  if (time.isValid) return time.toMillis();
  throw new SimulationError(
    `at: '${at}'${zone === 'UTC' ? '' : ` in ${zone}`} is no time: write '2026-11-22T03:00' or 'Sunday 03:00', and a zone as 'Europe/Berlin'`,
    '',
  );
}

function isoOf(at: string): string {
  const [, day = '', time = ''] = /^([a-z]+),? +(\d{1,2}:\d{2})$/i.exec(at.trim()) ?? [];
  const index = weekdays.findIndex((name) => day.length >= 3 && name.startsWith(day.toLowerCase()));
  return index < 0 ? at : `2026-01-${String(5 + index).padStart(2, '0')}T${time.padStart(5, '0')}`;
}
