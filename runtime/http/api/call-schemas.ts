import { z } from 'zod';
import { duration, flag, id, pageQuery, sinceTime, text, time } from './common-schemas';

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

/** A recording that the API has started in a call in progress. */
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
  flow: flowInCall.nullable().describe('Null: a gateway has the call, or had it.'),
  started: time,
  ended: time.nullable(),
  duration: duration.describe('Milliseconds since it began.'),
  talked: duration.describe('Milliseconds since the answer; 0 without one.'),
  end: end.nullable(),
});

/** A call with all that is known of it. */
export const callDetails = call.extend({
  sipCallId: z.string(),
  legs: z.array(leg).describe('Of a call in progress: its SIP sessions.'),
  recordings: z.array(liveRecording).describe('Those that the API has started, in progress.'),
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
  trunk: text(200).exactOptional(),
  user: text(200).exactOptional(),
  from: text(500).exactOptional().describe('The URI of the caller, or the user in it.'),
  dialled: text(500).exactOptional(),
  answered: flag.exactOptional(),
  since: sinceTime.exactOptional().describe('Those that began then or later.'),
  until: sinceTime.exactOptional().describe('Those that began before.'),
});

export const callParams = z.strictObject({ id });
