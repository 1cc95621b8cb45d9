import { isIP } from 'node:net';
import { types } from 'node:util';
import { z } from 'zod';
import { CODEC_NAMES, type CodecName } from '../core/audio';
import { type Pattern, SRTP_POLICIES, type SrtpPolicy } from '../core/network-config';
import { parseNetworkRange } from '../core/network-range';
import { compilePattern } from '../core/pattern';

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

/** Encodings in order of preference. */
export const codecs: z.ZodType<CodecName[] | undefined> = list(
  oneOf(CODEC_NAMES as readonly [CodecName, ...CodecName[]]),
  'codecs, such as ["opus", "PCMU"]',
);

export const srtpPolicy: z.ZodType<SrtpPolicy | undefined> = oneOf(SRTP_POLICIES).optional();

function objectError(keys: readonly string[]) {
  return (issue: { code?: string | undefined }): string | undefined =>
    issue.code === 'invalid_type' ? `must be an object with ${keys.join(', ')}` : undefined;
}

export const address = textLike(
  'an IP address, such as "203.0.113.7"',
  (value) => isIP(value) !== 0,
);

export const network = textLike(
  'a network, such as "203.0.113.0/24", or an IP address',
  (value) => parseNetworkRange(value) !== undefined,
);
export const networks = list(network, 'networks, such as ["10.0.0.0/8"]');

const hostName =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*\.?$/i;

export const domain = textLike(
  'a domain or an IP address, such as "example.com"',
  (value) => hostName.test(value) || isIP(value) !== 0,
);

/** RFC 3261 §25.1 `token`. */
export const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Says what is wrong with the pattern itself. */
export const pattern = z
  .custom<Pattern>((value) => typeof value === 'string' || types.isRegExp(value), {
    error: 'must be a pattern: text, or a regular expression',
  })
  .superRefine((value, context) => {
    try {
      compilePattern(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `the pattern ${String(value)} ${reason}` });
    }
  });
export const patternList = z
  .array(pattern)
  .min(1, { error: 'must be a pattern, or a list of these' });
