import { Problem } from './problem';

/** Where a page ended, as an opaque text. */
export function writeCursor(mark: readonly string[]): string {
  return Buffer.from(JSON.stringify(mark)).toString('base64url');
}

/** @throws {Problem} 400 for what no page has given */
export function readCursor(cursor: string): readonly string[] {
  try {
    const mark: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(mark) && mark.length > 1 && mark.every(isText)) return mark;
  } catch {
    // Said below.
  }
  throw badCursor();
}

export function badCursor(): Problem {
  const message = 'no page has given this one';
  return new Problem(400, 'CALLCHART_BAD_CURSOR', `query: cursor: ${message}`, {
    errors: [{ in: 'query', at: 'cursor', message }],
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
