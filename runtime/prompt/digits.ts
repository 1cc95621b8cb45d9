/** What people put between digits, and nobody says. */
export const SEPARATORS = /[\s().\-/]/g;

const FRAGMENTS: Readonly<Record<string, { readonly file: string; readonly text: string }>> = {
  // A voice reads a numeral in its own language.
  ...Object.fromEntries(Array.from('0123456789', (d) => [d, { file: `digits/${d}`, text: d }])),
  '*': { file: 'digits/star', text: 'star' },
  '#': { file: 'digits/pound', text: 'hash' },
};

/** Milliseconds of silence between two digits, so that they are told apart. */
export const DIGIT_GAP = 60;

/** One digit: the name of its recording, and what to say where there is none. */
export interface DigitFragment {
  readonly file: string;
  readonly text: string;
}

/** Its fragments in order, or undefined when a text holds something else than digits, `*` and `#`. */
export function digitFragments(digits: string): DigitFragment[] | undefined {
  const fragments: DigitFragment[] = [];
  for (const digit of digits.replace(SEPARATORS, '')) {
    const fragment = Object.hasOwn(FRAGMENTS, digit) ? FRAGMENTS[digit] : undefined;
    if (fragment === undefined) return undefined;
    fragments.push(fragment);
  }
  return fragments;
}
