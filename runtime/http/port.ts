import type { CallStatus } from '../call/call-status';
import type { Server } from '../service/port';

/** What the API asks of the server of calls. */
export type CallService = Pick<
  Server,
  | 'flows'
  | 'listeners'
  | 'open'
  | 'trunks'
  | 'location'
  | 'draining'
  | 'liveCalls'
  | 'onHappening'
  | 'place'
  | 'call'
  | 'reload'
  | 'drain'
>;

/** The record of a call that is over, as far as it is known here. */
export interface EndedCall {
  readonly id: string;
  readonly callId: string;
  /** ISO 8601. */
  readonly started: string;
  readonly ended: string;
  readonly [key: string]: unknown;
}

/** What calls are looked for by. Times are milliseconds since the epoch. */
export interface CallFilter {
  readonly flow?: string;
  readonly direction?: CallStatus['direction'];
  readonly trunk?: string;
  readonly user?: string;
  readonly from?: string;
  readonly dialled?: string;
  readonly answered?: boolean;
  readonly since?: number;
  readonly until?: number;
}

/** The calls that are over. */
export interface CallHistory {
  /** The latest first; those behind `after`, an id, when it is given. */
  page(filter: CallFilter, limit: number, after?: HistoryMark): Promise<readonly EndedCall[]>;
  find(id: string): Promise<EndedCall | undefined>;
}

/** A call that a page ended with. */
export interface HistoryMark {
  readonly ended: string;
  readonly id: string;
}
