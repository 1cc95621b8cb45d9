import type { CallControl, CallEnd } from '../call/port';

/** How a call stands, in Twilio's words. */
export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled';

/** Ends that only a call without an answer can have. */
const UNANSWERED = new Set([
  ...['cancel', 'rejected', 'redirected', 'no-answer', 'not-acceptable', 'timeout', 'no-ack'],
]);

/** Of a call that is going on, or over: then `end` says how. */
export function callStatus(state: CallControl['state'], end?: CallEnd): CallStatus {
  if (state === 'ringing' || state === 'early') return 'ringing';
  if (state === 'answered') return 'in-progress';
  return end === undefined || !UNANSWERED.has(end.cause) ? 'completed' : unansweredStatus(end);
}

/** Of one that was never answered. */
export function unansweredStatus(end: Pick<CallEnd, 'by' | 'cause' | 'status'>): CallStatus {
  // We gave it up ourselves, as Twilio's API can.
  if (end.cause === 'cancel' && end.by !== 'caller') return 'canceled';
  if (end.cause === 'cancel') return 'no-answer';
  return sipStatus(end.status);
}

/** Of a leg that ended with a SIP status. */
export function sipStatus(status: number): CallStatus {
  if ([486, 600, 603].includes(status)) return 'busy';
  if ([408, 480, 487].includes(status)) return 'no-answer';
  return 'failed';
}
