import { readFileSync } from 'node:fs';

/** What of a TrueType font is needed to know how long a text becomes. Lengths are parts of the font's size. */
export interface Font {
  readonly file: string;
  /** Undefined for a character that the font does not have. */
  advance(codePoint: number): number | undefined;
}

const fonts = new Map<string, Font>();

/** Reads a font once. Throws when the file is none: it comes with a package, so that is a broken installation. */
export function openFont(file: string): Font {
  let font = fonts.get(file);
  if (font === undefined) {
    font = readFont(file);
    fonts.set(file, font);
  }
  return font;
}

function readFont(file: string): Font {
  const data = readFileSync(file);
  const tables = tablesOf(data);
  const table = (tag: string): Buffer => {
    const found = tables.get(tag);
    if (found === undefined) throw new Error(`the font ${file} has no table '${tag}'`);
    return found;
  };
  const unitsPerEm = table('head').readUInt16BE(18);
  const longMetrics = table('hhea').readUInt16BE(34);
  const metrics = table('hmtx');
  const glyphOf = characterMap(table('cmap'), file);
  return {
    file,
    advance: (codePoint) => {
      const glyph = glyphOf(codePoint);
      // Glyphs behind the last of the long metrics are as wide as that one.
      return glyph === 0
        ? undefined
        : metrics.readUInt16BE(4 * Math.min(glyph, longMetrics - 1)) / unitsPerEm;
    },
  };
}

function tablesOf(data: Buffer): Map<string, Buffer> {
  const tables = new Map<string, Buffer>();
  const count = data.readUInt16BE(4);
  for (let index = 0; index < count; index += 1) {
    const entry = 12 + 16 * index;
    const offset = data.readUInt32BE(entry + 8);
    const length = data.readUInt32BE(entry + 12);
    tables.set(data.toString('latin1', entry, entry + 4), data.subarray(offset, offset + length));
  }
  return tables;
}

/** Glyphs by character, 0 for none: of the Unicode table in format 12, which knows all planes, or else in 4. */
function characterMap(cmap: Buffer, file: string): (codePoint: number) => number {
  const formats = new Map<number, Buffer>();
  for (let index = 0; index < cmap.readUInt16BE(2); index += 1) {
    const platform = cmap.readUInt16BE(4 + 8 * index);
    const table = cmap.subarray(cmap.readUInt32BE(8 + 8 * index));
    if (platform === 0 || platform === 3) formats.set(table.readUInt16BE(0), table);
  }
  const whole = formats.get(12);
  if (whole !== undefined) return (codePoint) => glyphOfGroups(whole, codePoint);
  const basic = formats.get(4);
  if (basic !== undefined) return (codePoint) => glyphOfSegments(basic, codePoint);
  throw new Error(`the font ${file} has no map of Unicode characters`);
}

function glyphOfGroups(table: Buffer, codePoint: number): number {
  let low = 0;
  let high = table.readUInt32BE(12) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const group = 16 + 12 * middle;
    const first = table.readUInt32BE(group);
    if (codePoint < first) high = middle - 1;
    else if (codePoint > table.readUInt32BE(group + 4)) low = middle + 1;
    else return table.readUInt32BE(group + 8) + codePoint - first;
  }
  return 0;
}

function glyphOfSegments(table: Buffer, codePoint: number): number {
  if (codePoint > 0xffff) return 0;
  const size = table.readUInt16BE(6);
  const [ends, starts] = [14, 16 + size];
  for (let at = 0; at < size; at += 2) {
    if (codePoint > table.readUInt16BE(ends + at)) continue;
    const start = table.readUInt16BE(starts + at);
    if (codePoint < start) return 0;
    const delta = table.readUInt16BE(starts + size + at);
    const rangeAt = starts + 2 * size + at;
    const range = table.readUInt16BE(rangeAt);
    if (range === 0) return (codePoint + delta) & 0xffff;
    const glyph = table.readUInt16BE(rangeAt + range + 2 * (codePoint - start));
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
  }
  return 0;
}
