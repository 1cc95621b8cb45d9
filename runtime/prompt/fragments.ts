/** A recording of some words that occur in phrases. */
export interface Fragment {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** By their words, as {@link wordsKey} writes them. */
export type Fragments = ReadonlyMap<string, Fragment>;

/** Words in one recording: longer ones are not looked for. */
const MAX_WORDS = 12;
/** Words of a phrase that is looked for; no number, date or amount has more. */
const MAX_TEXT = 500;

/** The words of a text without its punctuation: `Twenty-three, please.` is `twenty three please`. */
export function wordsKey(text: string): string {
  return wordsOf(text).join(' ');
}

/**
 * The recordings that say a text word by word, those of many words first; undefined when they do not have all of it, or
 * when there is none.
 */
export function coverWords(text: string, fragments: Fragments): Fragment[] | undefined {
  if (fragments.size === 0) return undefined;
  const words = wordsOf(text);
  if (words.length === 0 || words.length > MAX_TEXT) return undefined;
  // Where a try from that word on came to nothing.
  const hopeless = new Set<number>();
  const cover = (from: number): Fragment[] | undefined => {
    if (from === words.length) return [];
    if (hopeless.has(from)) return undefined;
    for (let to = Math.min(words.length, from + MAX_WORDS); to > from; to -= 1) {
      const fragment = fragments.get(words.slice(from, to).join(' '));
      const rest = fragment === undefined ? undefined : cover(to);
      if (fragment !== undefined && rest !== undefined) return [fragment, ...rest];
    }
    hopeless.add(from);
    return undefined;
  };
  return cover(0);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}
