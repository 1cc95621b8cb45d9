import { z } from 'zod';
import { call } from './call-schemas';
import { pageOf } from './common-schemas';

export { call, callDetails, callParams, callQuery, liveRecording } from './call-schemas';
export { problem } from './common-schemas';
export { prompt } from './prompt-schema';

export const callPage = pageOf(call);

export const health = z.object({
  status: z.enum(['ok', 'unavailable']),
  reasons: z.array(z.string()).optional(),
});
