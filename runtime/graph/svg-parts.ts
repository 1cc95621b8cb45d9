import { styles } from './measure';
import type { Placed, SizedOutcome } from './measure';
import { widthOf } from './text';
import { element, escapeXml, number } from './xml';

/** A line of text. It is told its length, so that it keeps it where the font is another. */
export function textAt({ x, y, text, width }: Placed, style: string): string {
  return element(
    'text',
    { class: style, x, y, textLength: width, lengthAdjust: 'spacingAndGlyphs' },
    escapeXml(text),
  );
}

/** The sign of an outcome: a key looks like a key, all others are rounded. */
export function drawSign({ x, y, width, height, text, outcome }: SizedOutcome): string {
  const { kind, transition, full, mark } = outcome;
  const style = kind === 'key' ? styles.key : styles.sign;
  const textWidth = widthOf(text, style);
  const classes = ['outcome', `is-${kind}`, ...(mark === undefined ? [] : [mark])];
  return element(
    'g',
    {
      class: classes.join(' '),
      'data-transition': transition === '' ? undefined : transition,
      transform: `translate(${number(x)} ${number(y)})`,
    },
    ...(full === '' ? [] : [element('title', {}, escapeXml(full))]),
    ...(kind === 'key'
      ? [element('rect', { class: 'edge', y: 1.5, width, height: height - 1, rx: 4 })]
      : []),
    element('rect', {
      class: 'sign',
      width,
      height: kind === 'key' ? height - 1.5 : height,
      rx: kind === 'key' ? 3.5 : height / 2,
    }),
    textAt(
      {
        x: (width - textWidth) / 2,
        y: height / 2 + (kind === 'key' ? 3.2 : 3.7),
        text,
        width: textWidth,
      },
      kind === 'key' ? 'key' : 'name',
    ),
  );
}
