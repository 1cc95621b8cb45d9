/**
 * The states in a word of a call record: `menu` is itself, `(ask.pin | music)` is `ask.pin` and `music`,
 * `call.(line | music)` is `call.line` and `call.music`.
 */
export function statesIn(word: string): string[] {
  const open = word.indexOf('(');
  if (open < 0 || !word.endsWith(')')) return [word];
  const prefix = word.slice(0, open);
  return parts(word.slice(open + 1, -1)).flatMap((part) =>
    statesIn(part).map((state) => prefix + state),
  );
}

/** Parted by ` | ` outside of brackets. */
function parts(text: string): string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0 && text.startsWith(' | ', at)) {
      found.push(text.slice(start, at));
      start = at + 3;
    }
  }
  return [...found, text.slice(start)];
}
