import { z } from 'zod';
import { id } from './common-schemas';

/** Something that has happened with a call. */
export const event = z.object({
  id: z.string().describe('The same however often it is sent.'),
  type: z.string().describe('`call.started`, `call.answered`, `recording.completed`, …'),
  time: z.iso.datetime(),
  call: z.string(),
  sequence: z.number().describe('Goes up with each event of the server.'),
  data: z.record(z.string(), z.unknown()),
});

export const eventQuery = z.strictObject({
  call: id.exactOptional().describe('Events of this call alone.'),
  type: z
    .string()
    .regex(/^[a-z]+\.(?:[a-z]+|\*)(?:,[a-z]+\.(?:[a-z]+|\*))*$/i, {
      error: 'must be types of events, separated by commas: call.ended,leg.*',
    })
    .max(500)
    .exactOptional()
    .describe('These types alone, separated by commas; `leg.*` is all that begin so.'),
  lastEventId: z
    .string()
    .regex(/^\d{1,16}$/, { error: 'must be the id of an event' })
    .exactOptional()
    .describe('Goes on behind this event, as the header field Last-Event-ID does.'),
});
