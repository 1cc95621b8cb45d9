/** Letters without a decomposition, and signs that have a common ASCII form. */
const SUBSTITUTES: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
  Œ: 'Oe',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '–': ', ',
  '—': ', ',
  '…': '...',
  '‐': '-',
  '‑': '-',
  '−': '-',
  '×': ' times ',
  '÷': ' divided by ',
  '€': ' euro ',
  '£': ' pound ',
  '¥': ' yen ',
  '°': ' degrees ',
  '©': ' copyright ',
  '®': '',
  '™': '',
};

/** One line without control characters, no matter what a flow passes on from a caller or a database. */
export function tidyText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

/**
 * A text in ASCII, as the built-in voice speaks it: accents dropped, typographic signs replaced, what
 * has no ASCII form left out.
 */
export function asciiText(text: string): string {
  return tidyText(
    Array.from(tidyText(text), (letter) => SUBSTITUTES[letter] ?? letter)
      .join('')
      .normalize('NFKD')
      .replace(/[^\x20-\x7e]/g, ''),
  );
}
