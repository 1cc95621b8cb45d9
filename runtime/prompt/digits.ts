/** What people put between digits, and nobody says. */
export const SEPARATORS = /[\s().\-/]/g;

/** Milliseconds of silence between two digits, so that they are told apart. */
export const DIGIT_GAP = 60;

/** One digit, and the name of its recording. */
export interface DigitFragment {
  readonly digit: string;
  readonly file: string;
}

/** Its fragments in order, or undefined when a text holds something else than digits, `*` and `#`. */
export function digitFragments(digits: string): DigitFragment[] | undefined {
  const plain = digits.replace(SEPARATORS, '');
  if (!/^[0-9*#]*$/.test(plain)) return undefined;
  return Array.from(plain, (digit) => ({ digit, file: `digits/${NAMES[digit] ?? digit}` }));
}

const NAMES: Readonly<Record<string, string>> = { '*': 'star', '#': 'pound' };
