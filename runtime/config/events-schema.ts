import { z } from 'zod';
import { closest } from '../core/suggest';
import { day, flag, list, section, shape, text, textLike, token, whole } from './schema-parts';

/** As runtime/events/event.ts has them, which this room does not know. */
export const EVENT_TYPES = [
  'call.started',
  'call.ringing',
  'call.answered',
  'call.state',
  'call.flow',
  'call.digits',
  'recording.completed',
  'recording.deleted',
  'call.transfer',
  'leg.started',
  'leg.ringing',
  'leg.answered',
  'leg.ended',
  'call.quality',
  'call.ended',
] as const;

const eventType = z.string({ error: 'must be a type of events' }).superRefine((value, context) => {
  const known: readonly string[] = [...EVENT_TYPES, 'call.*', 'leg.*', 'recording.*'];
  if (known.includes(value)) return;
  const near = closest(value, known);
  const hint = near === undefined ? '' : `: did you mean "${near}"?`;
  context.addIssue({ code: 'custom', message: `is no type of events${hint}` });
});

const header = z.union([z.string(), z.strictObject({ env: z.string().min(1) })], {
  error: 'must be text, or { env: "NAME" } for a variable of the environment',
});

const subscriber = shape({
  url: textLike(
    'an absolute URL of http or https, such as "https://app.example.com/events"',
    isWeb,
  ),
  name: text('a name').optional(),
  types: list(eventType, 'types of events, such as ["call.ended", "leg.*"]'),
  states: flag(),
  headers: z
    .record(z.string().regex(token, { error: 'is no name of a header field' }), header, {
      error: 'must be header fields by name',
    })
    .optional(),
});

/** What `events` may say. */
export const events = section({
  subscribers: list(subscriber, 'subscribers, such as [{ url: "https://app.example.com/events" }]'),
  retention: whole(60_000, 365 * day, 'milliseconds'),
});

function isWeb(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
