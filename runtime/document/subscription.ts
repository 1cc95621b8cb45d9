import type { CallHappening } from '../call/happenings';
import type { Notification } from './bind';
import type { RequestFormat } from './port';
import type { StatusReport } from './reports';
import type { StatusCallback } from './verbs';

/** Who is told of progress, of what, and how. */
export interface Subscription {
  readonly callback: StatusCallback;
  /** What a relative URL of it is relative to; '' for nothing. */
  readonly base: string;
  readonly format: RequestFormat;
  /** Sent with each request. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What is sent to a subscriber; undefined when he has not asked for it. */
export function notificationOf(
  { callback, base, format, parameters }: Subscription,
  report: StatusReport,
  /** What the JSON format tells. */
  outcome: unknown,
): Notification | undefined {
  const { event } = report;
  if (!callback.events.includes(event)) return undefined;
  return {
    ...{ callback, base, format },
    report: {
      ...{ of: 'status', event, outcome },
      parameters: { ...parameters, ...report.parameters },
    },
  };
}

/** A happening without what the request says anyway: whose it is, and who calls whom. */
export function factOf(happening: CallHappening): unknown {
  const members = Object.entries(happening).filter(([name]) => name !== 'call' && name !== 'info');
  return Object.fromEntries(members);
}
