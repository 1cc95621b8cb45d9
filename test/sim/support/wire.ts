import type { CallRecord } from '../../../runtime/call/call-record';

/** What the server's own wire said of one call. Times are milliseconds since the epoch. */
export class WireView {
  /** An INVITE that begins a call was received. */
  invited = false;
  /** The last final response that was sent to that INVITE. */
  answered: number | undefined;
  /** A CANCEL came while the INVITE had no final response. */
  cancelled = false;
  firstByeIn: number | undefined;
  firstByeOut: number | undefined;
  /** Requests that wait for their final response: methods with branches. */
  readonly unanswered = new Set<string>();
  private readonly done = new Set<string>();

  received(text: string, time: number): void {
    const [, method] = /^([A-Z]+) /.exec(text) ?? [];
    // RFC 3261 §17: an ACK has no response; a response has no method in front.
    if (method === undefined || method === 'ACK') return;
    const key = `${method} ${branchOf(text)}`;
    if (method === 'BYE') this.firstByeIn ??= time;
    // A retransmission, that gets the answer of the first: a 481 for a CANCEL that was too early, too.
    if (this.done.has(key)) return;
    this.unanswered.add(key);
    if (method === 'INVITE' && !/^To:[^\r]*;tag=/im.test(text)) this.invited = true;
    if (method === 'CANCEL' && this.answered === undefined && this.invited) this.cancelled = true;
  }

  sent(text: string, time: number): void {
    if (text.startsWith('BYE ')) this.firstByeOut ??= time;
    const [, status, sequence, method = ''] =
      /^SIP\/2\.0 ([2-6]\d\d) [^]*^CSeq: *(\d+) ([A-Z]+)/m.exec(text) ?? [];
    if (status === undefined) return;
    const key = `${method} ${branchOf(text)}`;
    this.unanswered.delete(key);
    this.done.add(key);
    if (method === 'INVITE' && sequence === '1') this.answered = Number(status);
  }
}

/** Of the topmost Via. */
function branchOf(text: string): string {
  return /^Via:[^\r]*;branch=([^;,\r]+)/im.exec(text)?.[1] ?? '';
}

/** Answers of the user agent, before anybody is asked about the call. */
export const neverACall: ReadonlySet<number> = new Set([
  400, 415, 416, 420, 421, 422, 482, 483, 503, 505,
]);

const causes: Readonly<Record<string, readonly string[]>> = {
  caller: ['bye', 'cancel'],
  flow: ['bye', 'rejected', 'redirected', 'transferred'],
  system: [
    ...['no-ack', 'session-timer', 'transport', 'timeout', 'gone', 'media-timeout', 'shutdown'],
    ...['not-acceptable', 'media-unavailable', 'no-flow', 'flow-error', 'max-duration', 'rejected'],
  ],
};

/** What a record says of the end that cannot be. */
export function endProblem(record: CallRecord, wire: WireView | undefined): string | undefined {
  const { end, answered, duration, talked } = record;
  if (causes[end.by]?.includes(end.cause) !== true) return 'an end that cannot be';
  if (wire === undefined) return 'no message of it was seen';
  if (talked < 0 || talked > duration) return `talked ${talked} of ${duration} ms`;
  // RFC 3261 §9.2.
  if (wire.cancelled && end.cause !== 'cancel') return 'it was cancelled in time';
  if (answered !== (wire.answered === 200)) return `answered with ${wire.answered}`;
  if (!answered) return undefined;
  const { firstByeIn, firstByeOut } = wire;
  if (end.by === 'caller') {
    if (end.cause !== 'bye' || firstByeIn === undefined) return 'the caller sent no BYE';
    if (firstByeOut !== undefined) return 'a BYE was sent to a caller who had hung up';
  } else if (firstByeOut === undefined && firstByeIn === undefined) {
    return 'nobody sent a BYE';
  }
  return undefined;
}
