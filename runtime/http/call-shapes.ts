import type { z } from 'zod';
import type { CallStatus } from '../call/call-status';
import type { CallHandle } from '../service/live-control';
import type * as schemas from './api/schemas';
import type { CallFilter, EndedCall } from './port';

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
    end: null,
  };
}

export function liveDetails(handle: CallHandle): ShownDetails {
  const { status } = handle;
  return {
    ...liveCall(status),
    sipCallId: status.callId,
    legs: status.legs.map(({ of, party, state, held, media }) => ({
      ...{ of, party, state, held },
      media: media === undefined ? null : { ...media },
    })),
    recordings: handle.recordings.map(({ id, state }) => ({ id, state })),
    record: null,
  };
}

/** The members of a record that are shown; it was read from a file, so nothing is taken for granted. */
interface RecordView {
  readonly direction?: 'inbound' | 'outbound';
  readonly from?: { readonly uri?: string };
  readonly dialled?: string;
  readonly trunk?: string;
  readonly user?: string;
  readonly flow?: { readonly name?: string; readonly version?: string };
  readonly path?: readonly { readonly state?: string }[];
  readonly answered?: boolean;
  readonly duration?: number;
  readonly talked?: number;
  readonly end?: NonNullable<ShownCall['end']>;
  readonly recordings?: readonly { readonly path?: unknown }[];
}

/** A call that is over, as it is answered. */
export function endedCall(record: EndedCall): ShownCall {
  const { direction, from, dialled, trunk, user, flow, path, duration, talked, end } =
    record as RecordView;
  return {
    id: record.id,
    state: 'ended',
    direction: direction ?? 'inbound',
    from: from?.uri ?? '',
    dialled: dialled ?? '',
    trunk: trunk ?? null,
    user: user ?? null,
    flow:
      flow?.name === undefined
        ? null
        : { name: flow.name, version: flow.version ?? null, state: path?.at(-1)?.state ?? null },
    started: record.started,
    ended: record.ended,
    duration: duration ?? 0,
    talked: talked ?? 0,
    end: end ?? null,
  };
}

export function endedDetails(record: EndedCall): ShownDetails {
  const { recordings = [] } = record as RecordView;
  return {
    ...endedCall(record),
    sipCallId: record.callId,
    legs: [],
    recordings: [],
    record: {
      ...record,
      // Where the machine has its files is nobody's business: a recording is asked for by its name.
      recordings: recordings.map(({ path, ...rest }) => ({
        ...rest,
        ...(typeof path === 'string' ? { id: path.replace(/^.*[\\/]/, '') } : {}),
      })),
    },
  };
}

/** Whether a call is one of those that are looked for. */
export function fits(call: ShownCall, filter: CallFilter): boolean {
  const { flow, direction, trunk, user, from, dialled, answered, since, until } = filter;
  const started = Date.parse(call.started);
  return (
    (flow === undefined || call.flow?.name === flow) &&
    (direction === undefined || call.direction === direction) &&
    (trunk === undefined || call.trunk === trunk) &&
    (user === undefined || call.user === user) &&
    (from === undefined || isFrom(call.from, from)) &&
    (dialled === undefined || call.dialled === dialled) &&
    (answered === undefined || isAnswered(call) === answered) &&
    (since === undefined || started >= since) &&
    (until === undefined || started < until)
  );
}

function isAnswered({ state, talked }: ShownCall): boolean {
  return state === 'answered' || talked > 0;
}

/** The whole URI, or the user in it. */
function isFrom(uri: string, wanted: string): boolean {
  return uri === wanted || uri.replace(/^\w+:/, '').replace(/[@;].*$/, '') === wanted;
}
