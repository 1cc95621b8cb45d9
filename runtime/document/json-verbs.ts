import { z } from 'zod';
import { CODEC_NAMES, RECORDING_FORMATS } from '../core/audio';
import type { Prompt } from '../prompt/port';

/** The members of each verb of a JSON document: those of the call actor of the same name, and what happens then. */

const ms = z.number().min(0).max(0x7fffffff);
const text = z.string().min(1).max(4_096);
const long = z.string().min(1).max(16_384);
const key = z.string().regex(/^[0-9*#A-D]$/, 'must be one key, such as "5"');
const keys = z.string().regex(/^[0-9*#A-D]*$/, 'must be keys, such as "1#"');
const flag = z.boolean();
const count = z.number().int().min(0).max(1_000_000);
const texts = z.array(text).min(1).max(1_000);
const tags = z.record(z.string(), z.string().max(4_096));

/**
 * As a flow writes it: a name, `{ say }`, `{ url }`, a phrase, or a list of these. What it is of is known when it is
 * played. There is no `{ file }`: an app has no business with the files of this machine, other callers' recordings among
 * them.
 */
const prompt: z.ZodType<Prompt> = z.lazy(() =>
  z.union(
    [
      text,
      z.array(prompt).max(1_000),
      z
        .looseObject({ file: z.never().optional(), prompt: prompt.optional() })
        .refine((value) => Object.keys(value).length > 0),
    ],
    { error: 'must be a prompt: a name, { "say": … }, { "url": … } or a list of these' },
  ),
) as z.ZodType<Prompt>;

export const target = z.union(
  [
    z.string().max(4_096),
    z.strictObject({ url: z.string().max(4_096), method: z.enum(['GET', 'POST']).optional() }),
  ],
  { error: 'must be a URL, or { "url", "method" }' },
);

const status = z.strictObject({
  url: text,
  method: z.enum(['GET', 'POST']).optional(),
  events: texts.optional(),
});

const recordingFile = { name: text, format: z.enum(RECORDING_FORMATS) };
const sampleRate = z.union([z.literal(8_000), z.literal(16_000), z.literal(48_000)]);
const conversationFile = z.union([
  flag,
  z.strictObject({ ...optional(recordingFile), channels: z.enum(['stereo', 'mixed']).optional() }),
]);
const codecs = z.array(z.enum(CODEC_NAMES)).min(1);
const callerId = z.strictObject(optional({ number: text, displayName: text, anonymous: flag }));
const party = z.union([
  text,
  z.strictObject({
    to: text,
    ...optional({ headers: tags, timeout: ms, sendDigits: text, username: text, password: text }),
    ...optional({ whisper: target, status, parameters: tags }),
  }),
]);

const action = { action: target };

/** Members of each verb; those that it cannot do without are in {@link required}. */
export const jsonVerbs = {
  answer: { codecs },
  ring: { earlyMedia: flag, prompt, duration: ms },
  setLanguage: { language: text },
  play: {
    ...{ prompt, gain: z.number().min(-60).max(20), loop: count, offset: ms },
    stopOn: z.union([keys, z.literal(true)]),
    controls: z.strictObject({
      ...optional({ pause: key, back: key, forward: key, restart: key, louder: key, quieter: key }),
      skip: ms.optional(),
    }),
  },
  pause: { duration: ms },
  sendDigits: {
    digits: text,
    ...{ duration: ms, gap: ms, form: z.enum(['auto', 'event', 'info', 'inband']) },
  },
  gather: {
    input: z.array(z.enum(['digits', 'speech'])).min(1),
    ...{ prompt, retryPrompt: prompt, invalidPrompt: prompt, noInputPrompt: prompt },
    ...{ minDigits: count, maxDigits: count, finishOn: keys },
    ...{ firstDigitTimeout: ms, interDigitTimeout: ms, attempts: count, bargeIn: flag },
    ...{ clear: flag, valid: texts, sensitive: flag, hints: texts, language: text },
    speechTimeout: z.union([ms, z.literal('auto')]),
    ...{ speechModel: text, profanityFilter: flag, partial: target },
    ...{ ...action, reportEmpty: flag },
  },
  record: {
    ...{ prompt, beep: flag, maxDuration: ms, endSilence: ms, finishOn: keys, minDuration: ms },
    ...{ startSilence: ms, trim: ms, pauseOn: keys, ...recordingFile, sampleRate },
    ...{ ...action, reportEmpty: flag, status },
  },
  recordCall: {
    ...{ id: text, channels: z.enum(['stereo', 'mixed']), ...recordingFile, sampleRate },
    ...{ beep: flag, maxDuration: ms, status },
  },
  dial: {
    to: z.union([party, z.array(party).min(1).max(10)]),
    ...{ strategy: z.enum(['parallel', 'sequential']), trunk: text, timeout: ms, timeLimit: ms },
    ringback: z.union([z.enum(['pass', 'tone']), z.strictObject({ prompt })]),
    ...{ answerOnBridge: flag, callerId, headers: tags },
    screening: z.strictObject({ prompt, ...optional({ accept: key, timeout: ms }) }),
    ...{ hangupKey: key, record: conversationFile, holdMusic: prompt, codecs },
    ...{ ...action, recordingStatus: status },
  },
  conference: {
    ...{ name: text, muted: flag, deaf: flag, coach: text, startOnEnter: flag, endOnExit: flag },
    ...{ maxParties: count, joinTone: z.union([prompt, z.literal(false)]) },
    ...{ leaveTone: z.union([prompt, z.literal(false)]), waitMusic: prompt },
    record: z.union([flag, z.strictObject(optional(recordingFile))]),
    ...{ leaveKey: key, muteKey: key, timeLimit: ms, label: text, wait: target },
    ...{ ...action, status, recordingStatus: status },
  },
  enqueue: { queue: text, wait: target, maxSize: count, ...action },
  dialQueue: {
    ...{ queue: text, timeout: ms, timeLimit: ms, hangupKey: key, record: conversationFile },
    ...{ recordingStatus: status, whisper: target, ...action },
  },
  leave: {},
  transfer: { to: text, timeout: ms, ...action },
  echo: { finishOn: keys, maxDuration: ms },
  stream: {
    ...{ mode: z.enum(['start', 'connect']), id: text, url: text },
    ...{ track: z.enum(['inbound', 'outbound', 'both']), parameters: tags },
    encoding: z.enum(['mulaw', 'l16']),
    sampleRate: z.union([z.literal(8_000), z.literal(16_000), z.literal(24_000)]),
    ...{ status, ...action },
  },
  stop: { what: z.enum(['stream', 'recordCall']), id: text },
  redirect: { to: z.union([text, texts]), status: z.number().int().min(300).max(399) },
  reject: { status: z.number().int().min(400).max(699), reason: long },
  hangup: { prompt, reason: long },
  document: { url: z.string().max(4_096), method: z.enum(['GET', 'POST']) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, z.ZodType>>>>;

export type JsonVerbName = keyof typeof jsonVerbs;

export const required: Readonly<Partial<Record<JsonVerbName, readonly string[]>>> = {
  setLanguage: ['language'],
  play: ['prompt'],
  pause: ['duration'],
  sendDigits: ['digits'],
  dial: ['to'],
  conference: ['name'],
  enqueue: ['queue'],
  dialQueue: ['queue'],
  transfer: ['to'],
  stream: ['url'],
  stop: ['what', 'id'],
  redirect: ['to'],
  document: ['url'],
};

function optional<T extends Readonly<Record<string, z.ZodType>>>(shape: T) {
  return Object.fromEntries(
    Object.entries(shape).map(([name, type]) => [name, type.optional()]),
  ) as { readonly [K in keyof T]: z.ZodOptional<T[K]> };
}

/** JSON Schema of a document, for editors and for those who write one in another language. */
export function documentSchema(): object {
  const verbs = Object.entries(jsonVerbs).map(([verb, members]) => {
    const needed = required[verb as JsonVerbName] ?? [];
    const shape = Object.fromEntries(
      Object.entries<z.ZodType>(members).map(([name, type]) => [
        name,
        needed.includes(name) ? type : type.optional(),
      ]),
    );
    return z.strictObject({ verb: z.literal(verb), ...shape });
  });
  const [first, ...others] = verbs;
  if (first === undefined) throw new TypeError('there are no verbs');
  const list = z.array(z.union([first, ...others]));
  return z.toJSONSchema(z.union([list, z.object({ verbs: list })]), { unrepresentable: 'any' });
}
