/** Where an utterance may end, the best places first. */
const BREAKS = [/(?<=[.!?:;])\s+/, /(?<=[,)])\s+/, /\s+/] as const;

/**
 * Cuts a text into parts of at most `limit` characters: at the ends of sentences where that is possible,
 * else at commas, at spaces, or within a word.
 */
export function splitText(text: string, limit: number): string[] {
  const parts: string[] = [];
  split(text.trim(), 0, limit, parts);
  return parts;
}

function split(text: string, level: number, limit: number, parts: string[]): void {
  const breaks = BREAKS[level];
  if (text === '') return;
  if (text.length <= limit) {
    parts.push(text);
  } else if (breaks === undefined) {
    for (let at = 0; at < text.length; at += limit) parts.push(text.slice(at, at + limit));
  } else {
    let part = '';
    for (const phrase of text.split(breaks)) {
      const longer = part === '' ? phrase : `${part} ${phrase}`;
      if (longer.length <= limit) {
        part = longer;
        continue;
      }
      if (part !== '') parts.push(part);
      part = phrase.length <= limit ? phrase : '';
      if (part === '') split(phrase, level + 1, limit, parts);
    }
    if (part !== '') parts.push(part);
  }
}
