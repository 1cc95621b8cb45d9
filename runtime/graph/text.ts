import { openFont } from './font';
import type { Font } from './font';

/** How a piece of text is written; lengths are those of the picture. */
export interface TextStyle {
  readonly size: number;
  readonly bold?: boolean;
}

/** The fonts that a picture is measured and drawn with: they come with a package, none is the machine's. */
export const fontFiles = {
  regular: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf'),
  /** Has characters that the condensed ones lack. */
  further: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
} as const;

export const ellipsis = '…';

/** How long a text becomes. Characters that no font has count as a square, marks upon others as nothing. */
export function widthOf(text: string, { size, bold = false }: TextStyle): number {
  const fonts = [openFont(bold ? fontFiles.bold : fontFiles.regular), openFont(fontFiles.further)];
  let width = 0;
  for (const character of text) width += advanceOf(character, fonts);
  return Math.ceil(width * size * 10) / 10;
}

function advanceOf(character: string, fonts: readonly Font[]): number {
  const codePoint = character.codePointAt(0) ?? 0;
  for (const font of fonts) {
    const advance = font.advance(codePoint);
    if (advance !== undefined) return advance;
  }
  return /[\p{M}\p{Cf}]/u.test(character) ? 0 : 1;
}

/** Whoever reads a picture sees no control characters, and a line break is a blank to him. */
export function plain(text: string): string {
  return (
    text
      .replace(/[\s\p{Cc}]+/gu, ' ')
      // Half of a surrogate pair is no character.
      .replace(/\p{Cs}/gu, '\ufffd')
      .trim()
  );
}

/** Cut at its end to be no longer than `width`. */
export function shorten(text: string, width: number, style: TextStyle): string {
  if (widthOf(text, style) <= width) return text;
  const characters = graphemes(text);
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const shorter = characters.slice(0, middle).join('').trimEnd() + ellipsis;
    if (widthOf(shorter, style) <= width) low = middle;
    else high = middle - 1;
  }
  return characters.slice(0, low).join('').trimEnd() + ellipsis;
}

/** Broken between words, and within one that is longer than a line; what exceeds `most` lines is cut. */
export function wrap(text: string, width: number, most: number, style: TextStyle): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(' ');
  for (const [index, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer, style) <= width) {
      line = longer;
      continue;
    }
    if (lines.length === most - 1 || line === '') {
      // The last line, or a word that fits into none.
      const rest = [longer, ...words.slice(index + 1)].join(' ');
      return [
        ...lines,
        ...(lines.length === most - 1
          ? [shorten(rest, width, style)]
          : broken(rest, width, most - lines.length, style)),
      ];
    }
    lines.push(line);
    line = word;
    if (widthOf(word, style) > width) {
      return [...lines, ...wrap(words.slice(index).join(' '), width, most - lines.length, style)];
    }
  }
  return [...lines, line];
}

/** Begins with a word that is longer than a line. */
function broken(text: string, width: number, most: number, style: TextStyle): string[] {
  if (most === 1) return [shorten(text, width, style)];
  const characters = graphemes(text);
  let end = 1;
  while (widthOf(characters.slice(0, end + 1).join(''), style) <= width) end += 1;
  return [
    characters.slice(0, end).join(''),
    ...wrap(characters.slice(end).join(''), width, most - 1, style),
  ];
}

/** What a reader takes for one character. */
function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter('en').segment(text), ({ segment }) => segment);
}
