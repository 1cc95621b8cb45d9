import Module from 'node:module';

/** What is used of the library n2words, for one of its locales: its decimals, genders and currencies are not. */
export interface NumberWords {
  toCardinal(value: number): string;
  toOrdinal(value: number): string;
}

/**
 * Loads the words of one locale, such as `de-DE`, the first in 10 ms, each other in 1 to 4: only those that are spoken.
 * They are an ES module, which Node's `require` reads, and that of Jest not before Node 24.9. So it is Node's that is
 * asked, and users' tests of their flows need no setting for it.
 */
export function numberWords(locale: string): NumberWords {
  return new Module(__filename).require(require.resolve(`n2words/${locale}`)) as NumberWords;
}
