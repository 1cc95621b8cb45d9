import { conferenceSid, callSid, queueSid, recordingSid } from './sid';
import { sipStatus } from './call-status';

/** Names and values as they are sent. */
export type Parameters = Readonly<Record<string, string>>;

/** Where an app fetches what it is told of. */
export interface ParameterLinks {
  /** Of a recording's file; '' where nobody serves it. */
  recordingUrl(sid: string, path: string): string;
}

/** An actor's outcome, of which nothing is certain: it may come from a log, or from a simulation. */
type Fields = Readonly<Record<string, unknown>>;

/** What the outcome of a verb's actor adds; nothing for those that have nothing to tell. */
export function outcomeParameters(
  of: string,
  outcome: unknown,
  subject: string | undefined,
  links: ParameterLinks,
): Parameters {
  const fields = isFields(outcome) ? outcome : {};
  const type = text(fields['type']) ?? '';
  const make = Object.hasOwn(MAKERS, of) ? MAKERS[of] : undefined;
  return make === undefined ? {} : given(make({ fields, type, subject, links }));
}

interface Told {
  readonly fields: Fields;
  readonly type: string;
  /** The name of the queue that it is about. */
  readonly subject: string | undefined;
  readonly links: ParameterLinks;
}

type Maker = (told: Told) => Readonly<Record<string, string | undefined>>;

const MAKERS: Readonly<Record<string, Maker>> = {
  start: ({ fields }) => machineParameters(fields),
  gather: gatherParameters,
  record: recordParameters,
  dial: dialParameters,
  conference: conferenceParameters,
  enqueue: enqueueParameters,
  dialQueue: dialQueueParameters,
  transfer: transferParameters,
  wait: waitParameters,
  partial: partialParameters,
  whisper: ({ subject }) => (subject === undefined ? {} : { QueueSid: queueSid(subject) }),
};

function gatherParameters({ fields, type }: Told): ReturnType<Maker> {
  if (type === 'speech') {
    return { SpeechResult: text(fields['text']) ?? '', Confidence: numeral(fields['confidence']) };
  }
  const digits = text(fields['digits']) ?? '';
  return { Digits: digits, FinishedOnKey: text(fields['finishedOn']) };
}

/** What a caller seems to say: it may still change. */
function partialParameters({ fields }: Told): ReturnType<Maker> {
  return {
    UnstableSpeechResult: text(fields['text']) ?? '',
    StableSpeechResult: '',
    Stability: numeral(fields['stability']),
    SequenceNumber: numeral(fields['sequence']),
  };
}

function recordParameters({ fields, type, links }: Told): ReturnType<Maker> {
  const digits = type === 'hangup' ? 'hangup' : (text(fields['digit']) ?? '');
  return { ...recordingParameters(fields['recording'], links), Digits: digits };
}

/** Of what was recorded: `RecordingUrl` and the rest. */
export function recordingParameters(
  recording: unknown,
  links: ParameterLinks,
): Readonly<Record<string, string | undefined>> {
  const path = isFields(recording) ? text(recording['path']) : undefined;
  if (!isFields(recording) || path === undefined) return {};
  const sid = recordingSid(path);
  return {
    RecordingSid: sid,
    RecordingUrl: links.recordingUrl(sid, path),
    RecordingDuration: seconds(recording['duration']),
  };
}

/** Our outcomes of a dial in Twilio's words; others are `failed`, or depend on a SIP status. */
const DIAL_STATUS: Readonly<Record<string, string>> = {
  answered: 'completed',
  busy: 'busy',
  noAnswer: 'no-answer',
  cancelled: 'canceled',
  // The callee has answered, and has hung up again: that is all that Twilio says of it.
  declinedByScreening: 'completed',
};

function dialParameters({ fields, type, links }: Told): ReturnType<Maker> {
  const leg = text(fields['leg']);
  const answered = type === 'answered';
  const status = number(fields['status']);
  return {
    DialCallStatus: DIAL_STATUS[type] ?? (status === undefined ? 'failed' : sipStatus(status)),
    DialCallSid: leg === undefined ? undefined : callSid(leg),
    DialBridged: String(answered),
    ...(answered
      ? {
          DialCallDuration: seconds(fields['talkTime']),
          ...recordingParameters(fields['recording'], links),
        }
      : {}),
    ...machineParameters(fields['answeredBy']),
  };
}

