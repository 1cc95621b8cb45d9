import { isIP } from 'node:net';
import { z } from 'zod';

/** A day in milliseconds. */
export const day = 86_400_000;

/** A whole number of a range; the message is the same whatever is wrong with it. */
export function whole(min: number, max: number, unit = ''): z.ZodType<number | undefined> {
  const error = `must be a whole number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error }).optional();
}

export function number(min: number, max: number, unit: string): z.ZodType<number | undefined> {
  const error = `must be a number from ${min} to ${max} (${unit})`;
  return z.number({ error }).min(min, { error }).max(max, { error }).optional();
}

export function text(what: string): z.ZodType<string> {
  const error = `must be ${what}`;
  return z.string({ error }).min(1, { error });
}

/** A text that `fits`. */
export function textLike(what: string, fits: (value: string) => boolean): z.ZodType<string> {
  const error = `must be ${what}`;
  return z.string({ error }).refine(fits, { error });
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
): z.ZodType<T[number]> {
  return z.enum(values, { error: `must be ${choice(values)}` });
}

/** `"a", "b" or "c"`. */
export function choice(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

export function list<T>(item: z.ZodType<T>, what: string): z.ZodType<T[] | undefined> {
  const error = `must be a list of ${what}, not empty`;
  return z.array(item, { error }).min(1, { error }).optional();
}

export function flag(): z.ZodType<boolean | undefined> {
  return z.boolean({ error: 'must be true or false' }).optional();
}

/** Several forms of one setting; what is none of them gets this one message. */
export function either<const T extends readonly [z.ZodType, ...z.ZodType[]]>(
  what: string,
  ...forms: T
): z.ZodOptional<z.ZodUnion<T>> {
  return z.union(forms, { error: `must be ${what}` }).optional();
}

export function shape<T extends z.ZodRawShape>(members: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(members, { error: objectError(Object.keys(members)) });
}

export function section<T extends z.ZodRawShape>(
  members: T,
): z.ZodOptional<z.ZodObject<T, z.core.$strict>> {
  return shape(members).optional();
}

function objectError(keys: readonly string[]) {
  return (issue: { code?: string | undefined }): string | undefined =>
    issue.code === 'invalid_type' ? `must be an object with ${keys.join(', ')}` : undefined;
}

export const address = textLike(
  'an IP address, such as "203.0.113.7"',
  (value) => isIP(value) !== 0,
);
