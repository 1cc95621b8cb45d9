import { phraseText, type PhraseOptions } from '../../../../runtime/prompt/phrases/phrase-text';
import type { Phrase } from '../../../../runtime/prompt/phrases/port';

/** A phrase, and what a speaker of the language says: written by hand, not taken from the output. */
export type Row = readonly [phrase: Phrase, said: string, options?: PhraseOptions];

/** A test for each row. */
export function itSays(language: string, rows: readonly Row[]): void {
  it.each(rows.map((row) => [JSON.stringify(row[0]), row] as const))(
    `says %s in ${language}`,
    (_, [phrase, said, options]) => {
      expect(phraseText(phrase, language, options)).toBe(said);
    },
  );
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
