import { sizes, styles } from './measure';
import type { OutcomeKind, Picture } from './picture';
import { drawSign, textAt } from './svg-parts';
import { widthOf } from './text';

const rows: readonly {
  readonly kind: OutcomeKind;
  readonly sign: string;
  readonly text: string;
}[] = [
  { kind: 'key', sign: '1', text: 'key that the caller presses' },
  { kind: 'success', sign: 'recorded', text: 'it worked' },
  { kind: 'done', sign: 'done', text: 'it has ended' },
  { kind: 'missed', sign: 'no input', text: 'nothing usable from the caller' },
  { kind: 'failure', sign: 'busy', text: 'somebody or something has refused' },
  { kind: 'error', sign: 'error', text: 'it cannot be done: a fault' },
  { kind: 'time', sign: 'after 5 s', text: 'time is over' },
  { kind: 'event', sign: 'call ended', text: 'something happened in the call' },
  { kind: 'condition', sign: 'if …', text: 'condition' },
  { kind: 'otherwise', sign: 'otherwise', text: 'all else' },
];

export interface Legend {
  readonly width: number;
  readonly height: number;
  readonly markup: readonly string[];
}

/** Explains the signs that the picture has, and no others. */
export function legendOf(picture: Picture): Legend {
  const used = new Set(
    [
      ...picture.arrows.flatMap(({ outcomes }) => outcomes),
      ...picture.boxes.flatMap(({ stays }) => stays),
    ]
      .filter(({ text }) => text !== '')
      .map(({ kind }) => kind),
  );
  let [x, y, width] = [0, 14, 0];
  const markup: string[] = [];
  for (const { kind, sign, text } of rows) {
    if (!used.has(kind)) continue;
    const style = kind === 'key' ? styles.key : styles.sign;
    const signWidth = Math.max(widthOf(sign, style) + 12, sizes.signHeight);
    const textWidth = widthOf(text, styles.detail);
    const whole = signWidth + 5 + textWidth;
    if (x > 0 && x + whole > 560) {
      x = 0;
      y += 24;
    }
    markup.push(
      drawSign({
        ...{ x, y, width: signWidth, height: sizes.signHeight, text: sign },
        outcome: { transition: '', text: sign, kind, full: '' },
      }),
      textAt({ x: x + signWidth + 5, y: y + 12.5, text, width: textWidth }, 'detail'),
    );
    width = Math.max(width, x + whole);
    x += whole + 18;
  }
  return { width, height: markup.length === 0 ? 0 : y + 24, markup };
}
