import type { CallEnd, CallInfo } from '../call/port';
import type { CallFact, CallHappening, ConferenceFact } from '../call/happenings';
import { type CallStatus, sipStatus, unansweredStatus } from './call-status';
import type {
  ProgressContext,
  RecordingProgress,
  StatusReport,
  StatusReports,
  StreamProgress,
} from '../document/reports';
import {
  given,
  machineParameters,
  recordingParameters,
  seconds,
  type ParameterLinks,
} from './outcome-parameters';
import { addressName, partiesOfCall } from './parties-of-call';
import { callSid, conferenceSid } from './sid';

/** Of a call, or of a leg that a call dials: what apps may ask to be told of, in its order. */
export type CallEventName = 'initiated' | 'ringing' | 'answered' | 'completed';

const EVENTS: { readonly [T in CallFact['type']]?: CallEventName } = {
  'call.started': 'initiated',
  'call.ringing': 'ringing',
  'call.answered': 'answered',
  'call.ended': 'completed',
  'leg.started': 'initiated',
  'leg.ringing': 'ringing',
  'leg.answered': 'answered',
  'leg.ended': 'completed',
};

const STATUS: Readonly<Record<Exclude<CallEventName, 'completed'>, CallStatus>> = {
  initiated: 'initiated',
  ringing: 'ringing',
  answered: 'in-progress',
};

/** A happening of a call, or of one of its legs, as a status callback; undefined for those that have none. */
export function progressReport(
  happening: CallHappening,
  context: ProgressContext,
): StatusReport | undefined {
  const event = EVENTS[happening.type];
  if (event === undefined) return undefined;
  const common = {
    CallbackSource: 'call-progress-events',
    SequenceNumber: String(context.sequence),
    Timestamp: timestamp(happening.time),
  };
  const own = isLeg(happening)
    ? legParameters(happening, context.info)
    : endParameters(happening, context.answered);
  const status = event === 'completed' ? {} : { CallStatus: STATUS[event] };
  return { event, parameters: given({ ...common, ...status, ...own }) };
}

type LegHappening = Extract<CallHappening, { readonly leg: string }>;

function isLeg(happening: CallHappening): happening is LegHappening {
  return happening.type.startsWith('leg.');
}

type Optional = Readonly<Record<string, string | undefined>>;

function legParameters(happening: LegHappening, parent: CallInfo): Optional {
  const { from } = partiesOfCall(parent);
  const to = addressName(happening.target);
  const names = {
    CallSid: callSid(happening.leg),
    ParentCallSid: callSid(happening.call),
    From: from,
    To: to,
    Caller: from,
    Called: to,
    Direction: 'outbound-dial',
  };
  if (happening.type !== 'leg.ended') return names;
  const { answered, talked, status, cause } = happening;
  return {
    ...names,
    CallStatus: answered ? 'completed' : legStatus(status, cause),
    ...lengths(answered ? talked : 0),
    SipResponseCode: String(answered ? 200 : status),
  };
}

function legStatus(status: number, cause: string): CallStatus {
  if (cause === 'cancel' || cause === 'answered-elsewhere') return 'canceled';
  return cause === 'timeout' ? 'no-answer' : sipStatus(status);
}

function endParameters(happening: CallHappening, answered: number | undefined): Optional {
  if (happening.type !== 'call.ended') return {};
  const { end, time } = happening;
  return {
    CallStatus: endStatus(end, answered !== undefined),
    ...lengths(answered === undefined ? 0 : time - answered),
    SipResponseCode: String(answered === undefined ? end.status : 200),
  };
}

/** How a call has ended. */
export function endStatus(end: CallEnd, answered: boolean): CallStatus {
  return answered ? 'completed' : unansweredStatus(end);
}

/** Twilio counts minutes that have begun, too. */
function lengths(talked: number): Optional {
  return {
    CallDuration: seconds(talked),
    Duration: String(Math.ceil(Math.max(0, talked) / 60_000)),
  };
}

