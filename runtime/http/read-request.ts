import type { z } from 'zod';
import { Problem, type ProblemPlace } from './problem';

/** How deep a body may be nested: what handles it may do so by recursion. */
const deepest = 50;

/**
 * Checks what came by a schema.
 *
 * @throws {Problem} 400, naming each member that is wrong
 */
export function readPart(
  schema: z.ZodType | undefined,
  value: unknown,
  where: ProblemPlace['in'],
): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, 20).map(({ path, message }) => ({
    in: where,
    at: path.map(String).join('.'),
    message,
  }));
  const [first] = errors;
  const at = first === undefined || first.at === '' ? where : `${where}: ${first.at}`;
  throw new Problem(400, 'CALLCHART_INVALID_REQUEST', `${at}: ${first?.message ?? 'is wrong'}`, {
    errors,
  });
}

/** @throws {Problem} 400 */
export function checkDepth(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) {
      throw new Problem(
        400,
        'CALLCHART_INVALID_REQUEST',
        `the body is nested more than ${deepest} deep`,
      );
    }
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
}

/** JSON that is the same whatever the order of members was. Only for what {@link checkDepth} has passed. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
