import { basename, extname } from 'node:path';
import type { CallRecord, LegRecord } from '../call/call-record';
import type { CallHappening } from '../call/happenings';
import type { CallInfo } from '../call/port';
import {
  callOutcome,
  type EventCall,
  type EventDraft,
  type EventQuality,
  type EventRecording,
} from './event';

/** What all happenings have. */
const common = new Set(['time', 'call', 'type']);

/** A recording's id: the name of its file, which no other recording has. */
export function recordingId(path: string): string {
  return basename(path, extname(path));
}

/**
 * What is told outside when something has happened with a call: nothing of what its record tells a little later.
 *
 * @param sizeOf octets of a file, where it is there
 */
export function draftsOf(
  happening: CallHappening,
  sizeOf: (path: string) => number | undefined,
): readonly EventDraft[] {
  const { type } = happening;
  switch (type) {
    case 'call.started': {
      const { info, flow } = happening;
      return [{ type, data: { ...callOf(info), ...given({ flow }) } }];
    }
    case 'call.ringing':
      return [{ type, data: {} }];
    case 'call.answered':
      return [{ type, data: callOf(happening.info) }];
    case 'call.state': {
      const { flow, state } = happening;
      return [{ type, data: { ...given({ flow }), state } }];
    }
    case 'call.flow': {
      const { flow, version } = happening;
      return [{ type, data: { flow, version } }];
    }
    case 'call.digits': {
      const { digits, valid } = happening;
      return [{ type, data: { digits, ...(typeof valid === 'boolean' ? { valid } : {}) } }];
    }
    case 'recording.completed': {
      const data = recordingOf(happening, sizeOf);
      return data === undefined ? [] : [{ type, data }];
    }
    case 'recording.deleted':
      return [{ type, data: { recording: recordingId(happening.path) } }];
    case 'call.transfer': {
      const data = Object.entries(happening).filter(([key]) => !common.has(key));
      return [{ type, data: Object.fromEntries(data) }];
    }
    case 'leg.started':
    case 'leg.ringing':
    case 'leg.answered': {
      const { leg, target, uri } = happening;
      return [{ type, data: { leg, target, uri } }];
    }
    case 'leg.ended': {
      const { leg, target, uri, answered, talked, status, cause } = happening;
      return [{ type, data: { leg, target, uri, answered, talked, status, cause } }];
    }
    case 'recording.started':
    case 'leg.identified':
    case 'stream.started':
    case 'stream.ended':
      // For those who ask about that recording, leg or stream.
      return [];
    case 'conference.started':
    case 'conference.ended':
    case 'conference.joined':
    case 'conference.left':
    case 'conference.muted':
    case 'conference.unmuted':
    case 'conference.held':
    case 'conference.resumed':
    case 'conference.speaking':
    case 'conference.silent':
      // Of a conference and not of a call: for those who ask about that conference.
      return [];
    case 'call.ended':
      // With the record, of which it is the summary.
      return [];
    case 'call.recorded':
      return [...qualityOf(happening.record), endOf(happening.record)];
  }
}

function callOf(info: CallInfo): EventCall {
  const { direction = 'inbound', callId, from, to, dialled, trunk, user } = info;
  return {
    direction,
    ...(callId === '' ? {} : { callId }),
    ...{ from, to, dialled },
    ...given({ trunk, user }),
  };
}

/** What is known of a recording that was kept. */
export function recordingOf(
  happening: Extract<CallHappening, { readonly type: 'recording.completed' }>,
  sizeOf: (path: string) => number | undefined,
): EventRecording | undefined {
  const { path, duration, format, channels, endedBy } = happening;
  if (path === undefined) return undefined;
  return {
    ...{ recording: recordingId(path), path, duration },
    ...given({ format: text(format), channels: text(channels) }),
    ...given({ endedBy: text(endedBy), size: sizeOf(path) }),
  };
}

function qualityOf({ media, legs }: CallRecord): readonly EventDraft[] {
  const heard = legs.flatMap((leg: LegRecord) =>
    leg.media === undefined ? [] : { target: leg.target, ...quality(leg.media) },
  );
  if (media === undefined && heard.length === 0) return [];
  const own = media === undefined ? {} : { media: quality(media) };
  return [{ type: 'call.quality', data: { ...own, legs: heard } }];
}

function quality(media: NonNullable<CallRecord['media']>): EventQuality {
  const { codec, mos, remoteMos, jitter, packetsLost, packetsReceived, packetsSent } = media;
  const { remoteLoss, roundTrip } = media;
  const expected = packetsReceived + packetsLost;
  return {
    ...given({ codec, mos, remoteMos }),
    jitter,
    loss: expected === 0 ? 0 : packetsLost / expected,
    ...given({ remoteLoss, roundTrip }),
    ...{ packetsReceived, packetsSent },
  };
}

function endOf(record: CallRecord): EventDraft {
  const { direction, callId, from, to, dialled, trunk, user, end, flow } = record;
  const { started, answeredAt, ended, duration, talked, recordings, errors } = record;
  return {
    type: 'call.ended',
    data: {
      direction,
      ...(callId === '' ? {} : { callId }),
      ...{ from, to, dialled },
      ...given({ trunk, user }),
      ...{ status: callOutcome(record), end },
      ...given({ flow, state: record.path.at(-1)?.state }),
      started,
      ...given({ answered: answeredAt }),
      ...{ ended, duration, talked },
      recordings: recordings.flatMap(({ path, removed }) =>
        typeof path === 'string' && removed !== true ? [recordingId(path)] : [],
      ),
      errors: errors.length,
    },
  };
}

type Given<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the members that are undefined. */
function given<T extends object>(members: T): Given<T> {
  const known: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(members)) if (value !== undefined) known[key] = value;
  return known as Given<T>;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
