import type { SipResponse } from '../../sip/message/message';
import type { SessionEnd } from '../../sip/ua/port';
import type { DialResult } from '../port';

/** How an attempt came to nothing, with the status that says so. */
export interface Failure {
  readonly result: Exclude<DialResult, { readonly type: 'answered' }>;
  readonly status: number;
  readonly reason: string;
  /** The final response, where there was one. */
  readonly response?: SipResponse | undefined;
}

/**
 * RFC 3261 §21.4.5, §21.4.11, §21.4.22, §21.4.23, §21.6.3; RFC 5626 §11.6; and what a gateway or a proxy says of a
 * server behind it (§21.5.3 to §21.5.5): there is nobody there to refuse.
 */
const nobodyThere: ReadonlySet<number> = new Set([
  404, 410, 416, 430, 484, 485, 502, 503, 504, 604,
]);

/** RFC 3261 §21.4.9, §21.4.18, §21.4.25: somebody could have answered, and did not. */
const notTaken: ReadonlySet<number> = new Set([408, 480, 487]);

/** What a final status says to a flow. */
export function failureOfStatus(status: number, reason: string): Failure {
  // §21.4.24 and §21.6.1: busy here, busy everywhere.
  if (status === 486 || status === 600) return { result: { type: 'busy' }, status, reason };
  if (notTaken.has(status)) return { result: { type: 'noAnswer' }, status, reason };
  const type = nobodyThere.has(status) ? 'unreachable' : 'rejected';
  return { result: { type, status, reason }, status, reason };
}

/**
 * Why an INVITE of ours had no success.
 *
 * @param rang whether anybody was heard of; without a sign of life a time-out is a server that is down
 */
export function failureOf(
  { cause, status, reason, response }: SessionEnd,
  { rang, overdue }: { readonly rang: boolean; readonly overdue: boolean },
): Failure {
  if (overdue) return { result: { type: 'noAnswer' }, status: 408, reason };
  switch (cause) {
    case 'transport':
      return { result: { type: 'unreachable', status, reason }, status, reason };
    case 'timeout':
      return rang
        ? { result: { type: 'noAnswer' }, status, reason }
        : { result: { type: 'unreachable', status, reason }, status, reason };
    case 'cancel':
      return { result: { type: 'cancelled' }, status, reason };
    default:
      return { ...failureOfStatus(status, reason), response };
  }
}

/** Which of several failures says most to a flow, the first of the list most. */
const telling: readonly Failure['result']['type'][] = [
  'declinedByScreening',
  'noAnswer',
  'busy',
  'rejected',
  'unreachable',
  'cancelled',
];

/** The one that stands for all; the earliest of equals. */
export function mostTelling(failures: readonly Failure[]): Failure {
  const ranked = [...failures].sort(
    (a, b) => telling.indexOf(a.result.type) - telling.indexOf(b.result.type),
  );
  return ranked[0] ?? nobody;
}

const nobody: Failure = {
  result: { type: 'unreachable', status: 404, reason: 'Nobody to call' },
  status: 404,
  reason: 'Nobody to call',
};
