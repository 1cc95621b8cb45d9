/** Where an utterance may end, the best places first. */
const BREAKS = [/(?<=[.!?…:;])\s+/, /(?<=[,)–—])\s+/, /\s+/] as const;

/**
 * Cuts a text into pieces whose weight is at most `limit`, at the ends of sentences where that is
 * possible, else at commas, spaces, or within a word. `weigh` says how much speech a text becomes.
 */
export function splitText(text: string, limit: number, weigh: (text: string) => number): string[] {
  const pieces: string[] = [];
  split(text.trim(), 0, limit, weigh, pieces);
  return pieces;
}

function split(
  text: string,
  level: number,
  limit: number,
  weigh: (text: string) => number,
  pieces: string[],
): void {
  if (text === '') return;
  if (weigh(text) <= limit) {
    pieces.push(text);
    return;
  }
  const breaks = BREAKS[level];
  const parts = breaks === undefined ? Array.from(text) : text.split(breaks);
  const glue = breaks === undefined ? '' : ' ';
  let piece = '';
  for (const part of parts) {
    const longer = piece === '' ? part : piece + glue + part;
    if (weigh(longer) <= limit) {
      piece = longer;
      continue;
    }
    if (piece !== '') pieces.push(piece);
    piece = '';
    if (weigh(part) <= limit || breaks === undefined) piece = part;
    else split(part, level + 1, limit, weigh, pieces);
  }
  if (piece !== '') pieces.push(piece);
}
