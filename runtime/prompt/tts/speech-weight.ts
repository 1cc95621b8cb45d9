/** A word of more letters may be spelt. */
const LONG_WORD = 20;

/**
 * How much English speech a text becomes, in letters of ordinary words: digits, signs, capitals and what
 * cannot be pronounced are read out one by one.
 */
export function speechWeight(text: string): number {
  let sum = 0;
  for (const word of text.split(' ')) {
    const spelt = word.length > LONG_WORD || (/^[a-z]*$/i.test(word) && !/[aeiouy]/i.test(word));
    sum += 1;
    for (let i = 0; i < word.length; i += 1) sum += spelt ? 6 : weightOf(word.charAt(i));
  }
  return sum;
}

function weightOf(letter: string): number {
  if (/[a-z,.'?!-]/.test(letter)) return 1;
  if (/[A-Z]/.test(letter)) return 2;
  return 5;
}
