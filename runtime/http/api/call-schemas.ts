import { z } from 'zod';
import { CODEC_NAMES, RECORDING_FORMATS } from '../../core/audio';
import { duration, id, pageQuery, sinceTime, text, time } from './common-schemas';
import { prompt } from './prompt-schema';

const media = z
  .record(z.string(), z.unknown())
  .describe('Packets, loss, jitter and quality, as in the call record.');

/** Why a call is over. */
const end = z.object({
  by: z.enum(['caller', 'flow', 'system']),
  cause: z.string().describe('`bye`, `cancel`, `rejected`, `flow-error`, …'),
  status: z.number().int(),
  reason: z.string(),
});

const flowInCall = z.object({
  name: z.string(),
  version: z.string().nullable(),
  state: z.string().nullable().describe('The state that it is in, or ended in.'),
});

const leg = z.object({
  of: z.enum(['call', 'dial']),
  party: z.string(),
  state: z.enum(['calling', 'ringing', 'early', 'answered', 'ended']),
  held: z.boolean(),
  media: media.nullable(),
});

const outcomes = ['completed', 'busy', 'noAnswer', 'cancelled', 'failed'] as const;

/** A recording of a call in progress that the API has started. */
export const liveRecording = z.object({
  id: z.string(),
  state: z.enum(['recording', 'paused', 'completed']),
});

/** A call as lists have it, in progress or over. */
export const call = z.object({
  id: z.string(),
  state: z.enum(['ringing', 'early', 'answered', 'ended']),
  direction: z.enum(['inbound', 'outbound']),
  from: z.string().describe('The URI of the caller.'),
  dialled: z.string(),
  trunk: z.string().nullable(),
  user: z.string().nullable().describe('The registered user who called.'),
  flow: flowInCall.nullable().describe('Null: none has the call; a gateway may.'),
  started: time,
  ended: time.nullable(),
  duration: duration.describe('Milliseconds since it began.'),
  talked: duration.describe('Milliseconds since the answer; 0 without one.'),
  outcome: z.enum(outcomes).nullable().describe('Null while it is in progress.'),
  end: end.nullable(),
});

/** A call with all that is known of it. */
export const callDetails = call.extend({
  sipCallId: z.string(),
  legs: z.array(leg).describe('Of a call in progress: its SIP sessions.'),
  held: z.boolean().describe('By the API.'),
  muted: z.boolean().describe('By the API.'),
  recordings: z.array(liveRecording).describe('Those in progress that the API has started.'),
  record: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('Of a call that is over: its call record.'),
});

/** What a list of calls is narrowed by. */
export const callQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(['live', 'ended', 'all']).default('all'),
  flow: text(200).exactOptional(),
  direction: z.enum(['inbound', 'outbound']).exactOptional(),
  from: text(500).exactOptional().describe('The URI of the caller, or the user in it.'),
  to: text(500).exactOptional().describe('What was dialled, or a URI.'),
  outcome: z.enum(outcomes).exactOptional().describe('Of calls that are over.'),
  since: sinceTime.exactOptional().describe('Those that began then or later.'),
  until: sinceTime.exactOptional().describe('Those that began before.'),
});

export const callParams = z.strictObject({ id });
export const callRecordingParams = z.strictObject({ id, recording: id });

const webUrl = text(2_048).regex(/^https?:\/\/\S+$/, { error: 'must be a URL of http or https' });
const method = z.enum(['GET', 'POST']).exactOptional();

/** What a call is given to: just one of `flow`, `url` and `content`. */
const target = {
  flow: text(200).exactOptional().describe('The flow that has the call; `input` is its input.'),
  input: z.unknown().exactOptional(),
  url: webUrl.exactOptional().describe('A web app that answers with documents.'),
  method: method.describe('How `url` is asked; POST.'),
  fallbackUrl: webUrl.exactOptional(),
  fallbackMethod: method,
  format: z.enum(['form', 'json']).exactOptional().describe('How requests are written; form.'),
  content: text(65_536).exactOptional().describe('A document: TwiML, or JSON as text.'),
  contentType: z.enum(['application/xml', 'application/json']).exactOptional(),
} as const;

