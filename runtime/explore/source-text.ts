/** A value as it is written in TypeScript, on one line where it fits. */
export function format(value: unknown, indent: number): string {
  const line = write(value);
  return line.length + indent <= 88 || typeof value !== 'object' || value === null
    ? line
    : spread(value, indent);
}

function spread(value: object, indent: number): string {
  const space = ' '.repeat(indent + 2);
  const end = ' '.repeat(indent);
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${space}${format(item, indent + 2)},`).join('\n')}\n${end}]`;
  }
  const members = Object.entries(value).map(
    ([name, item]) => `${space}${key(name)}: ${format(item, indent + 2)},`,
  );
  return `{\n${members.join('\n')}\n${end}}`;
}

function write(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, item]) => `${key(name)}: ${write(item)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

function key(name: string): string {
  return /^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name) ? name : write(name);
}
