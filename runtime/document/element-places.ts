export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where an offset of a text is, counted from 1. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

/**
 * Where the verbs of a JSON document begin, which `JSON.parse` does not tell: of an array, or of the member `verbs` of
 * an object. For text that has been parsed, and so is JSON.
 */
export function verbPlaces(text: string): Place[] {
  const places: Place[] = [];
  let line = 1;
  let lineStart = 0;
  const list = /^\s*\[/.test(text) ? 1 : 2;
  let depth = 0;
  let key = '';
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '"') {
      const end = stringEnd(text, at);
      last = text.slice(at + 1, end);
      at = end;
    } else if (character === ':' && depth === 1) {
      key = last;
    } else if (character === '{' || character === '[') {
      if (character === '{' && depth === list && (list === 1 || key === 'verbs')) {
        places.push({ line, column: at - lineStart + 1 });
      }
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    } else if (character === '\n') {
      line += 1;
      lineStart = at + 1;
    }
  }
  return places;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
