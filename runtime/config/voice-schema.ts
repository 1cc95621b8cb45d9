import { z } from 'zod';
import { isLanguageTag } from '../core/language';
import { list, number, oneOf, text, textLike, whole } from './schema-parts';

export const languageTag = textLike(
  'the tag of a language, such as "de" or "pt-BR"',
  isLanguageTag,
);

const timeout = whole(1, 60_000, 'milliseconds');

const flite = z.strictObject({
  type: z.literal('flite'),
  voice: oneOf(['slt', 'rms', 'awb', 'kal']).optional(),
  timeout,
});

const google = z.strictObject({
  type: z.literal('google'),
  language: text('a language tag, such as "en-US"'),
  voice: text('a voice of the service, such as "en-US-Neural2-C"').optional(),
  rate: number(0.25, 4, 'times the usual speed'),
  pitch: number(-20, 20, 'semitones'),
  gain: number(-96, 16, 'dB'),
  effects: list(text('the name of an effects profile'), 'effects profiles'),
  timeout,
  endpoint: text('a URL, such as "http://127.0.0.1:8080"').optional(),
});

const espeak = z.strictObject({
  type: z.literal('espeak'),
  language: languageTag.optional(),
  voice: text('a voice of espeak-ng, such as "de+f3"').optional(),
  rate: number(0.5, 2.5, 'times the usual speed'),
  pitch: whole(0, 99),
  timeout,
});

const error =
  'must be { type: "flite" }, { type: "google", language: "en-US" } or { type: "espeak", language: "de" }, or a list of these';

const voice = z.discriminatedUnion('type', [flite, google, espeak], { error });

/** One, or several of which each speaks where those before it fail. */
export const voiceChoice = z.union([voice, z.array(voice, { error }).min(1, { error })], { error });

export const voicesByLanguage = z.record(languageTag, voiceChoice, {
  error: 'must be voices by language, such as { de: { type: "google", language: "de-DE" } }',
});
