import { below, type Random } from '../core/random';
import type { ExchangeResult } from './exchange';
import type { WebFailure } from './port';

/** Milliseconds before the first time that it is tried again; twice as long before each further one. */
const firstPause = 250;
const longestPause = 10_000;

const worthAnother: ReadonlySet<WebFailure> = new Set([
  'timeout',
  'refused',
  'unknownHost',
  'closed',
]);

/**
 * How many milliseconds to wait before a request is tried again; undefined when it is not worth it. A server that says
 * how long (`Retry-After`) is believed. Else between half the pause and all of it, so that many do not come back at once.
 *
 * @param attempt the one that has just ended, from 1
 */
export function pauseBefore(
  result: ExchangeResult,
  attempt: number,
  now: number,
  random: Random,
): number | undefined {
  if (result.type === 'failed' && !worthAnother.has(result.reason)) return undefined;
  if (result.type === 'answer') {
    if (result.status !== 429 && result.status < 500) return undefined;
    const told = retryAfter(result.headers['retry-after'], now);
    if (told !== undefined) return told;
  }
  const pause = Math.min(longestPause, firstPause * 2 ** (attempt - 1));
  return pause / 2 + below(random, pause / 2);
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
