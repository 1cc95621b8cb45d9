import { splitText } from './split-text';

/** Characters under which a sentence is not a part by itself: it may be an abbreviation ("Dr."), or a word. */
const SHORT = 16;

/** A part of a text, and what of the text follows it. */
export interface Sentence {
  readonly text: string;
  readonly rest: string;
}

/** Cuts a text at the ends of its sentences into parts of at most `limit` characters, short ones joined with the next. */
export function sentencesOf(text: string, limit: number, language?: string): Sentence[] {
  const parts: string[] = [];
  let part = '';
  for (const { segment } of segmenterOf(language).segment(text)) {
    part += segment;
    if (part.trim().length < SHORT) continue;
    parts.push(...splitText(part, limit));
    part = '';
  }
  if (part.trim() !== '') parts.push(part.trim());
  return parts.map((each, index) => ({ text: each, rest: parts.slice(index + 1).join(' ') }));
}

/** An unknown language is cut like one of no language. */
function segmenterOf(language: string | undefined): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity: 'sentence' });
  } catch {
    return new Intl.Segmenter(undefined, { granularity: 'sentence' });
  }
}