/** A recording, for `recordingStatusCallback`. */
export function recordingReport(progress: RecordingProgress, links: ParameterLinks): StatusReport {
  const { status, path, duration, started, channels, source, conference } = progress;
  const file = recordingParameters({ path, duration: duration ?? 0 }, links);
  const parameters = given({
    ...file,
    // Twilio: there is nothing to fetch before it is completed.
    ...(status === 'completed' ? {} : { RecordingUrl: undefined, RecordingDuration: undefined }),
    RecordingStatus: status,
    RecordingChannels: String(channels),
    RecordingTrack: 'both',
    RecordingSource: source,
    RecordingStartTime: started === undefined ? undefined : timestamp(started),
    ConferenceSid: conference === undefined ? undefined : conferenceSid(conference),
  });
  return { event: status, parameters };
}

/** What happens in a conference: Twilio's name of it, and the word by which apps ask for it. */
const CONFERENCE_EVENTS: Readonly<
  Record<ConferenceFact['type'], readonly [name: string, event: string]>
> = {
  'conference.started': ['conference-start', 'start'],
  'conference.ended': ['conference-end', 'end'],
  'conference.joined': ['participant-join', 'join'],
  'conference.left': ['participant-leave', 'leave'],
  'conference.muted': ['participant-mute', 'mute'],
  'conference.unmuted': ['participant-unmute', 'mute'],
  'conference.held': ['participant-hold', 'hold'],
  'conference.resumed': ['participant-unhold', 'hold'],
  'conference.speaking': ['participant-speech-start', 'speaker'],
  'conference.silent': ['participant-speech-stop', 'speaker'],
};

const END_REASONS = {
  moderator: 'participant-with-end-conference-on-exit-left',
  last: 'last-participant-left',
  api: 'conference-ended-via-api',
} as const;

const LEAVE_REASONS: Readonly<Record<string, string>> = {
  caller: 'participant_hung_up',
  kicked: 'participant_updated_via_api',
  ended: 'moderator_ended_conference',
};

/** `time` is in milliseconds since the epoch. */
export function conferenceReport(fact: ConferenceFact, time: number): StatusReport {
  const { participant, conference, name, sequence } = fact;
  const [event, subscription] = CONFERENCE_EVENTS[fact.type];
  const ofAll = fact.type === 'conference.started' || fact.type === 'conference.ended';
  const parameters = given({
    ConferenceSid: conferenceSid(conference),
    FriendlyName: name,
    StatusCallbackEvent: event,
    SequenceNumber: String(sequence),
    Timestamp: timestamp(time),
    ...(ofAll ? {} : participantParameters(participant)),
    ...(fact.type === 'conference.left'
      ? { ReasonParticipantLeft: LEAVE_REASONS[fact.reason] }
      : {}),
    ...(fact.type === 'conference.ended'
      ? {
          CallSidEndingConference: callSid(participant.call),
          ReasonConferenceEnded: END_REASONS[fact.reason],
        }
      : {}),
  });
  return { event: subscription, parameters };
}

function participantParameters(participant: ConferenceFact['participant']): Optional {
  return {
    CallSid: callSid(participant.call),
    ParticipantLabel: participant.label,
    Muted: String(participant.muted),
    Hold: String(participant.held),
    Coaching: String(participant.coach !== undefined),
    StartConferenceOnEnter: String(participant.startOnEnter),
    EndConferenceOnExit: String(participant.endOnExit),
  };
}

/** A media stream, for `statusCallback`. */
export function streamReport(
  what: 'started' | 'stopped' | 'error',
  stream: StreamProgress,
): StatusReport {
  const parameters = given({
    StreamSid: stream.sid,
    StreamName: stream.name === '' ? undefined : stream.name,
    StreamEvent: `stream-${what}`,
    StreamError: stream.error,
    Timestamp: new Date(stream.time).toISOString(),
  });
  return { event: what, parameters };
}

/** Who has answered a leg, for `amdStatusCallback`. */
export function machineReport(leg: string, result: unknown): StatusReport {
  const parameters = given({ CallSid: callSid(leg), ...machineParameters(result) });
  return { event: 'amd', parameters };
}

/** All of these, as a server tells them. */
export function statusReports(links: ParameterLinks): StatusReports {
  return {
    progress: progressReport,
    recording: (progress) => recordingReport(progress, links),
    conference: conferenceReport,
    stream: streamReport,
    machine: machineReport,
  };
}

/** As mail writes it (RFC 2822), which is Twilio's way: `Mon, 23 Nov 2026 03:30:00 +0000`. */
export function timestamp(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}
