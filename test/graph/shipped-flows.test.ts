import { join } from 'node:path';
import { loadFlows } from '../../runtime/flow/load';
import { mapMachine } from '../../runtime/flow/machine-map';
import { drawPng } from '../../runtime/graph/png';
import { openCatalog } from '../../runtime/prompt/catalog';
import { decodePng } from './support/decode-png';
import { allElements, drawing, overlaps, parseSvg, valuesOf } from './support/drawing';
import type { Drawing } from './support/drawing';

const root = join(__dirname, '..', '..');
const catalog = openCatalog({ directories: [join(root, 'prompts')] });
const names = ['echo', 'reception', 'survey', 'voicemail'];
const { flows, problems } = loadFlows(names.map((name) => join(root, 'flows', `${name}.flow.ts`)));

it('the shipped flows load', () => {
  expect(problems).toEqual([]);
});

describe.each(flows)('the picture of $name', ({ machine }) => {
  const map = mapMachine(machine);
  let drawn: Drawing;
  beforeAll(async () => {
    drawn = await drawing(machine, (prompt) => catalog.text(prompt));
  });

  it('has every state exactly once', () => {
    const states = map.states.map(({ name }) => name).filter((name) => name !== '');
    expect(valuesOf(drawn.svg, 'data-state').sort()).toEqual(states.sort());
  });

  it('has every transition exactly once, but for those that raise an error', () => {
    const transitions = map.transitions.filter(({ choice }) => choice !== 'unmatched');
    expect(valuesOf(drawn.svg, 'data-transition').sort()).toEqual(
      transitions.map(({ id }) => id).sort(),
    );
  });

  it('has no label upon a state, a heading or another label', () => {
    expect(overlaps(drawn.layout)).toEqual([]);
  });

  it('has nothing outside of its edges', () => {
    const { width, height, boxes, arrows, starts } = drawn.layout;
    const places = [
      ...boxes.map(({ place }) => place),
      ...arrows.flatMap(({ label }) => label?.place ?? []),
      ...starts.map(({ place }) => place),
      ...arrows.flatMap(({ way }) => way.map((point) => ({ ...point, width: 0, height: 0 }))),
    ];
    const outside = places.filter(
      (place) =>
        place.x < 0 ||
        place.y < 0 ||
        place.x + place.width > width ||
        place.y + place.height > height,
    );
    expect(places.length).toBeGreaterThan(5);
    expect(outside).toEqual([]);
    const { attributes } = parseSvg(drawn.svg);
    const [, , viewWidth, viewHeight] = (attributes['viewBox'] ?? '').split(' ').map(Number);
    expect(viewWidth).toBeGreaterThanOrEqual(width);
    expect(viewHeight).toBeGreaterThanOrEqual(height);
  });

  it('leads each arrow from the edge of one state to the edge of another', () => {
    const places = new Map(drawn.layout.boxes.map(({ box, place }) => [box.name, place]));
    for (const { arrow, way } of drawn.layout.arrows) {
      for (const [name, point] of [
        [arrow.from, way[0]],
        [arrow.to, way.at(-1)],
      ] as const) {
        const place = places.get(name)!;
        const dx = Math.max(place.x - point!.x, point!.x - place.x - place.width);
        const dy = Math.max(place.y - point!.y, point!.y - place.y - place.height);
        expect({ name, distance: Math.abs(Math.max(dx, dy)) < 1 }).toEqual({
          name,
          distance: true,
        });
      }
    }
  });

  it('says what it is to those who do not see it', () => {
    const svg = parseSvg(drawn.svg);
    expect(svg.attributes['role']).toBe('img');
    const named = (svg.attributes['aria-labelledby'] ?? '').split(' ').map((id) => {
      return svg.children.find(({ attributes }) => attributes['id'] === id)?.text;
    });
    expect(named).toEqual([`Call flow: ${map.id}`, drawn.picture.description]);
  });

  it('needs nothing from elsewhere', () => {
    const references = allElements(parseSvg(drawn.svg)).flatMap(({ name, attributes }) => [
      ...(['image', 'script', 'use', 'foreignObject'].includes(name) ? [name] : []),
      ...Object.entries(attributes)
        .filter(([key, value]) => key !== 'xmlns' && /https?:|url\((?!#)/.test(value))
        .map(([key]) => key),
    ]);
    expect(references).toEqual([]);
    expect(drawn.svg).not.toMatch(/@import|@font-face/);
  });

  it('is the same when it is drawn again', async () => {
    const again = await drawing(machine, (prompt) => catalog.text(prompt));
    expect(again.svg).toBe(drawn.svg);
  });

  it('is a PNG of the asked size that shows something', () => {
    const { attributes } = parseSvg(drawn.svg);
    const png = drawPng(drawn.svg, 0.5);
    const { width, height, dots } = decodePng(png);
    expect([width, height]).toEqual(
      [attributes['width'], attributes['height']].map((length) => Math.round(Number(length) / 2)),
    );
    // The title is written at the top, in dark letters on white.
    const title = dots.filter(({ x, y }) => y > 5 && y < 17 && x > 7 && x < 30);
    const dark = title.filter(({ level }) => level < 100);
    const light = title.filter(({ level }) => level > 200);
    expect(dark.length).toBeGreaterThan(20);
    expect(light.length).toBeGreaterThan(dark.length / 2);
  });
});
