import { boxTexts, outlineOf } from './outline';
import type { Outline } from './outline';
import type { Box, Mark, Picture } from './picture';
import { shorten } from './text';

/** The picture as a state diagram of Mermaid, for pages that draw it themselves. */
export function drawMermaid(picture: Picture): string {
  const outline = outlineOf(picture);
  const [root] = picture.boxes;
  const marked = picture.boxes.filter(({ mark }) => mark !== undefined && mark in classes);
  const used = new Set(marked.map(({ mark }) => mark));
  const lines = [
    'stateDiagram-v2',
    ...picture.notes.map((note) => `  %% ${note}`),
    ...(root === undefined || root.drawn ? [] : startLines(root, outline, '  ')),
    ...outline.tops.flatMap((box) => boxLines(box, outline, '  ')),
    ...picture.arrows.map(({ from, to, outcomes, count }) => {
      const texts = outcomes.map(({ text }) => text).filter((text) => text !== '');
      const said = [
        ...(texts.length === 0 ? [] : [texts.join(', ')]),
        ...(count === undefined ? [] : [count]),
      ];
      const label = said.length === 0 ? '' : ` : ${escape(said.join(' · '))}`;
      return `  ${outline.idOf(from)} --> ${outline.idOf(to)}${label}`;
    }),
    ...Object.entries(classes)
      .filter(([mark]) => [...used].some((each) => each === mark))
      .map(([mark, style]) => `  classDef ${mark} ${style}`),
    ...marked.map(({ name, mark = 'same' }) => `  class ${outline.idOf(name)} ${mark}`),
  ];
  return `${lines.join('\n')}\n`;
}

const classes: Readonly<Partial<Record<Mark, string>>> = {
  missed: 'stroke:#c62828,stroke-dasharray:5 3',
  added: 'stroke:#2e7d43,stroke-width:3px',
  removed: 'stroke:#c62828,stroke-dasharray:5 3',
  changed: 'stroke:#b26a00,stroke-width:3px',
};

function boxLines(box: Box, outline: Outline, indent: string): string[] {
  const id = outline.idOf(box.name);
  const heading = box.word === '' ? box.heading : `${box.heading} (${box.word})`;
  const named = `${indent}state "${escape(heading)}" as ${id}`;
  const children = outline.childrenOf(box.name);
  if (children.length === 0) {
    return [
      named,
      ...boxTexts(box).map(
        (text) => `${indent}${id} : ${escape(shorten(text, 420, { size: 11 }))}`,
      ),
      // A final state of the flow ends the call.
      ...(box.type === 'final' ? [`${indent}${id} --> [*]`] : []),
    ];
  }
  return [
    `${named} {`,
    ...startLines(box, outline, `${indent}  `),
    ...children.flatMap((child) => boxLines(child, outline, `${indent}  `)),
    `${indent}}`,
  ];
}

function startLines({ type, initial }: Box, outline: Outline, indent: string): string[] {
  return type === 'parallel'
    ? []
    : initial.map((target) => `${indent}[*] --> ${outline.idOf(target)}`);
}

/**
 * Mermaid takes `#58;` for a character by its number. Written so is all that its grammar might mean something by, and
 * the word `direction`, which it finds in the middle of a line, too.
 */
function escape(text: string): string {
  return text
    .replace(
      /[^\p{L}\p{M}\p{N}\p{Emoji_Presentation}\p{Cf} .,?!'’“”…·()+/*_-]|#/gu,
      (character) => {
        return `#${character.codePointAt(0) ?? 0};`;
      },
    )
    .replace(/direction/gi, (word) => `#${word.charCodeAt(0)};${word.slice(1)}`)
    .replaceAll('--', '-#45;');
}
