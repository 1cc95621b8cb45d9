import { z } from 'zod';

/** Text of a request: never empty, never endless. */
export const text = (longest = 1_024) => z.string().min(1).max(longest);

/** An id of ours, or part of a path. */
export const id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\w.:@+-]+$/, { error: 'has characters that no id has' });

/** A time in an answer. */
export const time = z.iso.datetime();

/** A time in a query. */
export const sinceTime = z.iso.datetime({ offset: true }).transform((value) => Date.parse(value));

/** Milliseconds. */
export const duration = z.number().min(0);

/** `true` or `false` in a query. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** How a list is asked for: so many, and what follows a page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(500).exactOptional(),
} as const;

/** One page of a list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .describe('The `cursor` of the page that follows; null: this is the last.'),
  });
}

export const problem = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe('One sentence for a person.'),
  code: z.string().describe('Stable, for programs: `CALLCHART_UNKNOWN_FLOW`.'),
  requestId: z.string().describe('As in X-Request-Id, and in the log of the server.'),
  errors: z
    .array(
      z.object({
        in: z.enum(['path', 'query', 'body', 'header']),
        at: z.string().describe('Where in it: `callerId.number`.'),
        message: z.string(),
      }),
    )
    .optional(),
});
