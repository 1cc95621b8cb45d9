import { sizes, styles } from './measure';
import type { OutcomeKind, Picture } from './picture';
import { drawSign, textAt } from './svg-parts';
import { widthOf } from './text';
import { element } from './xml';

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
  const items = [
    ...rows.filter(({ kind }) => used.has(kind)).map(outcomeItem),
    ...picture.marks.map(markItem),
  ];
  let [x, y, width] = [0, 14, 0];
  const markup: string[] = [];
  for (const { signWidth, text, sign } of items) {
    const textWidth = widthOf(text, styles.detail);
    const whole = signWidth + 5 + textWidth;
    if (x > 0 && x + whole > longestRow) {
      x = 0;
      y += 24;
    }
    const line = { x: x + signWidth + 5, y: y + 12.5, text, width: textWidth };
    markup.push(sign(x, y), textAt(line, 'detail'));
    width = Math.max(width, x + whole);
    x += whole + 18;
  }
  return { width, height: markup.length === 0 ? 0 : y + 24, markup };
}

const longestRow = 560;

interface Item {
  readonly signWidth: number;
  readonly text: string;
  /** Drawn at a place. */
  readonly sign: (x: number, y: number) => string;
}

function outcomeItem({ kind, sign, text }: (typeof rows)[number]): Item {
  const style = kind === 'key' ? styles.key : styles.sign;
  const width = Math.max(widthOf(sign, style) + 12, sizes.signHeight);
  const outcome = { transition: '', text: sign, kind, full: '' };
  return {
    signWidth: width,
    text,
    sign: (x, y) => drawSign({ x, y, width, height: sizes.signHeight, text: sign, outcome }),
  };
}

function markItem({ mark, text }: Picture['marks'][number]): Item {
  const width = 26;
  return {
    signWidth: width,
    text,
    sign: (x, y) =>
      element(
        'g',
        { class: mark },
        element('rect', { class: 'box', x: x + 1, y: y + 1, width: width - 2, height: 15, rx: 4 }),
      ),
  };
}
