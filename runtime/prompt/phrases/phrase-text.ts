import type { Phrase } from './port';

export interface PhraseOptions {
  /** The IANA zone of dates and times that name none; this machine's own when absent. */
  readonly zone?: string | undefined;
  /** Milliseconds since the epoch. With it a date leaves out the year that this is in. */
  readonly now?: number | undefined;
}

/**
 * A phrase in the words of a language, such as `de` or `en-GB`: no digit stays in it but those in the texts of a list.
 * The same arguments give the same text. Throws a {@link CallchartError} `CALLCHART_PHRASE` where `phraseProblem(phrase, language)` tells a problem.
 */
export function phraseText(phrase: Phrase, language: string, options: PhraseOptions = {}): string {
  // Every flow loads this file, and few say a phrase themselves: the languages are loaded by those that do.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a text is given at once, so import() is too late
  const { sayPhrase } = require('./say-phrase') as {
    readonly sayPhrase: (phrase: Phrase, language: string, options: PhraseOptions) => string;
  };
  return sayPhrase(phrase, language, options);
}