interface Target {
  readonly flow?: string;
  readonly url?: string;
  readonly content?: string;
  readonly [key: string]: unknown;
}

/** What belongs to each of the three. */
const belongings = {
  flow: ['input'],
  url: ['method', 'fallbackUrl', 'fallbackMethod', 'format'],
  content: ['contentType'],
} as const;

function checkTarget(body: Target, context: z.RefinementCtx): void {
  const kinds = ['flow', 'url', 'content'] as const;
  const given = kinds.filter((kind) => body[kind] !== undefined);
  if (given.length !== 1) {
    context.addIssue({ code: 'custom', message: 'must have just one of flow, url and content' });
    return;
  }
  for (const kind of kinds) {
    if (given[0] === kind) continue;
    for (const member of belongings[kind]) {
      if (body[member] === undefined) continue;
      context.addIssue({ code: 'custom', path: [member], message: `belongs to ${kind}` });
    }
  }
}

const detection = z.number().min(0).max(3_600_000).exactOptional();

export const createCall = z
  .strictObject({
    to: z
      .union([text(), z.array(text()).min(1).max(10)])
      .describe('A registered user, a number for the trunk, a SIP or tel URI; or several at once.'),
    trunk: text(200).exactOptional(),
    ...target,
    callerId: z
      .strictObject({
        number: text().exactOptional(),
        displayName: text().exactOptional(),
        anonymous: z.boolean().exactOptional(),
      })
      .exactOptional()
      .describe('Whom the callee sees.'),
    headers: z
      .record(text(100), z.string().max(1_024))
      .exactOptional()
      .describe('Added to the INVITE.'),
    codecs: z.array(z.enum(CODEC_NAMES)).min(1).exactOptional(),
    machineDetection: z
      .strictObject({
        ...{ initialSilence: detection, greeting: detection, afterGreetingSilence: detection },
        ...{ totalTime: detection, minimumWordLength: detection, betweenWordsSilence: detection },
        maximumWords: z.number().int().min(0).max(1_000).exactOptional(),
        beepTimeout: detection,
      })
      .exactOptional()
      .describe('Finds out who has answered; `{}` takes all defaults.'),
    timeout: z
      .number()
      .int()
      .min(1_000)
      .max(3_600_000)
      .exactOptional()
      .describe('Milliseconds that it may ring; 30 000.'),
  })
  .superRefine(checkTarget);

export const redirectCall = z.strictObject(target).superRefine(checkTarget);

export const changeCall = z
  .strictObject({
    held: z
      .boolean()
      .exactOptional()
      .describe('True: the caller hears music in place of all else, and is not heard.'),
    music: prompt.exactOptional().describe('With `held: true`; `media.holdMusic` when absent.'),
    muted: z.boolean().exactOptional().describe('True: the caller is not heard.'),
  })
  .refine(({ held, muted }) => held !== undefined || muted !== undefined, {
    error: 'must have held or muted',
  });

export const hangupCall = z.strictObject({
  reason: text(200).exactOptional().describe('Told to the caller (RFC 3326).'),
});

export const playToCall = z.strictObject({
  prompt,
  loop: z.number().int().min(0).max(1_000).exactOptional().describe('How often; 0 for ever; 1.'),
  gain: z.number().min(-60).max(20).exactOptional().describe('dB.'),
});

export const sendDigits = z.strictObject({
  digits: z
    .string()
    .regex(/^[0-9A-D*#]{1,100}$/, { error: 'must be 1 to 100 of 0 to 9, A to D, * and #' }),
});

export const startRecording = z.strictObject({
  name: text(60).exactOptional().describe('Part of the name of the file.'),
  format: z.enum(RECORDING_FORMATS).exactOptional(),
  channels: z.enum(['stereo', 'mixed']).exactOptional(),
});

export const changeRecording = z.strictObject({
  state: z.enum(['recording', 'paused', 'completed']),
});

export const sendEvent = z
  .looseObject({
    type: text(200).regex(/^(?!xstate\.)/, {
      error: "must not begin with xstate.: such events are XState's own",
    }),
  })
  .describe('Reaches the machine of the flow as it is.');

export const eventTaken = z.object({
  taken: z.boolean().describe('False: no transition of the machine takes it now.'),
});
