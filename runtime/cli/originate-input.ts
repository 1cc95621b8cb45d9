import { z } from 'zod';
import { CODEC_NAMES } from '../core/audio';
import { CallchartError } from '../core/errors';
import type { OriginateRequest } from '../main';

const text = z.string().min(1).max(1_024);

const duration = z.number().min(0).max(3_600_000).optional();

const schema = z.strictObject({
  to: z.union([text, z.array(text).min(1).max(10)]),
  flow: text,
  trunk: text.optional(),
  input: z.unknown().optional(),
  callerId: z
    .strictObject({
      number: text.optional(),
      displayName: text.optional(),
      anonymous: z.boolean().optional(),
    })
    .optional(),
  headers: z.record(text, z.string().max(1_024)).optional(),
  codecs: z.array(z.enum(CODEC_NAMES)).min(1).optional(),
  machineDetection: z
    .strictObject({
      ...{ initialSilence: duration, greeting: duration, afterGreetingSilence: duration },
      ...{ totalTime: duration, minimumWordLength: duration, betweenWordsSilence: duration },
      maximumWords: z.number().int().min(0).max(1_000).optional(),
      beepTimeout: duration,
    })
    .optional(),
  timeout: z.number().int().min(1_000).max(3_600_000).optional(),
});

/**
 * What `callchart originate` sends.
 *
 * @throws {CallchartError} `CALLCHART_COMMAND_INPUT`, naming the member
 */
export function readOriginateInput(input: unknown): OriginateRequest {
  const checked = schema.safeParse(input);
  // It came as JSON: what is absent is absent, and never undefined.
  if (checked.success) return checked.data as OriginateRequest;
  const [issue] = checked.error.issues;
  throw new CallchartError(
    'CALLCHART_COMMAND_INPUT',
    `${issue?.path.join('.') ?? 'input'}: ${issue?.message ?? 'is not allowed'}`,
  );
}
