import { createMachine } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { mapMachine } from '../../runtime/flow/machine-map';
import { drawDot } from '../../runtime/graph/dot';
import { drawMermaid } from '../../runtime/graph/mermaid';
import { drawing, overlaps, valuesOf } from './support/drawing';
import { oddMachines } from './support/odd-machines';

function chain(length: number): AnyStateMachine {
  const states = Object.fromEntries(
    Array.from({ length }, (_, index) => [
      `s${index}`,
      index === length - 1 ? { type: 'final' as const } : { on: { next: `s${index + 1}` } },
    ]),
  );
  return createMachine({ id: 'chain', initial: 's0', states });
}

function menus(count: number): AnyStateMachine {
  const states = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `s${index}`,
      {
        on: {
          a: `s${Math.min(count - 1, 2 * index + 1)}`,
          b: `s${Math.min(count - 1, 2 * index + 2)}`,
          c: `s${index >> 1}`,
          d: 's0',
        },
      },
    ]),
  );
  return createMachine({ id: 'menus', initial: 's0', states });
}

describe.each(Object.entries(oddMachines))('a machine %s', (_, machine) => {
  const map = mapMachine(machine);

  it('is drawn whole, with nothing upon anything else', async () => {
    const { svg, layout, picture } = await drawing(machine);
    const drawn = new Set(picture.boxes.filter((box) => box.drawn).map(({ name }) => name));
    expect(valuesOf(svg, 'data-state')).toHaveLength(drawn.size);
    expect(valuesOf(svg, 'data-transition')).toHaveLength(map.transitions.length);
    expect(overlaps(layout)).toEqual([]);
    const { width, height } = layout;
    for (const { place } of layout.boxes) {
      expect(place.x + place.width).toBeLessThanOrEqual(width);
      expect(place.y + place.height).toBeLessThanOrEqual(height);
    }
  });

  it('is balanced text for Graphviz and Mermaid, in which no text breaks out of its place', async () => {
    const { picture } = await drawing(machine);
    const dot = drawDot(picture);
    // Outside of quotes there is nothing but the language itself.
    const bare = dot.replace(/"(?:[^"\\]|\\.)*"/g, 'TEXT');
    expect(bare).toMatch(/^[\w\s[\]{}=,;>.-]*$/);
    expect(bare.split('{')).toHaveLength(bare.split('}').length);
    const lines = drawMermaid(picture).split('\n');
    const known =
      /^ *(?:stateDiagram-v2|\[\*\] --> s\d+|s\d+ --> (?:s\d+|\[\*\])(?: : [^:;"{}%<>]*)?|state "[^"]*" as s\d+(?: \{)?|s\d+ : [^:"{}%<>]*|\}|)$/;
    // Entities are its way to write what would mean something else.
    expect(lines.filter((line) => !known.test(line.replace(/#\d+;/g, '')))).toEqual([]);
    expect(lines.filter((line) => line.endsWith('{'))).toHaveLength(
      lines.filter((line) => line.trim() === '}').length,
    );
    expect(lines.filter((line) => /direction\s+(?:TB|BT|LR|RL)/i.test(line))).toEqual([]);
  });
});

describe('a large flow', () => {
  it.each([
    ['1,000 menus', menus(1_000)],
    ['a chain of 1,000 states', chain(1_000)],
  ])(
    '%s has every state and every transition once, and says that it is simplified',
    async (_, machine) => {
      const { svg, layout } = await drawing(machine);
      expect(layout.simplified).toBe(true);
      expect(layout.picture.notes.join()).toContain('large');
      const map = mapMachine(machine);
      expect(new Set(valuesOf(svg, 'data-state')).size).toBe(1_000);
      expect(valuesOf(svg, 'data-transition').sort()).toEqual(
        map.transitions.map(({ id }) => id).sort(),
      );
    },
  );
});
