import { z } from 'zod';
import { duration, id, pageQuery, sinceTime, time } from './common-schemas';

export const recording = z.object({
  id: z.string(),
  call: z.string().describe('The id of its call.'),
  created: time,
  duration: duration.describe('Milliseconds of sound.'),
  format: z.string().nullable(),
  channels: z.string().nullable(),
  size: z.number().int().nullable().describe('Bytes.'),
});

export const recordingQuery = z.strictObject({
  ...pageQuery,
  call: id.exactOptional(),
  since: sinceTime.exactOptional().describe('Those that were completed then or later.'),
  until: sinceTime.exactOptional().describe('Those that were completed before.'),
});

export const recordingParams = z.strictObject({ id });
