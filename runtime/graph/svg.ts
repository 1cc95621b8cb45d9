import { icons } from './icons';
import type { Layout, PlacedArrow, PlacedBox, Point, Rectangle, Way } from './layout';
import { legendOf } from './legend';
import { sizes, styles } from './measure';
import { isFault } from './picture';
import { drawSign, textAt } from './svg-parts';
import { styleSheet } from './svg-style';
import { widthOf } from './text';
import { element, escapeXml, number } from './xml';

const margin = 16;
const titleHeight = 34;

/** The picture as an SVG that needs nothing else: text is text, and all of it is escaped. */
export function drawSvg(layout: Layout): string {
  const { picture } = layout;
  const legend = legendOf(picture);
  const titleStyle = { size: 18, bold: true };
  const titleWidth = widthOf(picture.title, titleStyle);
  const noteWidth = Math.max(0, ...picture.notes.map((note) => widthOf(note, styles.detail)));
  const width = Math.ceil(
    Math.max(
      layout.width,
      titleWidth + 2 * margin,
      noteWidth + 2 * margin,
      legend.width + 2 * margin,
    ),
  );
  const top = titleHeight + 15 * picture.notes.length + (picture.notes.length > 0 ? 6 : 0);
  const height = top + layout.height + legend.height + margin;
  const body = [
    element('title', { id: 'title' }, escapeXml(`Call flow: ${picture.title}`)),
    element('desc', { id: 'desc' }, escapeXml(picture.description)),
    element('style', {}, styleSheet),
    marker(),
    element('rect', { class: 'page', width, height }),
    textAt({ x: margin, y: 26, text: picture.title, width: titleWidth }, 'title'),
    ...picture.notes.map((text, index) =>
      textAt(
        { x: margin, y: titleHeight + 12 + 15 * index, text, width: widthOf(text, styles.detail) },
        'note',
      ),
    ),
    element(
      'g',
      { transform: `translate(${(width - layout.width) / 2} ${top})` },
      ...layout.boxes.filter(({ box }) => box.type !== 'atomic').map(drawBox),
      ...layout.arrows.map(drawLine),
      ...layout.starts.map(drawStart),
      ...layout.boxes.filter(({ box }) => box.type === 'atomic').map(drawBox),
      ...layout.arrows.map(drawLabel),
    ),
    element(
      'g',
      { class: 'legend', transform: `translate(${margin} ${top + layout.height})` },
      ...legend.markup,
    ),
  ];
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'callchart',
      role: 'img',
      'aria-labelledby': 'title desc',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    },
    ...body.map((part) => `\n${part}`),
    '\n',
  )}\n`;
}

function marker(): string {
  const tip = (id: string): string =>
    element(
      'marker',
      {
        id,
        viewBox: '0 0 10 10',
        refX: 9,
        refY: 5,
        markerWidth: 9,
        markerHeight: 9,
        markerUnits: 'userSpaceOnUse',
        orient: 'auto',
      },
      element('path', { d: 'M0 0.5L10 5L0 9.500z', class: id }),
    );
  return element('defs', {}, tip('tip'), tip('tip-failure'));
}

function drawBox({ box, place, sized }: PlacedBox): string {
  const { x, y, width, height } = place;
  const radius = box.type === 'final' ? Math.min(height / 2, 16) : 7;
  const title = element('title', {}, escapeXml(box.full));
  const inside = [
    element('rect', { class: 'box', width, height, rx: radius }),
    ...(box.type === 'final'
      ? [
          element('rect', {
            class: 'inner',
            x: 3,
            y: 3,
            width: width - 6,
            height: height - 6,
            rx: radius - 3,
          }),
        ]
      : []),
    element('path', {
      class: 'icon',
      d: icons[box.kind],
      transform: `translate(${sizes.padding} ${(sized.head - sizes.icon) / 2})`,
    }),
    textAt(sized.heading, 'heading'),
    ...(sized.word === undefined
      ? []
      : [textAt({ ...sized.word, x: sized.word.x + width - sized.width }, 'word')]),
    ...sized.lines.map((line) => textAt(line, line.style)),
    ...sized.stays.map(drawSign),
    ...sized.badges.map((badge) => textAt(badge, 'count')),
  ];
  const classes = [
    'state',
    box.type,
    `does-${box.kind}`,
    ...(box.mark === undefined ? [] : [box.mark]),
  ];
  return element(
    'g',
    {
      class: classes.join(' '),
      'data-state': box.name,
      transform: `translate(${number(x)} ${number(y)})`,
    },
    title,
    ...inside,
  );
}

function drawLine({ arrow, way }: PlacedArrow): string {
  const { from, to, mark } = arrow;
  const failing = isFault(arrow);
  const classes = ['arrow', ...(failing ? ['thin'] : []), ...(mark === undefined ? [] : [mark])];
  return element('path', {
    class: classes.join(' '),
    d: pathOf(way),
    'marker-end': failing ? 'url(#tip-failure)' : 'url(#tip)',
    'data-from': from,
    'data-to': to,
    style: arrow.weight === undefined ? undefined : `stroke-width:${number(1 + 5 * arrow.weight)}`,
  });
}

function drawLabel({ arrow, label }: PlacedArrow): string {
  const silent = arrow.outcomes
    .filter(({ text }) => text === '')
    .map(({ transition, full }) =>
      element(
        'g',
        { class: 'outcome', 'data-transition': transition },
        element('title', {}, escapeXml(full)),
      ),
    );
  if (label === undefined) return silent.join('');
  const { place, sized } = label;
  return (
    silent.join('') +
    element(
      'g',
      { class: 'label', transform: `translate(${number(place.x)} ${number(place.y)})` },
      element('rect', {
        class: 'ground',
        x: -2,
        y: -2,
        width: place.width + 4,
        height: place.height + 4,
      }),
      ...sized.signs.map(drawSign),
      ...(sized.count === undefined ? [] : [textAt(sized.count, 'count')]),
    )
  );
}

function drawStart({ of, place, ways }: Layout['starts'][number]): string {
  return element(
    'g',
    { class: 'start', 'data-start': of },
    element('title', {}, escapeXml(of === '' ? 'the call begins here' : `${of} begins here`)),
    ...(of === '' ? drawBeginning(place) : [drawDotIn(place)]),
    ...ways.map((way) =>
      element('path', { class: 'arrow', d: pathOf(way), 'marker-end': 'url(#tip)' }),
    ),
  );
}

function drawBeginning({ x, y, width, height }: Rectangle): string[] {
  const text = 'Call';
  const textWidth = widthOf(text, styles.count);
  return [
    element('rect', { x, y, width, height, rx: height / 2 }),
    textAt(
      { x: x + (width - textWidth) / 2, y: y + height / 2 + 4, text, width: textWidth },
      'begin',
    ),
  ];
}

function drawDotIn({ x, y, width, height }: Rectangle): string {
  return element('circle', { cx: x + width / 2, cy: y + height / 2, r: width / 2 - 1 });
}

/** A line with corners that are rounded. */
function pathOf(way: Way): string {
  const [first, ...rest] = way;
  if (first === undefined) return '';
  let path = `M${pair(first)}`;
  let before = first;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    if (next === undefined) {
      path += `L${pair(point)}`;
      continue;
    }
    const radius = Math.min(7, distance(before, point) / 2, distance(point, next) / 2);
    path += `L${pair(towards(point, before, radius))}Q${pair(point)} ${pair(towards(point, next, radius))}`;
    before = point;
  }
  return path;
}

function pair({ x, y }: Point): string {
  return `${number(x)} ${number(y)}`;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to);
  if (whole === 0) return from;
  return {
    x: from.x + ((to.x - from.x) * length) / whole,
    y: from.y + ((to.y - from.y) * length) / whole,
  };
}
