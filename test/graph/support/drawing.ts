import { Resvg } from '@resvg/resvg-js';
import { XMLParser } from 'fast-xml-parser';
import type { AnyStateMachine } from 'xstate';
import { mapMachine } from '../../../runtime/flow/machine-map';
import { layOut } from '../../../runtime/graph/layout';
import type { Layout, Rectangle } from '../../../runtime/graph/layout';
import type { Picture } from '../../../runtime/graph/picture';
import { pictureOf } from '../../../runtime/graph/picture-of';
import { drawSvg } from '../../../runtime/graph/svg';
import type { Prompt } from '../../../runtime/prompt/port';

/** What a prompt says, without a catalog. */
export function sayText(prompt: Prompt): string {
  if (typeof prompt === 'string') return `[${prompt}]`;
  if (Array.isArray(prompt)) return (prompt as readonly Prompt[]).map(sayText).join(' ');
  return 'say' in prompt && typeof prompt.say === 'string' ? prompt.say : JSON.stringify(prompt);
}

export interface Drawing {
  readonly picture: Picture;
  readonly layout: Layout;
  readonly svg: string;
}

export async function drawing(machine: AnyStateMachine, text = sayText): Promise<Drawing> {
  const picture = pictureOf(mapMachine(machine), text);
  const layout = await layOut(picture);
  return { picture, layout, svg: drawSvg(layout) };
}

/** An element of an SVG with all that is in it. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Element[];
}

/** Parses the SVG, and fails on what is no XML. */
export function parseSvg(svg: string): Element {
  // The parser below lets much pass; this one does not.
  new Resvg(svg, { font: { loadSystemFonts: false } });
  const parsed: unknown = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    parseTagValue: false,
    processEntities: true,
  }).parse(svg);
  const [root] = elementsOf(parsed);
  if (root === undefined) throw new Error('there is no element');
  return root;
}

function elementsOf(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: Readonly<Record<string, unknown>>) => {
    const name = Object.keys(node).find((key) => key !== ':@');
    if (name === undefined || name === '#text') return [];
    const inner = node[name];
    const texts = (inner as readonly Readonly<Record<string, unknown>>[]).map(
      (child) => child['#text'],
    );
    return [
      {
        name,
        attributes: (node[':@'] ?? {}) as Readonly<Record<string, string>>,
        text: texts.map((text) => (typeof text === 'string' ? text : '')).join(''),
        children: elementsOf(inner),
      },
    ];
  });
}

/** An element and all below it. */
export function allElements(element: Element): Element[] {
  return [element, ...element.children.flatMap(allElements)];
}

/** The values of an attribute, wherever it stands. */
export function valuesOf(svg: string, attribute: string): string[] {
  return allElements(parseSvg(svg)).flatMap(({ attributes }) => attributes[attribute] ?? []);
}

export function overlap(a: Rectangle, b: Rectangle): boolean {
  return (
    a.x + a.width > b.x + 0.5 &&
    b.x + b.width > a.x + 0.5 &&
    a.y + a.height > b.y + 0.5 &&
    b.y + b.height > a.y + 0.5
  );
}

/** What lies upon each other and should not: labels upon labels, and upon the boxes of states that hold none. */
export function overlaps({ boxes, arrows, starts }: Layout): string[] {
  const labels = arrows.flatMap(({ arrow, label }) =>
    label === undefined
      ? []
      : [{ name: `the label of ${arrow.from} to ${arrow.to}`, ...label.place }],
  );
  const leaves = boxes
    .filter(({ box }) => !boxes.some((other) => other.box.parent === box.name))
    .map(({ box, place }) => ({ name: box.name, ...place }));
  /** The words of a box that holds others. */
  const heads = boxes
    .filter(({ box }) => boxes.some((other) => other.box.parent === box.name))
    .map(({ box, place, sized }) => ({
      name: `the head of ${box.name}`,
      ...place,
      width: sized.width,
      height: sized.height,
    }));
  const marks = starts.map(({ of, place }) => ({ name: `the start of ${of}`, ...place }));
  const all = [...labels, ...leaves, ...heads, ...marks];
  return all.flatMap((a, index) =>
    all.slice(index + 1).flatMap((b) => (overlap(a, b) ? [`${a.name} lies upon ${b.name}`] : [])),
  );
}
