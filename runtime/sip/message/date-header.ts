import { MessageError } from './message-error';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * RFC 3261 §20.17: `Sat, 13 Nov 2010 23:29:00 GMT`, in milliseconds since 1970. Throws a `MessageError`
 * for everything else, other time zones included (RFC 4475 §3.1.2.12).
 */
export function parseDate(text: string): number {
  const parts = /^[A-Za-z]{3}, (\d\d) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text);
  const month = months.indexOf(parts?.[2] ?? '');
  if (parts === null || month < 0) throw new MessageError('malformed Date');
  const [day, year, hour, minute, second] = [1, 3, 4, 5, 6].map((i) => Number(parts[i]));
  const time = Date.UTC(year ?? 0, month, day, hour, minute, second);
  // A 31st of February would have become a day of March, and a 25th hour the next day.
  if (formatDate(time).slice(5) !== text.slice(5)) throw new MessageError('malformed Date');
  return time;
}

/** @param time Milliseconds since 1970. */
export function formatDate(time: number): string {
  return new Date(time).toUTCString();
}

/** RFC 3261 §20.38, seconds. */
export interface Timestamp {
  readonly time: number;
  /** How long the server took until it answered. */
  readonly delay: number | undefined;
}

export function parseTimestamp(text: string): Timestamp {
  const parts = /^(\d{1,15}(?:\.\d{0,9})?)(?:[ \t]+(\d{0,15}(?:\.\d{0,9})?))?$/.exec(text);
  if (parts === null) throw new MessageError('malformed Timestamp');
  const delay = parts[2];
  return {
    time: Number(parts[1]),
    delay: delay === undefined || delay === '' || delay === '.' ? undefined : Number(delay),
  };
}