function conferenceParameters({ fields, type, links }: Told): ReturnType<Maker> {
  const conference = text(fields['conference']);
  return {
    DialCallStatus: type === 'full' ? 'failed' : 'answered',
    ConferenceSid: conference === undefined ? undefined : conferenceSid(conference),
    ...(type === 'full' ? {} : { DialCallDuration: seconds(fields['duration']) }),
    ...recordingParameters(fields['recording'], links),
  };
}

const QUEUE_RESULT: Readonly<Record<string, string>> = {
  bridged: 'bridged',
  left: 'leave',
  timeout: 'leave',
  full: 'queue-full',
  hangup: 'hangup',
  cancelled: 'redirected',
};

function enqueueParameters({ fields, type, subject }: Told): ReturnType<Maker> {
  return {
    QueueResult: QUEUE_RESULT[type] ?? 'system-error',
    // A call that was not let in has no queue.
    ...(type === 'full' || subject === undefined ? {} : { QueueSid: queueSid(subject) }),
    QueueTime: seconds(fields['waited']),
  };
}

function dialQueueParameters({ fields, type, subject, links }: Told): ReturnType<Maker> {
  const answered = type === 'answered';
  const call = text(fields['call']);
  return {
    DialCallStatus: answered ? 'completed' : type === 'hangup' ? 'canceled' : 'no-answer',
    DialBridged: String(answered),
    QueueSid: subject === undefined ? undefined : queueSid(subject),
    DequeueResult: answered ? 'bridged' : 'queue-empty',
    ...(answered
      ? {
          DialCallSid: call === undefined ? undefined : callSid(call),
          DialCallDuration: seconds(fields['talkTime']),
          DequeuedCallSid: call === undefined ? undefined : callSid(call),
          DequeuedCallQueueTime: seconds(fields['waited']),
          DequeuedCallDuration: seconds(fields['talkTime']),
          ...recordingParameters(fields['recording'], links),
        }
      : {}),
  };
}

/** Of each transfer: its result, what the REFER was answered, and what the new call was. */
const REFER: Readonly<Record<string, readonly [status: string, refer: string, notify?: string]>> = {
  transferred: ['completed', '202', '200'],
  busy: ['busy', '202', '486'],
  noAnswer: ['no-answer', '202', '408'],
};

function transferParameters({ fields, type }: Told): ReturnType<Maker> {
  const known = Object.hasOwn(REFER, type) ? REFER[type] : undefined;
  const status = numeral(fields['status']);
  // `rejected` is the new call's, `notSupported` the REFER's.
  const [result, refer, notify] =
    known ?? (type === 'rejected' ? ['failed', '202', status] : ['failed', status]);
  return {
    ReferCallStatus: result,
    ReferSipResponseCode: refer,
    NotifySipResponseCode: notify,
  };
}

/** Of a caller who waits in a queue: the last `queue.position`. */
function waitParameters({ fields, type, subject }: Told): ReturnType<Maker> {
  if (type !== 'queue.position') return {};
  const queue = text(fields['queue']) ?? subject;
  return {
    QueueSid: queue === undefined ? undefined : queueSid(queue),
    QueuePosition: numeral(fields['position']),
    QueueTime: seconds(fields['waited']),
    AvgQueueTime: seconds(fields['averageWait']),
    CurrentQueueSize: numeral(fields['size']),
    MaxQueueSize: numeral(fields['maxSize']),
  };
}

/** Who has answered: an outcome of `detectMachine`, or what the detector found. */
export function machineParameters(result: unknown): Readonly<Record<string, string | undefined>> {
  const type = isFields(result) ? text(result['type']) : undefined;
  if (!isFields(result) || type === undefined) return {};
  const ended = result['beep'] === true || number(result['beepAt']) !== undefined;
  const names: Readonly<Record<string, string>> = {
    human: 'human',
    machine: ended ? 'machine_end_beep' : 'machine_start',
    fax: 'fax',
    unknown: 'unknown',
    stopped: 'unknown',
  };
  const name = names[type];
  if (name === undefined) return {};
  return { AnsweredBy: name, MachineDetectionDuration: numeral(result['decidedAt']) };
}

/** Whole seconds of milliseconds. */
export function seconds(duration: unknown): string | undefined {
  const known = number(duration);
  return known === undefined ? undefined : String(Math.round(known / 1_000));
}

/** Without what is undefined. */
export function given(parameters: Readonly<Record<string, string | undefined>>): Parameters {
  const known: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) known[name] = value;
  return known;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function numeral(value: unknown): string | undefined {
  const known = number(value);
  return known === undefined ? undefined : String(known);
}
