import { z } from 'zod';
import type { FlowLog } from '../flow/flow-log';

const event = z.looseObject({ type: z.string() });
const entry = z.union([
  z.looseObject({ type: z.literal('event'), at: z.number(), event }),
  z.looseObject({ type: z.literal('time'), at: z.number(), now: z.number() }),
]);

const schema = z.looseObject({
  call: z.string(),
  ended: z.string(),
  flow: z.looseObject({ name: z.string(), version: z.string() }),
  started: z.number(),
  initial: z.string(),
  entries: z.array(entry),
  omitted: z.number(),
  result: z.looseObject({
    type: z.enum(['final', 'left', 'failed', 'replaced']),
    state: z.string(),
  }),
});

/** A log as it was read from its file; undefined for something else, as of another version of Callchart. */
export function asFlowLog(stored: unknown): FlowLog | undefined {
  const { success, data } = schema.safeParse(stored);
  // The schema has looked at each member that a replay relies on; the others are only shown.
  return success ? (data as unknown as FlowLog) : undefined;
}
