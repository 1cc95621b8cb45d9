import type { z } from 'zod';
import type { CallStatus } from '../call/call-status';
import { recordingId } from '../events/drafts';
import { callOutcome } from '../events/event';
import type { PastCall } from '../events/port';
import type { CallHandle, LiveRecording } from '../service/live-control';
import type * as schemas from './api/schemas';

export type ShownCall = z.input<typeof schemas.call>;
export type ShownDetails = z.input<typeof schemas.callDetails>;

/** A call in progress, as it is answered. */
export function liveCall(status: CallStatus): ShownCall {
  const { id, state, direction, from, dialled, trunk, user, flow, flowState } = status;
  return {
    ...{ id, state, direction, from, dialled },
    trunk: trunk ?? null,
    user: user ?? null,
    flow: flow === undefined ? null : { name: flow, version: null, state: flowState ?? null },
    started: status.started,
    ended: null,
    duration: status.duration,
    talked: status.talked,
    outcome: null,
    end: null,
  };
}

export function liveDetails({ status, recordings, held, muted }: CallHandle): ShownDetails {
  return {
    ...liveCall(status),
    sipCallId: status.callId,
    legs: status.legs.map(({ of, party, state, held, media }) => ({
      ...{ of, party, state, held },
      media: media === undefined ? null : { ...media },
    })),
    ...{ held, muted },
    recordings: recordings.map(shownRecording),
    record: null,
  };
}

export function shownRecording({ id, state }: LiveRecording): ShownDetails['recordings'][number] {
  return { id, state };
}

/** A call that is over, as it is answered. */
export function endedCall({ record }: PastCall): ShownCall {
  const { id, direction, from, dialled, trunk, user, flow, path, duration, talked, end } = record;
  return {
    ...{ id, state: 'ended', direction, from: from.uri, dialled },
    trunk: trunk ?? null,
    user: user ?? null,
    flow: flow === undefined ? null : { ...flow, state: path.at(-1)?.state ?? null },
    started: record.started,
    ended: record.ended,
    ...{ duration, talked },
    outcome: callOutcome(record),
    end,
  };
}

export function endedDetails(past: PastCall): ShownDetails {
  const { record } = past;
  return {
    ...endedCall(past),
    sipCallId: record.callId,
    legs: [],
    ...{ held: false, muted: false },
    recordings: [],
    record: {
      ...record,
      // Where the machine has its files is nobody's business: a recording is asked for by its id.
      recordings: record.recordings.map(({ path, ...rest }) => ({
        ...rest,
        ...(typeof path === 'string' ? { id: recordingId(path) } : {}),
      })),
    },
  };
}
