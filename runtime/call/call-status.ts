import type { MediaStatistics } from '../media/port';
import type { CallControl, CallInfo } from './port';

/** A call in progress. Times are ISO 8601, durations milliseconds. */
export interface CallStatus {
  readonly id: string;
  /** '' of a call that is being placed, until somebody answers. */
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly trunk?: string | undefined;
  readonly user?: string | undefined;
  /** The URI of the caller. */
  readonly from: string;
  readonly dialled: string;
  readonly state: CallControl['state'];
  /** Undefined when a gateway has the call. */
  readonly flow?: string | undefined;
  /** The state that the flow is in: `menu`, or `menu.playing`. */
  readonly flowState?: string | undefined;
  readonly started: string;
  readonly duration: number;
  /** Since the answer; 0 before it. */
  readonly talked: number;
  /** The call's own first, once it is there; then those that it is connected to, or tries to reach. */
  readonly legs: readonly LegStatus[];
}

/** One SIP session of a call in progress. */
export interface LegStatus {
  /** Callchart's own: that of the call, or of a leg that it dials. */
  readonly id: string;
  /** `call`: of whoever called, or was called by the server; `dial`: of somebody whom the call dials. */
  readonly of: 'call' | 'dial';
  /** Who is at its end: a URI, or as the flow named it. */
  readonly party: string;
  readonly state: CallControl['state'] | 'calling';
  /** The party holds us. */
  readonly held: boolean;
  /** As of a second ago at most; undefined while it has no ports. */
  readonly media?: MediaStatistics | undefined;
}

/** What a call has come to, for {@link callStatus}. Times are milliseconds since the epoch. */
export interface CallProgress {
  readonly state: CallControl['state'];
  readonly flow?: string | undefined;
  readonly flowState?: string | undefined;
  readonly answered?: number | undefined;
  readonly legs: readonly LegStatus[];
}

/** A call as of `now`. */
export function callStatus(info: CallInfo, progress: CallProgress, now: number): CallStatus {
  const { id, callId, direction = 'inbound', trunk, user, from, dialled, started } = info;
  const { state, flow, flowState, answered, legs } = progress;
  return {
    ...{ id, callId, direction, trunk, user, from: from.uri, dialled, state, flow, flowState },
    started: new Date(started).toISOString(),
    duration: Math.round(now - started),
    talked: answered === undefined ? 0 : Math.round(now - answered),
    legs,
  };
}
