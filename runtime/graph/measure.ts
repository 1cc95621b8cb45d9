import type { Arrow, Box, BoxLine, Outcome } from './picture';
import { shorten, widthOf, wrap } from './text';
import type { TextStyle } from './text';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A line of text, from its own left end, `y` its baseline. */
export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly width: number;
}

export interface SizedBox extends Size {
  readonly heading: Placed;
  readonly word: Placed | undefined;
  readonly lines: readonly (Placed & { readonly style: BoxLine['style'] })[];
  readonly stays: readonly SizedOutcome[];
  readonly badges: readonly Placed[];
  /** Where the lines begin; what is above is the heading's. */
  readonly head: number;
}

/** The sign of an outcome, from the corner of what it stands in. */
export interface SizedOutcome extends Size {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly outcome: Outcome;
}

export interface SizedLabel extends Size {
  readonly signs: readonly SizedOutcome[];
  readonly count: Placed | undefined;
}

export const styles = {
  heading: { size: 14, bold: true },
  word: { size: 11 },
  said: { size: 12 },
  detail: { size: 11 },
  change: { size: 11, bold: true },
  key: { size: 11.5, bold: true },
  sign: { size: 10.5 },
  count: { size: 11, bold: true },
} as const satisfies Readonly<Record<string, TextStyle>>;

/** Lengths of the picture are those of a page at 96 dots an inch. */
export const sizes = {
  padding: 10,
  /** The longest line in a box. */
  lineWidth: 232,
  icon: 16,
  headHeight: 28,
  lineHeight: 15,
  signHeight: 17,
  signGap: 4,
  /** The longest row of signs on an arrow. */
  labelWidth: 130,
} as const;

/** What a box needs for its own text; a box that holds others needs more. */
export function measureBox(box: Box): SizedBox {
  const { padding, icon, headHeight, lineHeight, lineWidth } = sizes;
  const head = headHeight;
  const wordWidth = box.word === '' ? 0 : widthOf(box.word, styles.word);
  const name = shorten(box.heading, lineWidth - icon - 6, styles.heading);
  const nameWidth = widthOf(name, styles.heading);
  const beside = icon + 6 + nameWidth + (wordWidth === 0 ? 0 : 12 + wordWidth);
  const texts = box.lines.flatMap(({ style, text, most }) =>
    wrap(text, lineWidth, most, styles[style]).map((line) => ({ style, line })),
  );
  const badges = box.badges ?? [];
  const inner = Math.max(
    beside,
    ...texts.map(({ style, line }) => widthOf(line, styles[style])),
    ...badges.map((badge) => widthOf(badge, styles.count)),
    40,
  );
  let y = texts.length === 0 ? head : head + 4;
  const lines = texts.map(({ style, line }) => {
    y += lineHeight;
    return { style, text: line, x: padding, y: y - 4, width: widthOf(line, styles[style]) };
  });
  const stays = flow(box.stays, lineWidth).map((sign) => ({
    ...sign,
    x: sign.x + padding,
    y: sign.y + y + 4,
  }));
  if (stays.length > 0) y = Math.max(...stays.map((sign) => sign.y + sign.height));
  const shown = badges.map((text) => {
    y += lineHeight;
    return { text, x: padding, y: y - 2, width: widthOf(text, styles.count) };
  });
  const width = Math.ceil(
    Math.max(inner, ...stays.map((sign) => sign.x + sign.width - padding)) + 2 * padding,
  );
  const baseline = head / 2 + 5;
  return {
    width,
    height: Math.ceil(y === head ? head + 4 : y + 7),
    heading: { x: padding + icon + 6, y: baseline, text: name, width: nameWidth },
    word:
      box.word === ''
        ? undefined
        : { x: width - padding - wordWidth, y: baseline, text: box.word, width: wordWidth },
    lines,
    stays,
    badges: shown,
    head,
  };
}

/** The signs on an arrow, in rows; undefined when nothing stands on it. */
export function measureLabel({ outcomes, count }: Arrow): SizedLabel | undefined {
  const shown = outcomes.filter(({ text }) => text !== '');
  if (shown.length === 0 && count === undefined) return undefined;
  const signs = flow(shown, sizes.labelWidth);
  const bottom = Math.max(0, ...signs.map((sign) => sign.y + sign.height));
  const countWidth = count === undefined ? 0 : widthOf(count, styles.count);
  const width = Math.ceil(Math.max(countWidth, ...signs.map((sign) => sign.x + sign.width)));
  const height = bottom + (count === undefined ? 0 : sizes.lineHeight);
  // Rows stand in the middle of the arrow.
  const centred = signs.map((sign) => {
    const row = signs.filter((other) => other.y === sign.y);
    const end = Math.max(...row.map((other) => other.x + other.width));
    return { ...sign, x: sign.x + (width - end) / 2 };
  });
  return {
    width,
    height,
    signs: centred,
    count:
      count === undefined
        ? undefined
        : { text: count, x: (width - countWidth) / 2, y: height - 3, width: countWidth },
  };
}

/** Signs side by side, in rows no longer than `width`. */
function flow(outcomes: readonly Outcome[], width: number): SizedOutcome[] {
  const placed: SizedOutcome[] = [];
  let [x, y] = [0, 0];
  for (const outcome of outcomes) {
    const sign = measureSign(outcome);
    if (x > 0 && x + sign.width > width) {
      x = 0;
      y += sizes.signHeight + sizes.signGap;
    }
    placed.push({ ...sign, x, y, outcome });
    x += sign.width + sizes.signGap;
  }
  return placed;
}

function measureSign({ text, kind }: Outcome): Size & { readonly text: string } {
  const style = kind === 'key' ? styles.key : styles.sign;
  const shown = shorten(text, 200, style);
  const width = widthOf(shown, style) + (kind === 'key' ? 10 : 12);
  return { text: shown, width: Math.max(width, sizes.signHeight), height: sizes.signHeight };
}
