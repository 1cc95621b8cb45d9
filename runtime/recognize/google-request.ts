import type { RecognitionOptions } from './port';

/** The service's own limits of what is likely to be said. */
const MOST_HINTS = 500;
const LONGEST_HINT = 100;

/** Names that others have for models of the service. */
const models: Readonly<Record<string, string | undefined>> = {
  default: undefined,
  numbers_and_commands: 'command_and_search',
  experimental_utterances: 'latest_short',
  experimental_conversations: 'latest_long',
};

/** What the service is asked for. */
export function googleRequest(
  options: RecognitionOptions,
  own: { readonly language?: string | undefined; readonly model?: string | undefined },
) {
  const { sampleRate, hints, profanityFilter, partial, singleUtterance } = options;
  const named = options.model ?? own.model;
  const model = named !== undefined && named in models ? models[named] : named;
  const phrases = hints.slice(0, MOST_HINTS).map((hint) => hint.slice(0, LONGEST_HINT));
  return {
    config: {
      encoding: 'LINEAR16' as const,
      sampleRateHertz: sampleRate,
      languageCode: dialect(options.language, own.language),
      maxAlternatives: 1,
      ...(model === undefined ? {} : { model }),
      ...(model === 'phone_call' ? { useEnhanced: true } : {}),
      ...(profanityFilter === undefined ? {} : { profanityFilter }),
      ...(phrases.length === 0 ? {} : { speechContexts: [{ phrases }] }),
    },
    interimResults: partial,
    // Other models refuse it: of them the first final result is the end.
    singleUtterance:
      singleUtterance &&
      (model === undefined || model === 'command_and_search' || model === 'phone_call'),
  };
}

/** `en` of a call is the `en-US` of the configuration, and nobody's `en-GB`. */
function dialect(language: string, own: string | undefined): string {
  if (own === undefined) return language;
  return own.split('-')[0]?.toLowerCase() === language.toLowerCase() ? own : language;
}
