import type { Random } from '../core/random';
import type { WebResult } from '../web/port';

/** What a subscriber's answer means for the event. */
export type Answer =
  | { readonly type: 'taken' }
  /** `final`: there is no use in trying again. */
  | { readonly type: 'failed'; readonly error: string; readonly final: boolean }
  /** The request was given up before it came to anything. */
  | { readonly type: 'unknown' };

/** 2xx is taken; 410 says that nobody there will ever want it; all else is tried again. */
export function judge(
  result: WebResult | { readonly type: 'failed'; readonly message: string },
): Answer {
  if (result.type === 'failed') {
    if ('reason' in result && result.reason === 'aborted') return { type: 'unknown' };
    return { type: 'failed', error: result.message, final: false };
  }
  const { status, headers } = result;
  if (status >= 200 && status < 300) return { type: 'taken' };
  const to = status >= 300 && status < 400 ? headers['location'] : undefined;
  const hint = to === undefined ? '' : ': redirects are not followed';
  return { type: 'failed', error: `answered ${status}${hint}`, final: status === 410 };
}

/** Milliseconds; the first pause is 1 s, each is twice as long as the one before. */
const shortest = 1_000;
const longest = 600_000;

/**
 * Milliseconds until the next attempt, after so many before this one: doubled each time, at random between half of it
 * and all, so that what failed together does not come back together.
 */
export function pauseAfter(attempts: number, random: Random): number {
  const whole = Math.min(shortest * 2 ** Math.min(attempts, 30), longest);
  return Math.round((whole / 2) * (1 + random.uint32() / 2 ** 32));
}
