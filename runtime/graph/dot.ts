import { outlineOf, boxTexts } from './outline';
import type { Outline } from './outline';
import type { Arrow, Box, Mark, OutcomeKind, Picture } from './picture';
import { isFault } from './picture';
import { wrap } from './text';

/** The picture for Graphviz: `dot -Tsvg reception.dot`. States in a state are a cluster. */
export function drawDot(picture: Picture): string {
  const outline = outlineOf(picture);
  const lines = [
    `digraph ${quote(picture.title)} {`,
    `  graph [compound=true, rankdir=TB, fontname="DejaVu Sans Condensed", labelloc=t, labeljust=l, label=${label([picture.title, ...picture.notes])}];`,
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="DejaVu Sans Condensed", fontsize=11];',
    '  edge [fontname="DejaVu Sans Condensed", fontsize=10, color="#4a5663"];',
    ...picture.boxes.slice(0, 1).flatMap((root) => startLines(root, outline, '  ')),
    ...outline.tops.flatMap((box) => boxLines(box, outline, '  ')),
    ...picture.arrows.map((arrow) => `  ${arrowLine(arrow, outline)}`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

const fills: Readonly<Partial<Record<Box['kind'], string>>> = {
  play: '#eef5fc',
  gather: '#fff8e3',
  record: '#fdeef0',
  call: '#eaf7ee',
  decide: '#f4f0fb',
  own: '#f1f3f5',
  final: '#e9ecef',
};

const colors: Readonly<Partial<Record<OutcomeKind, string>>> = {
  success: '#2e7d43',
  missed: '#a97a08',
  failure: '#b4463c',
  error: '#b4463c',
  time: '#2a6aa8',
  event: '#6d4aa5',
};

const markColors: Readonly<Partial<Record<Mark, string>>> = {
  missed: '#c62828',
  added: '#2e7d43',
  removed: '#c62828',
  changed: '#b26a00',
};

function boxLines(box: Box, outline: Outline, indent: string): string[] {
  const id = outline.idOf(box.name);
  const heading = box.word === '' ? box.heading : `${box.heading} (${box.word})`;
  const text = [heading, ...boxTexts(box).flatMap((line) => wrap(line, 260, 6, { size: 11 }))];
  const children = outline.childrenOf(box.name);
  const mark = box.mark === undefined ? undefined : markColors[box.mark];
  const pen = mark === undefined ? '' : `, color="${mark}", penwidth=2`;
  if (children.length === 0) {
    const shape = box.type === 'final' ? ', peripheries=2' : '';
    const fill = fills[box.kind];
    return [
      `${indent}${id} [label=${label(text)}${shape}${fill === undefined ? '' : `, fillcolor="${fill}"`}${pen}];`,
    ];
  }
  const style = box.type === 'parallel' ? 'dashed' : 'rounded';
  return [
    `${indent}subgraph cluster_${id} {`,
    `${indent}  graph [label=${label(text)}, style=${style}${pen}];`,
    // An arrow to a cluster leads to a point in it, and ends at its edge.
    `${indent}  ${id} [shape=point, style=invis, label=""];`,
    ...(box.name === '' ? [] : startLines(box, outline, `${indent}  `)),
    ...children.flatMap((child) => boxLines(child, outline, `${indent}  `)),
    `${indent}}`,
  ];
}

function startLines({ name, type, initial }: Box, outline: Outline, indent: string): string[] {
  if (type === 'parallel' || initial.length === 0) return [];
  const id = `start_${outline.idOf(name)}`;
  return [
    `${indent}${id} [shape=circle, label="", width=0.15, fillcolor="#1d2733"];`,
    ...initial.map(
      (target) =>
        `${indent}${id} -> ${outline.idOf(target)}${clusterOptions(undefined, target, outline, [])};`,
    ),
  ];
}

function arrowLine(arrow: Arrow, outline: Outline): string {
  const { from, to, outcomes, count, mark } = arrow;
  const texts = outcomes.map(({ text }) => text).filter((text) => text !== '');
  const first = outcomes[0]?.kind;
  const alike = first !== undefined && outcomes.every(({ kind }) => kind === first);
  const color =
    (mark === undefined ? undefined : markColors[mark]) ?? (alike ? colors[first] : undefined);
  const said = [
    ...(texts.length === 0 ? [] : [texts.join(', ')]),
    ...(count === undefined ? [] : [count]),
  ];
  const options = [
    ...(said.length === 0 ? [] : [`label=${label(said)}`]),
    ...(color === undefined ? [] : [`color="${color}"`]),
    ...(mark === 'missed' || mark === 'removed' ? ['style=dashed'] : []),
    ...(isFault(arrow) ? ['penwidth=0.6'] : []),
  ];
  return `${outline.idOf(from)} -> ${outline.idOf(to)}${clusterOptions(from, to, outline, options)};`;
}

function clusterOptions(
  from: string | undefined,
  to: string,
  outline: Outline,
  options: readonly string[],
): string {
  const isCluster = (name: string): boolean => outline.childrenOf(name).length > 0;
  // An arrow within a box begins, or ends, at a point in it: it has no edge to cross.
  const within = (inner: string, outer: string): boolean =>
    outer === '' || inner === outer || inner.startsWith(`${outer}.`);
  const cuts = (end: string, other: string | undefined): boolean =>
    isCluster(end) && (other === undefined || !within(other, end));
  const all = [
    ...options,
    ...(from !== undefined && cuts(from, to) ? [`ltail=cluster_${outline.idOf(from)}`] : []),
    ...(cuts(to, from) ? [`lhead=cluster_${outline.idOf(to)}`] : []),
  ];
  return all.length === 0 ? '' : ` [${all.join(', ')}]`;
}

/** Lines of text that stand at the left. */
function label(lines: readonly string[]): string {
  return `"${lines.map((line) => `${escape(line)}\\l`).join('')}"`;
}

function quote(text: string): string {
  return `"${escape(text)}"`;
}

/** Graphviz knows sequences that begin with a backslash, and characters of HTML. */
function escape(text: string): string {
  return text.replace(/["\\]/g, (character) => `\\${character}`).replaceAll('&', '&amp;');
}
