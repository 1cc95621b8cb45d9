import { z } from 'zod';
import { duration, id, time } from './common-schemas';
import { prompt } from './prompt-schema';

const member = z.object({
  call: z.string().describe('The id of the call.'),
  position: z.number().int().describe('1 is next.'),
  priority: z.number(),
  since: time,
  waited: duration,
  data: z.unknown().optional().describe('What its flow has given for whoever serves it.'),
});

export const queue = z.object({
  name: z.string(),
  maxSize: z.number().int().nullable(),
  members: z.array(member).describe('Calls that wait, the next first.'),
  agents: z.number().int().describe('Calls that wait for somebody to serve.'),
  talking: z.number().int(),
  averageWait: duration.describe('Of those who were served lately, in milliseconds.'),
  numbers: z.record(z.string(), z.unknown()).nullable().describe('Since it was used first.'),
});

export const queueList = z.object({ items: z.array(queue) });

const participant = z.object({
  call: z.string(),
  label: z.string().nullable(),
  muted: z.boolean(),
  deaf: z.boolean(),
  held: z.boolean(),
  joined: time,
});

export const conference = z.object({
  id: z.string(),
  name: z.string(),
  started: z.boolean().describe('False: everybody waits.'),
  since: time,
  participants: z.array(participant).describe('In the order of their coming.'),
});

export const conferenceList = z.object({ items: z.array(conference) });
/** By its id, or its name. */
export const conferenceParams = z.strictObject({ id });
/** A participant by the id of its call, or its label. */
export const participantParams = z.strictObject({ id, participant: id });

export const changeParticipant = z
  .strictObject({
    muted: z.boolean().exactOptional(),
    deaf: z.boolean().exactOptional(),
    held: z.boolean().exactOptional().describe('True: hears music, and is not heard.'),
    music: prompt.exactOptional().describe('With `held: true`; `media.holdMusic` when absent.'),
  })
  .refine(({ muted, deaf, held }) => [muted, deaf, held].some((given) => given !== undefined), {
    error: 'must have muted, deaf or held',
  });

export const announce = z.strictObject({
  prompt,
  participant: id.exactOptional().describe('To this one alone; to all when absent.'),
});
