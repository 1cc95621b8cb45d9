/** ITU-T Q.23: each key is a tone of its row and a tone of its column, hertz. */
export const ROWS = [697, 770, 852, 941] as const;
export const COLUMNS = [1_209, 1_336, 1_477, 1_633] as const;

/** The keys, row by row. */
export const KEYS = '123A456B789C*0#D';

/** The two frequencies of a key, the low one first; undefined for what is no key. */
export function tonesOfDigit(digit: string): readonly [low: number, high: number] | undefined {
  const index = digit.length === 1 ? KEYS.indexOf(digit.toUpperCase()) : -1;
  const low = ROWS[index >> 2];
  const high = COLUMNS[index & 3];
  return index < 0 || low === undefined || high === undefined ? undefined : [low, high];
}
