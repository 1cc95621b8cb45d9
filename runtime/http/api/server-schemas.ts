import { z } from 'zod';
import { id, pageQuery, text, time } from './common-schemas';

export const health = z.object({
  status: z.enum(['ok', 'unavailable']),
  reasons: z.array(z.string()).optional(),
});

export const flow = z.object({
  name: z.string(),
  version: z.string().describe('Changes with the file, its imports and its prompts.'),
  file: z.string().describe('The name of its file.'),
  calls: z.number().int().describe('Calls in progress that it has, of whatever version.'),
});

export const flowList = z.object({ items: z.array(flow) });
export const flowParams = z.strictObject({ name: id });

export const registration = z.object({
  user: z.string(),
  address: z.string().describe('sip:alice@example.com'),
  contact: z.string(),
  q: z.number(),
  expires: time,
  since: time,
  protocol: z.string(),
  source: z.string().describe('host:port that it came from.'),
  userAgent: z.string().nullable(),
});

export const registrationQuery = z.strictObject({ ...pageQuery, user: text(200).exactOptional() });

const trunkServer = z.object({
  server: z.string(),
  registration: z.enum(['none', 'registering', 'registered', 'failed']),
  registeredUntil: time.nullable(),
  reachable: z.enum(['unknown', 'up', 'down']),
  roundTrip: z.number().nullable().describe('Milliseconds of the last answered OPTIONS.'),
  lastError: z.string().nullable(),
});

export const trunk = z.object({
  name: z.string(),
  state: z.enum(['up', 'down']),
  calls: z.number().int(),
  maxCalls: z.number().int().nullable(),
  servers: z.array(trunkServer),
});

export const trunkList = z.object({ items: z.array(trunk) });

export const serverStatus = z.object({
  version: z.string(),
  draining: z.boolean(),
  listeners: z.array(z.object({ protocol: z.string(), host: z.string(), port: z.number().int() })),
  open: z.record(z.string(), z.number()).describe('What is open: calls, ports, threads, …'),
});

export const reloadReport = z.object({
  changes: z.array(
    z.object({ flow: z.string(), from: z.string().nullable(), to: z.string().nullable() }),
  ),
  problems: z.array(z.string()).describe('What could not be taken over: the old stays in use.'),
  kept: z.array(z.string()).describe('Flows that are served in an older version.'),
});

export const drainServer = z.strictObject({
  timeout: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(30_000)
    .describe('Milliseconds until calls that are left are ended.'),
});

const deadLetter = z.object({
  sequence: z.number().int().describe('Of the event.'),
  subscriber: z.string(),
  call: z.string(),
  type: z.string(),
  time,
  died: time.describe('When it was given up.'),
  attempts: z.number().int(),
  error: z.string(),
});

export const deadLetterList = z.object({ items: z.array(deadLetter) });

export const deadLetterQuery = z.strictObject({ limit: pageQuery.limit });

export const resendDeadLetters = z.strictObject({
  sequence: z.number().int().exactOptional().describe('One event; all when absent.'),
});

export const resent = z.object({ resent: z.number().int() });
