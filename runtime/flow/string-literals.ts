/** Comments too, so that an apostrophe in one does not begin a string. */
const commentOrString =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g;

/**
 * The strings in a value: itself, those in its members, and those that stand in the source of its functions. A text
 * that is put together is not among them.
 */
export function stringLiterals(value: unknown): Set<string> {
  const found = new Set<string>();
  collect(value, found, new Set());
  return found;
}

function collect(value: unknown, found: Set<string>, seen: Set<unknown>): void {
  if (typeof value === 'string') found.add(value);
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
  if (seen.has(value)) return;
  seen.add(value);
  if (typeof value === 'function') {
    for (const [, ...texts] of Function.prototype.toString.call(value).matchAll(commentOrString)) {
      const text = texts.find((one) => one !== undefined);
      if (text !== undefined) found.add(text);
    }
  }
  // `assign({ … })` is a function that carries what it assigns.
  for (const member of Object.values(value)) collect(member, found, seen);
}
